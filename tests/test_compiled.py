"""The cache of what is computed from shipped data: trusted only when nobody else can have written it."""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from pathlib import Path

import pytest

from auditor import compiled
from auditor.identify.signatures import index
from auditor.knowledge import store

NAME = "demo-1.msgpack"


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    compiled.keep(NAME, {"a": (1, "x")}, root)
    assert compiled.load(NAME, dict[str, tuple[int, str]], root) == {"a": (1, "x")}
    assert root.stat().st_mode & 0o777 == 0o700
    assert (root / NAME).stat().st_mode & 0o077 == 0


def test_damaged_and_foreign_entries_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    compiled.keep(NAME, [1, 2], tmp_path)
    path = tmp_path / NAME
    good = path.read_bytes()
    for bad in (b"", good[:-1], good[:-1] + bytes([good[-1] ^ 1]), good[:33], os.urandom(100)):
        path.write_bytes(bad)
        assert compiled.load(NAME, list[int], tmp_path) is None
    path.write_bytes(good)
    assert compiled.load(NAME, list[int], tmp_path) == [1, 2]
    assert compiled.load(NAME, dict[str, int], tmp_path) is None


def test_what_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    compiled.keep(NAME, [1], tmp_path)
    path = tmp_path / NAME
    path.chmod(0o666)
    assert compiled.load(NAME, list[int], tmp_path) is None
    path.chmod(0o600)
    tmp_path.chmod(0o777)
    assert compiled.load(NAME, list[int], tmp_path) is None
    path.unlink()
    compiled.keep(NAME, [1], tmp_path)
    assert not path.exists()
    tmp_path.chmod(0o700)


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    compiled.keep(NAME, [1], tmp_path)
    (tmp_path / "demo-2.msgpack").symlink_to(tmp_path / NAME)
    os.mkfifo(tmp_path / "demo-3.msgpack")
    assert compiled.load("demo-2.msgpack", list[int], tmp_path) is None
    assert compiled.load("demo-3.msgpack", list[int], tmp_path) is None


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    compiled.keep(NAME, [1], blocked / "cache")
    assert compiled.load(NAME, list[int], blocked / "cache") is None
    compiled.keep(NAME, [1], None)
    assert compiled.load(NAME, list[int], None) is None


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    value = [list(range(1000))] * 50
    bad: list[object] = []

    def work() -> None:
        for _ in range(30):
            compiled.keep(NAME, value, tmp_path)
            if compiled.load(NAME, list[list[int]], tmp_path) != value:
                bad.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not bad
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_old_versions_go(tmp_path: Path) -> None:
    for number in range(compiled.VERSIONS + 5):
        compiled.keep(f"demo-{number:02}.msgpack", number, tmp_path)
        os.utime(tmp_path / f"demo-{number:02}.msgpack", (number, number))
    compiled.keep("other-1.msgpack", 0, tmp_path)
    assert len(list(tmp_path.glob("demo-*"))) <= compiled.VERSIONS + 1
    assert not (tmp_path / "demo-00.msgpack").exists()
    assert (tmp_path / "other-1.msgpack").exists()


def test_the_folder_is_the_users_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    assert compiled.folder() == tmp_path
    monkeypatch.setenv("AUDITOR_CACHE_DIR", "none")
    assert compiled.folder() is None
    monkeypatch.delenv("AUDITOR_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiled.folder() == tmp_path / "auditor"


def test_signatures_are_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for chosen in ("none", str(tmp_path), str(tmp_path)):
        monkeypatch.setenv("AUDITOR_CACHE_DIR", chosen)
        index.shipped.cache_clear()
        made = index.shipped()
        found.append((made.signatures, made.expressions, made.packages, made.texts))
    index.shipped.cache_clear()
    assert found[0] == found[1] == found[2]
    assert list(tmp_path.glob("signatures-*.msgpack"))


def test_knowledge_is_the_same_with_and_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from auditor.resources import folder

    found = []
    for chosen in ("none", str(tmp_path), str(tmp_path)):
        monkeypatch.setenv("AUDITOR_CACHE_DIR", chosen)
        found.append(store.read(folder("rules") / "knowledge", ()))
    assert found[0] == found[1] == found[2]
    assert list(tmp_path.glob("knowledge-*.msgpack"))


def test_the_versions_in_keys_are_those_of_the_metadata() -> None:
    for package in ("msgspec", "PyYAML", "click", "hyperscan", "cel-expr-python", "license-expression"):
        assert compiled.release(package) == version(package)
    assert compiled.release("a-package-nobody-has") == ""


def test_of_two_installed_versions_the_first_on_the_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, number in (("one", "1.0"), ("two", "2.0")):
        (tmp_path / place / f"Some_Package-{number}.dist-info").mkdir(parents=True)
    monkeypatch.setattr("sys.path", [str(tmp_path / "none"), str(tmp_path / "one"), str(tmp_path / "two")])
    compiled._releases.cache_clear()
    try:
        assert compiled.release("some-package") == "1.0"
    finally:
        monkeypatch.undo()
        compiled._releases.cache_clear()
