"""What a supplier gets: its own parts and questions, nobody else's name, no path; in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from auditor.report import Style, audience, formats, questions, render
from auditor.report import json as reports
from auditor.report.schema import Report

SUPPLIER = "NXP Semiconductors"


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    return reports.read(json.dumps(demo()).encode())


@pytest.fixture(scope="module")
def narrowed(report: Report) -> Report:
    return audience.for_supplier(report, SUPPLIER)


def text(name: str, report: Report, tmp_path: Path) -> str:
    data = render(report, name, Style())
    if not formats()[name].BINARY:
        return data.decode()
    (tmp_path / "book.xlsx").write_bytes(data)
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


def test_only_its_own_parts_and_findings(report: Report, narrowed: Report) -> None:
    mine = {one.name for one in report.components if SUPPLIER in audience.names(one)}
    assert {one.name for one in narrowed.components} == mine
    assert len(mine) == 3
    kept = {one.id for one in narrowed.components}
    assert narrowed.findings
    assert all(set(one.components) <= kept for one in narrowed.findings)
    assert narrowed.questions
    assert {one.supplier for one in narrowed.questions} == {SUPPLIER}
    assert narrowed.verdict.result == "fail"
    assert narrowed.summary.by_severity["high"] == sum(
        one.severity == "high" and one.verdict == "fail" and one.status == "stable" for one in narrowed.findings
    )


@pytest.mark.parametrize("name", sorted(formats()))
def test_no_other_name_and_no_path_in_any_format(name: str, report: Report, narrowed: Report, tmp_path: Path) -> None:
    shown = text(name, narrowed, tmp_path)
    assert shown
    mine = {one.name for one in narrowed.components}
    others = {one.name for one in report.components} - mine
    others |= {name for one in report.components for name in audience.names(one)} - {SUPPLIER}
    others |= {other.name for one in report.components if one.sourcing for other in one.sourcing.alternates}
    paths = {one.path for one in report.inputs}
    paths |= {vote.path for one in report.components for vote in one.evidence if "/" in vote.path}
    assert len(others) > 15
    assert len(paths) > 10
    lines = [line for line in shown.splitlines() if "disclaimer" not in line]
    leaked = {secret for secret in others | paths if any(secret in line for line in lines)}
    assert leaked == set()


def test_the_command_wants_a_name_the_report_knows(report: Report, tmp_path: Path, program: Any) -> None:
    (tmp_path / "report.json").write_bytes(render(report, "json"))
    path = str(tmp_path / "report.json")
    done = program("report", path, "--audience", "supplier", "--supplier", SUPPLIER, "-f", "json")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["components"]) == 3
    wrong = program("report", path, "--audience", "supplier", "--supplier", "NXP Semiconductor")
    assert wrong.returncode == 2
    assert b"did you mean 'NXP Semiconductors'" in wrong.stderr
    assert program("report", path, "--audience", "supplier").returncode == 2


def test_every_question_is_asked_once_with_room_for_an_answer(report: Report) -> None:
    for language in ("en", "zh"):
        data = render(report, "questions-csv", Style(language=language)).decode("utf-8-sig")
        head, *rows = csv.reader(io.StringIO(data))
        assert len(head) == len(questions.COLUMNS)
        live = {one.id for one in report.findings if one.state == "open"}
        assert sorted(row[0] for row in rows) == sorted({one.id for one in report.questions if one.finding in live})
        assert {tuple(row[7:]) for row in rows} == {("", "", "", "")}
        letter = render(report, "questions-markdown", Style(language=language)).decode()
        assert all(row[0] in letter for row in rows)
    assert {row[6] for row in rows} == {"comment", "license"}


def test_a_claim_stands_only_where_an_answer_is_just_the_missing_fact(report: Report) -> None:
    claims = {(row[5].partition(" deliver ")[0], row[6]) for row in questions.rows(report, "en")}
    assert {text for text, claim in claims if claim == "license"} == {"Under which license do you"}
    assert {claim for text, claim in claims if text.startswith(("Who owns", "In which fab", "How do"))} == {"comment"}


def test_what_the_vehicle_file_says_stays_at_home(report: Report) -> None:
    from auditor.vehicle import Vehicle

    told = msgspec.structs.replace(report, vehicle=Vehicle(vehicle="EM-1", ecus=()))
    assert b"EM-1" in render(told, "json")
    assert b"EM-1" not in render(audience.for_supplier(told, SUPPLIER), "json")


def test_a_waived_finding_asks_nothing(report: Report) -> None:
    one = report.questions[0]
    findings = tuple(
        msgspec.structs.replace(each, state="waived") if each.id == one.finding else each for each in report.findings
    )
    left = {row[0] for row in questions.rows(msgspec.structs.replace(report, findings=findings), "en")}
    gone = {each.id for each in report.questions if each.finding == one.finding}
    assert gone
    assert left == {each.id for each in report.questions} - gone


def test_a_finding_about_two_suppliers_goes_to_neither(report: Report) -> None:
    mine = next(one for one in report.components if SUPPLIER in audience.names(one))
    other = next(one for one in report.components if SUPPLIER not in audience.names(one))
    one = next(each for each in report.findings if each.state == "open" and each.components == (mine.id,))
    put = msgspec.structs.replace
    for parts, seen in (((mine.id,), True), ((mine.id, other.id), False), ((other.id,), False), ((), False)):
        added = put(one, id="shared", components=parts)
        left = audience.for_supplier(put(report, findings=(*report.findings, added)), SUPPLIER)
        assert ("shared" in {each.id for each in left.findings}) is seen, parts
