"""The knock-out table of the page says what `auditor whatif` says of the same report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.report import json as reports
from auditor.report import maps
from auditor.report.schema import Report
from auditor.whatif import ask

VEHICLE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "vehicle"


@pytest.fixture(scope="module", params=["demo", "vehicle"])
def report(request: pytest.FixtureRequest, demo: Any, program: Any) -> Report:
    if request.param == "demo":
        return reports.read(json.dumps(demo()).encode())
    done = program(
        "check", "--vehicle", str(VEHICLE / "vehicle.yaml"), "--knowledge", str(VEHICLE / "knowledge"),
        "--as-of", "2026-11-24", "-f", "json",
    )  # fmt: skip
    return reports.read(done.stdout)


def test_every_row_is_what_a_removal_does(report: Report) -> None:
    ids = {one.name: one.id for one in report.parties}
    rows = maps.knockout(report)
    assert 5 < len(rows) <= maps.MOST
    for row in rows:
        atom = f"party:{ids.get(row.name, row.name)}" if row.name else f"country:{row.country}"
        said = ask(report, [atom], sets=False)
        assert row.stop == tuple(one.id for one in said.ecus if one.state == "stops"), row
        assert row.degrade == tuple(one.id for one in said.ecus if one.state == "degrades"), row
        assert row.components == sum(one.state in ("stops", "degrades") for one in said.parts), row


def test_the_worst_comes_first_and_home_is_left_out(report: Report) -> None:
    rows = maps.knockout(report)
    assert [len(row.stop) for row in rows] == sorted((len(row.stop) for row in rows), reverse=True)
    assert not {row.country for row in rows} & set(report.run.home)
    countries = {entry.country for one in report.components for entry in one.origin} - {None, *report.run.home}
    for code in countries:
        said = ask(report, [f"country:{code}"], sets=False)
        if sum(one.state == "stops" for one in said.ecus) > len(rows[-1].stop):
            assert code in {row.country for row in rows if not row.name}


def test_open_source_stays_usable_without_its_steward(demo: Any) -> None:
    report = reports.read(json.dumps(demo()).encode())
    (row,) = [row for row in maps.knockout(report) if row.name == "Free Software Foundation"]
    assert row.stop == ()
    assert row.degrade
