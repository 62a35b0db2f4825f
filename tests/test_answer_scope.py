"""Which part an answer is about: name, version and controller; what cannot be used is told, never lost."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from auditor.report import json as reports
from auditor.report import questions, render

HEAD = [*questions.COLUMNS]
DAY = "2026-11-20"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"type": "library", "name": "libfoo", "version": version} for version in ("1.0", "2.0")]
    rows.append({"type": "library", "name": "libbar"})
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": rows}
    (tmp_path / "bom.json").write_text(json.dumps(document))
    return tmp_path


def answer(**cells: str) -> dict[str, str]:
    given = {"answer": "AGPL-3.0-only", "claim": "license", "answered by": "Sales", "answered on": DAY, "ecu": "X"}
    return dict.fromkeys(HEAD, "") | given | cells


def audited(program: Any, folder: Path, *rows: dict[str, str], without: str = "", divider: str = ",") -> Any:
    with (folder / "answers.csv").open("w", newline="") as stream:
        names = [name for name in HEAD if name != without]
        writer = csv.DictWriter(stream, names, extrasaction="ignore", delimiter=divider)
        writer.writeheader()
        writer.writerows(rows)
    done = program(
        "check", "--ecu", "X=bom.json", "--answers", "answers.csv", "--as-of", "2026-11-24", "-f", "json", cwd=folder
    )
    return json.loads(done.stdout)


def answered(report: Any) -> set[tuple[str, str]]:
    return {
        (one["name"], one.get("version", ""))
        for one in report["components"]
        if any(vote["detector"] == "answer" for vote in one["evidence"])
    }


@pytest.mark.parametrize("claim", ["license", "comment"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_answer_is_about_one_version(version: str, claim: str, folder: Path, program: Any) -> None:
    report = audited(program, folder, answer(component="libfoo", version=version, claim=claim))
    assert answered(report) == {("libfoo", version)}
    assert report["diagnostics"] == []


def test_an_answer_of_a_version_does_not_change_whom_the_next_is_about(folder: Path, program: Any) -> None:
    rows = (answer(component="libbar", claim="version", answer="3.0"), answer(component="libbar"))
    report = audited(program, folder, *rows)
    (one,) = [one for one in report["components"] if one["name"] == "libbar"]
    assert sorted(vote["claim"] for vote in one["evidence"] if vote["detector"] == "answer") == ["license", "version"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"component": "libfoo", "version": "3.0"}, "no component in X is called 'libfoo' in version 3.0"),
        ({"component": "libbar", "ecu": "NOPE"}, "no component in NOPE is called 'libbar' without a version"),
        ({"component": "libbar", "answered on": "2026-11-25"}, "answered on 2026-11-25, after the day of the audit"),
    ],
)
@pytest.mark.parametrize("claim", ["license", "comment"])
def test_what_is_not_used_is_told(
    cells: dict[str, str], told: str, claim: str, folder: Path, program: Any
) -> None:  # fmt: skip
    report = audited(program, folder, answer(claim=claim, **cells))
    assert answered(report) == set()
    (line,) = report["diagnostics"]
    assert line.startswith("answers.csv:2: ")
    assert told in line
    assert line.endswith("its answer is not used")


def test_a_list_without_versions_must_not_be_ambiguous(folder: Path, program: Any) -> None:
    rows = (answer(component="libfoo"), answer(component="libbar"))
    report = audited(program, folder, *rows, without="version")
    assert answered(report) == {("libbar", "")}
    (line,) = report["diagnostics"]
    assert "'libfoo' is there in versions 1.0, 2.0; say which" in line


@pytest.mark.parametrize("divider", [";", "\t"])
def test_lists_that_are_divided_otherwise_are_read(divider: str, folder: Path, program: Any) -> None:
    assert answered(audited(program, folder, answer(component="libbar"), divider=divider)) == {("libbar", "")}


def test_two_versions_are_told_apart_in_list_and_letter(folder: Path, program: Any) -> None:
    read = reports.read(program("check", "--ecu", "X=bom.json", "-f", "json", cwd=folder).stdout)
    about = [row[2:6] for row in questions.rows(read, "en") if row[3] == "libfoo"]
    assert len(set(about)) == len(about) > 2
    letter = render(read, "questions-markdown").decode()
    assert "### libfoo 1.0 · X" in letter.replace("\\", "")
    assert not [line for line in letter.splitlines() if line.startswith("###") and line.strip("# ·\\") == ""]
    assert "###  " not in letter


@pytest.mark.parametrize("value", ["MIT", "AGPL-3.0-only"])
def test_an_answer_about_one_version_clears_nothing_beside_another(value: str, folder: Path, program: Any) -> None:
    report = audited(program, folder, answer(component="libfoo", version="1.0", answer=value))
    kept = {
        one["message"].partition(" is declared")[0]: [step["step"] for step in one["chain"]][-1]
        for one in report["findings"]
        if one["rule"] == "license-missing" and one["verdict"] == "fail"
    }
    assert kept == {"libfoo 1.0": "answered", "libfoo 2.0": "fix", "libbar": "fix"}
