"""Answers of suppliers come back as declared evidence: they fill, they raise, they clear nothing from medium up."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from auditor import answers
from auditor.evaluate import PolicyError
from auditor.report import Style, questions, render
from auditor.report import json as reports

ROOT = Path(__file__).resolve().parent.parent
BOX = ROOT / "fixtures" / "demo" / "t-box"
BODY = ROOT / "fixtures" / "demo" / "body-controller"


def audit(program: Any, *more: str) -> dict[str, Any]:
    done = program(
        "check", "--ecu", f"T-Box={BOX}", "--ecu", f"BCM={BODY}", "--as-of", "2026-11-24", "-f", "json", *more
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"]["exitCode"] == done.returncode
    return report


@pytest.fixture(scope="module")
def plain(program: Any) -> dict[str, Any]:
    return audit(program)


def filled(report: dict[str, Any], language: str, replies: dict[tuple[str, str], str], day: str = "2026-11-20") -> str:
    """The list as a supplier sends it back: (component, claim) -> answer, in the first question about it."""
    read = reports.read(json.dumps(report).encode())
    data = render(read, "questions-csv", Style(language=language)).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(data))
    left = dict(replies)
    for row in rows:
        wanted = next((key for key in left if key[0] == row[3]), None)
        if wanted:
            row[6:] = [wanted[1], left.pop(wanted), "=Sales, Example Ltd", day, "letter 7"]
    assert not left
    stream = io.StringIO()
    csv.writer(stream).writerows([head, *rows])
    return stream.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_is_declared_evidence_with_who_and_when(
    language: str, plain: dict[str, Any], tmp_path: Path, program: Any
) -> None:
    text = filled(plain, language, {("QX-4410", "manufacturer"): "NXP Semiconductors"})
    (tmp_path / "answers.csv").write_text(text, "utf-8")
    report = audit(program, "--answers", str(tmp_path / "answers.csv"))
    part = next(one for one in report["components"] if one["name"] == "QX-4410")
    (vote,) = [one for one in part["evidence"] if one["detector"] == "answer"]
    assert (vote["claim"], vote["value"], vote["method"]) == ("manufacturer", "NXP Semiconductors", "declared")
    assert vote["pointer"] == "=Sales, Example Ltd, 2026-11-20: letter 7; not signed"
    assert part.get("observed", False) is False
    assert part["manufacturer"]["name"] == "NXP Semiconductors"
    assert any(one.get("country") == "NL" for one in part["origin"])
    assert report["verdict"]["result"] == "fail"


def test_by_itself_it_decides_nothing(plain: dict[str, Any], tmp_path: Path, program: Any) -> None:
    text = filled(plain, "en", {("XR-77", "manufacturer"): "NXP Semiconductors"})
    (tmp_path / "answers.csv").write_text(text, "utf-8")
    report = audit(program, "--answers", str(tmp_path / "answers.csv"))
    failed = [
        {one["fingerprint"] for one in each["findings"] if one["verdict"] == "fail" and one["severity"] != "low"}
        for each in (plain, report)
    ]
    assert failed[0] == failed[1]
    assert any("unverified fact" in one["message"] for one in report["findings"] if "XR-77" in one["message"])


def test_where_stated_facts_may_decide_it_may_raise_and_never_clears_from_medium_up(
    tmp_path: Path, program: Any
) -> None:
    plain = audit(program, "--accept-stated")
    replies = {
        ("QX-4410", "manufacturer"): "GigaDevice", ("XR-77", "manufacturer"): "NXP Semiconductors",
        ("libgnsscore", "license"): "GPL-3.0-only",
    }  # fmt: skip
    (tmp_path / "answers.csv").write_text(filled(plain, "en", replies), "utf-8")
    report = audit(program, "--accept-stated", "--answers", str(tmp_path / "answers.csv"))
    after = {one["fingerprint"]: one for one in report["findings"]}
    before = {one["fingerprint"]: one for one in plain["findings"]}
    heavy = {key for key, one in before.items() if one["severity"] in ("medium", "high", "critical")}
    assert heavy <= set(after)
    assert all(after[key]["verdict"] == "fail" for key in heavy if before[key]["verdict"] == "fail")
    held = [one for one in after.values() if any(step["step"] == "answered" for step in one.get("chain", ()))]
    assert {one["verdict"] for one in held} >= {"undetermined"}
    raised = {key for key, one in after.items() if one["verdict"] == "fail"} - {
        key for key, one in before.items() if one["verdict"] == "fail"
    }
    assert "license-strong-copyleft-in-closed" in {after[key]["rule"] for key in raised}
    runs = {one["id"]: one["result"] for one in report["rulesRun"]}
    assert all(runs[one["rule"]] == "failed" for one in after.values() if one["verdict"] == "fail")
    assert report["summary"]["coverage"]["origin"] == plain["summary"]["coverage"]["origin"]


def test_an_empty_list_changes_nothing_and_a_stranger_is_said(
    plain: dict[str, Any], tmp_path: Path, program: Any
) -> None:
    (tmp_path / "answers.csv").write_text(filled(plain, "en", {}), "utf-8")
    assert audit(program, "--answers", str(tmp_path / "answers.csv")) == plain
    line = "x,,,nobody-7,,q,license,MIT,me,2026-11-20,s\nx,,,nobody-8,,q,comment,well,me,2026-11-20,s\n"
    (tmp_path / "answers.csv").write_text(",".join(questions.COLUMNS) + "\n" + line, "utf-8")
    said = audit(program, "--answers", str(tmp_path / "answers.csv"))["diagnostics"]
    for name in ("nobody-7", "nobody-8"):
        assert any(name in one and "answer is not used" in one for one in said)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_row_may_be_answered_as_it_was_exported(
    language: str, plain: dict[str, Any], tmp_path: Path, program: Any
) -> None:
    read = reports.read(json.dumps(plain).encode())
    head, *rows = csv.reader(io.StringIO(render(read, "questions-csv", Style(language=language)).decode("utf-8-sig")))
    assert all(row[6] for row in rows)
    remarks = [row for row in rows if row[6] == questions.COMMENT]
    assert len(remarks) > 40
    for row in rows:
        row[7:] = ["MIT" if row[6] == "license" else f"we say {row[0]}", "Sales", "2026-11-20", "letter 7"]

    def audited(some: list[list[str]]) -> dict[str, Any]:
        with (tmp_path / "answers.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([head, *some])
        return audit(program, "--answers", str(tmp_path / "answers.csv"))

    assert audited(rows)["verdict"]["exitCode"] == 1
    emptied = [[*row[:6], "" if at % 2 else row[6], *row[7:]] for at, row in enumerate(remarks)]
    for some in (remarks, emptied):
        report = audited(some)
        votes = [vote for one in report["components"] for vote in one["evidence"] if vote["detector"] == "answer"]
        about_parts = {row[7] for row in remarks if row[3]}
        assert {vote["value"] for vote in votes} == about_parts
        ignored = [line for line in report["diagnostics"] if "about no component is a remark" in line]
        assert len(ignored) == len({row[0] for row in remarks if not row[3]}) > 0
        assert {(vote["claim"], vote["method"], vote["grade"]) for vote in votes} == {("comment", "declared", "weak")}
        found = [{(one["fingerprint"], one["verdict"]) for one in each["findings"]} for each in (plain, report)]
        assert found[0] == found[1]
        assert report["summary"] == plain["summary"]
        assert report["verdict"] == plain["verdict"]


HEAD = ",".join(questions.COLUMNS) + "\n"
WRONG = {
    "no day": (HEAD + "x,,,a,,q,license,MIT,me,tomorrow,s\n", ":2:", "no day"),
    "nobody": (HEAD + "x,,,a,,q,license,MIT,,2026-11-20,s\n", ":2:", "answered by"),
    "claim": (HEAD + "x,,,a,,q,licence,MIT,me,2026-11-20,s\n", ":2:", "did you mean 'license'"),
    "no column": ("id,component,answer\n", ":1:", "claim"),
    "no list": ("PK garbage", ":1:", "no list of questions"),
    "empty": ("", ":1:", "empty"),
    "open quote": (HEAD + '"x,,,a\n', ":2:", "no CSV"),
    "long": (HEAD + f"x,,,a,,q,license,{'M' * 5000},me,2026-11-20,s\n", ":2:", "longer"),
}


@pytest.mark.parametrize("kind", sorted(WRONG))
def test_a_list_that_cannot_be_used_says_where(kind: str, tmp_path: Path) -> None:
    text, place, words = WRONG[kind]
    (tmp_path / "answers.csv").write_text(text, "utf-8")
    with pytest.raises(PolicyError) as caught:
        answers.load(tmp_path / "answers.csv")
    assert place in str(caught.value)
    assert words in str(caught.value)


def test_other_encodings_and_missing_files_end_with_5(tmp_path: Path, program: Any) -> None:
    (tmp_path / "answers.csv").write_bytes("编号,组件\n".encode("gb18030"))
    for name in ("answers.csv", "missing.csv"):
        done = program("check", str(BODY), "--answers", str(tmp_path / name))
        assert done.returncode == 5
        assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_workbook_comes_back_like_the_list(language: str, plain: dict[str, Any], tmp_path: Path) -> None:
    """Filled in by openpyxl as a spreadsheet would: text in cells, the day as a day."""
    read = reports.read(json.dumps(plain).encode())
    path = tmp_path / "asked.xlsx"
    path.write_bytes(render(read, "questions-xlsx", Style(language=language)))
    book = openpyxl.load_workbook(path)
    sheet = book.active
    row = next(row for row in sheet.iter_rows(min_row=2) if row[3].value == "BD71847AMWV")
    row[7].value, row[8].value, row[9].value = "see the data sheet", "ROHM, A. Example", datetime(2026, 11, 20)
    book.save(path)
    (one,) = answers.load(path)
    assert (one.component, one.value, one.who) == ("BD71847AMWV", "see the data sheet", "ROHM, A. Example")
    assert one.date == "2026-11-20"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PolicyError, match=r"asked\.xlsx"):
        answers.load(path)
