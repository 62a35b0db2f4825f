"""A loosened gate leaves its trace in every report, and reports of other settings are not joined."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

BOM = str(Path(__file__).resolve().parent.parent.parent / "fixtures" / "demo" / "t-box" / "t-box.cdx.json")
LOOSENED = (
    (("--min-confidence", "low"), "minConfidence", "low"),
    (("--min-coverage", "1"), "minCoverage", 0.01),
    (("--severity", "os-not-identified=low"), "severities", {"os-not-identified": "low"}),
    (("--ignore", "cra-*"), "ignore", ["cra-*"]),
    (("--select", "*"), "select", ["*"]),
    (("--accept-stated",), "acceptStated", True),
)


def audited(program: Any, *options: str, form: str = "json") -> str:
    text: str = program("check", BOM, "--as-of", "2026-11-24", "-f", form, *options).stdout.decode()
    return text


@pytest.fixture(scope="module")
def usual(program: Any) -> str:
    return audited(program)


@pytest.mark.parametrize(("options", "key", "value"), LOOSENED, ids=lambda one: one[0] if type(one) is tuple else "")
def test_every_setting_is_recorded_and_keeps_reports_apart(
    options: tuple[str, ...], key: str, value: Any, usual: str, tmp_path: Path, program: Any
) -> None:
    made = audited(program, *options)
    assert json.loads(made)["run"][key] == value != json.loads(usual)["run"].get(key)
    (tmp_path / "usual.json").write_text(usual)
    (tmp_path / "other.json").write_text(made)
    done = program("merge", "A=usual.json", "B=other.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "audit all controllers under the same settings" in done.stderr.decode()
    for form in ("text", "html", "markdown"):
        head = program("report", "other.json", "-f", form, cwd=tmp_path).stdout.decode()
        assert " ".join(options).removesuffix("*") in " ".join(head.replace("\\", "").split()), form


def test_what_the_pack_says_is_no_setting_of_the_user(usual: str, program: Any) -> None:
    run = json.loads(usual)["run"]
    assert run["minCoverage"] == 0.6
    assert not {"minConfidence", "select", "ignore", "severities", "overridden"} & set(run), "defaults are left out"
    given = json.loads(audited(program, "--fail-on", "low", "--on-unknown", "fail", "--min-coverage", "60"))["run"]
    assert given["overridden"] == ["fail-on", "min-coverage", "on-unknown"]
    text = audited(program, "--fail-on", "never", form="text")
    assert "--fail-on never" in text.partition("\n\n")[0]
    assert "--" not in audited(program, form="text").partition("\n\n")[0]
