"""A waived finding keeps who accepted it, why and until when, in every format; from a real run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import openpyxl
import pytest
from junitparser import JUnitXml

from auditor.report import html, labels
from auditor.report import json as reports
from auditor.report.merging import Part, merge

WAIVERS = """
waivers:
  - rule: os-kernel-foreign-vendor
    ecu: Body controller
    reason: contract-in-place
    owner: purchasing of Example Motors
    approved-by: A. Example
    ticket: SC-17
    comment: escrow of source and build
    created: "2026-11-01"
    expires: "2027-03-01"
  - rule: undeclared-component
    ecu: T-Box
    reason: accepted-risk
    owner: nobody
    expires: "2026-11-02"
"""
SAID = ("purchasing of Example Motors", "2027-03-01", "SC-17", "escrow of source and build", "A. Example")


@pytest.fixture(scope="module")
def run(program: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("waived")
    (folder / "waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    names = {"json", "sarif", "junit", "gitlab", "csv", "html", "markdown", "xlsx"}
    outputs = [word for name in sorted(names) for word in ("-o", f"{name}={folder / name}")]
    done = program(
        "demo", "--as-of", "2026-11-24", "--waivers", str(folder / "waivers.yaml"), "--show", "waived", *outputs
    )
    assert not done.stderr
    (folder / "text").write_bytes(done.stdout)
    (folder / "xlsx").rename(folder / "book.xlsx")
    return folder


@pytest.fixture(scope="module")
def waived(run: Path) -> list[dict[str, Any]]:
    found = [one for one in json.loads((run / "json").read_bytes())["findings"] if one.get("state") == "waived"]
    assert found
    return found


def test_the_report_holds_what_the_file_says(run: Path, waived: list[dict[str, Any]], program: Any) -> None:
    report = json.loads((run / "json").read_bytes())
    schema = json.loads(program("schema", "report").stdout)
    jsonschema_rs.validator_for(schema).validate(report)
    first, second = report["waivers"]["records"]
    assert first["id"] == waived[0]["waiver"] == report["waivers"]["applied"][0]
    assert (first["reason"], first["owner"], first["expires"]) == ("contract-in-place", SAID[0], SAID[1])
    assert (first["approvedBy"], first["ticket"], first["created"]) == ("A. Example", "SC-17", "2026-11-01")
    assert second["id"] in report["waivers"]["expired"]


def test_sarif(run: Path, waived: list[dict[str, Any]]) -> None:
    results = json.loads((run / "sarif").read_bytes())["runs"][0]["results"]
    suppressed = [one for one in results if "suppressions" in one]
    assert len(suppressed) == len(waived)
    (said,) = suppressed[0]["suppressions"]
    assert (said["kind"], said["status"]) == ("external", "accepted")
    assert all(word in said["justification"] for word in SAID)
    assert said["properties"] == {
        "owner": SAID[0], "reason": "contract-in-place", "expires": SAID[1], "waiver": waived[0]["waiver"],
        "approvedBy": "A. Example", "ticket": "SC-17", "comment": "escrow of source and build",
    }  # fmt: skip


def test_junit(run: Path) -> None:
    suites = JUnitXml.fromstring((run / "junit").read_bytes())
    cases = [case for suite in suites for case in suite if case.classname == "os-kernel-foreign-vendor"]
    (case,) = [case for case in cases if case.name == "Body controller"]
    assert all(word in case.result[0].message for word in SAID)
    assert all(word in case.system_out for word in SAID)


def test_gitlab_keeps_it_as_information_so_that_it_is_not_taken_for_resolved(
    run: Path, waived: list[dict[str, Any]]
) -> None:
    rows = {one["fingerprint"]: one for one in json.loads((run / "gitlab").read_bytes())}
    row = rows[waived[0]["fingerprint"]]
    assert row["severity"] == "info"
    assert row["description"].startswith("waived (")
    assert all(word in row["description"] for word in SAID)


def test_csv_and_workbook(run: Path, waived: list[dict[str, Any]]) -> None:
    rows = list(csv.DictReader(io.StringIO((run / "csv").read_text("utf-8-sig"))))
    for row in rows:
        cells = (row["waiver reason"], row["waiver owner"], row["waiver ends"])
        wanted = ("contract-in-place", SAID[0], SAID[1]) if row["state"] == "waived" else ("", "", "")
        assert cells == wanted
    assert sum(row["state"] == "waived" for row in rows) >= len(waived)
    sheet = openpyxl.load_workbook(run / "book.xlsx")["Waivers"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    expired, applied = lines
    assert (expired[0], expired[1], expired[4]) == ("2026-11-02", "expired", "nobody")
    assert (applied[0], applied[1], applied[4]) == ("2027-03-01", "applied", SAID[0])


@pytest.mark.parametrize("name", ["html", "markdown", "text"])
def test_what_people_read(name: str, run: Path) -> None:
    text = (run / name).read_text("utf-8").replace("\\", "")
    assert all(word in text for word in SAID)


def test_merged_reports_keep_it(run: Path, program: Any) -> None:
    merged = json.loads(program("merge", str(run / "json"), "-f", "json").stdout)
    assert merged["waivers"]["records"] == json.loads((run / "json").read_bytes())["waivers"]["records"]


def test_of_one_waiver_in_two_reports_the_later_end_is_told(run: Path) -> None:
    first = reports.read((run / "json").read_bytes())
    put, (one, *others) = msgspec.structs.replace, first.waivers.records
    later = put(first, waivers=put(first.waivers, records=(put(one, expires="2028-01-01", owner="somebody"), *others)))
    for order in ((first, later), (later, first)):
        named = (("a", "A"), ("b", "B"))
        parts = [
            Part(f"{name}.json", put(report, ecus=report.ecus[:1], components=(), findings=()), ecu)
            for (name, ecu), report in zip(named, order, strict=True)
        ]
        (merged, *_) = merge(parts).waivers.records
        assert (merged.expires, merged.owner) == ("2028-01-01", "somebody")


def test_the_soonest_end_comes_first_and_an_unknown_one_last(run: Path) -> None:
    report = reports.read((run / "json").read_bytes())
    put, used = msgspec.structs.replace, report.waivers
    more = put(report, waivers=put(used, unused=("nobody knows when",)))
    days = [row[0] for row in html.waivers(more, labels.say("en"))]
    assert days == ["2026-11-02", "2027-03-01", ""]


def test_no_waivers_uses_none_whatever_the_configuration_names(run: Path, program: Any, tmp_path: Path) -> None:
    (tmp_path / "auditor.toml").write_text("waivers = " + json.dumps(str(run / "waivers.yaml")), encoding="utf-8")
    demo = ("demo", "--as-of", "2026-11-24", "-f", "json")
    tallies = [json.loads(program(*demo, *more, cwd=tmp_path).stdout) for more in ((), ("--no-waivers",))]
    assert [one["summary"]["waived"] > 0 for one in tallies] == [True, False]
    environment = {"AUDITOR_WAIVERS": str(run / "waivers.yaml"), "AUDITOR_NO_WAIVERS": "1"}
    by_environment = json.loads(program(*demo, cwd=tmp_path, environment=environment).stdout)
    assert by_environment["summary"]["waived"] == 0
