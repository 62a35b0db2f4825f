"""Policy files that were parsed before are the same as those parsed now, and only for the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.evaluate import load_policy, strict_yaml
from auditor.evaluate.errors import PolicyError
from auditor.evaluate.parsed import Parsed
from auditor.evaluate.rules import FAMILIES
from auditor.resources import folder

TEXT = "id: one\nparams: {share: 0.5, count: 3, on: true, codes: [CN, NO]}\nwhen: |\n  a\n  b\n"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were parsed, not remembered."""
    names: list[str] = []
    plain = strict_yaml.parse

    def parse(text: str, name: str) -> strict_yaml.MarkedFile:
        names.append(name)
        return plain(text, name)

    monkeypatch.setattr(strict_yaml, "parse", parse)
    return names


def read(root: Path, path: Path, name: str = "a.yaml") -> strict_yaml.MarkedFile:
    parsed = Parsed(root)
    found = parsed.read(path, name)
    parsed.keep()
    return found


def test_every_shipped_file_comes_back_as_it_is_parsed(tmp_path: Path, count: list[str]) -> None:
    paths = [path for family in (*FAMILIES, "packs") for path in sorted((folder("rules") / family).rglob("*.yaml"))]
    first = Parsed(tmp_path)
    made = [first.read(path, path.name) for path in paths]
    first.keep()
    assert len(count) == len(paths) > 100
    second = Parsed(tmp_path)
    assert [second.read(path, path.name) for path in paths] == made
    assert len(count) == len(paths), "nothing was parsed again"


def test_other_bytes_and_other_names_are_parsed(tmp_path: Path, count: list[str]) -> None:
    path, root = tmp_path / "a.yaml", tmp_path / "cache"
    path.write_text(TEXT)
    first = read(root, path)
    assert first.value["params"] == {"share": 0.5, "count": 3, "on": True, "codes": ["CN", "NO"]}
    assert read(root, path) == first and count == ["a.yaml"]
    assert read(root, path, "b.yaml").error(("id",), "").file == "b.yaml"
    path.write_text(TEXT.replace("one", "two"))
    assert read(root, path).value["id"] == "two"
    path.write_text(TEXT + "id: twice\n")
    with pytest.raises(PolicyError, match="twice"):
        read(root, path)


def test_a_damaged_or_foreign_entry_is_parsed_again(tmp_path: Path, count: list[str]) -> None:
    path, root = tmp_path / "a.yaml", tmp_path / "cache"
    path.write_text(TEXT)
    first = read(root, path)
    (entry,) = root.iterdir()
    good = entry.read_bytes()
    for bad in (good[:-1], good.replace(b"one", b"two"), b""):
        entry.write_bytes(bad)
        count.clear()
        assert read(root, path) == first and count == ["a.yaml"]
    entry.chmod(0o666)
    count.clear()
    assert read(root, path) == first and count == ["a.yaml"]


def test_a_policy_is_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", "none")
    plain = load_policy()
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    for _ in range(2):
        kept = load_policy()
        assert (kept.digest, kept.rules, kept.settings, kept.packs) == (
            plain.digest, plain.rules, plain.settings, plain.packs,
        )  # fmt: skip
    assert list(tmp_path.glob("policies-*.msgpack"))
