"""The example vehicle: its report, and what stops without whom.

The goldens are rewritten by `pytest tests/whatif/test_example_vehicle.py --update-golden`; what the rules must say
stands in fixtures/vehicle/expected.yaml, which no flag touches.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "fixtures" / "vehicle"
GOLDEN = ROOT / "tests" / "golden" / "vehicle"
POLICY = (
    "-p",
    "base",
    "-p",
    "eu-crma",
    "-p",
    "eu-battery",
    "--home",
    "DE",
    "--trusted",
    "FR,NL,JP",
    "--restricted",
    "RU",
)
RUNS = {
    "country-cn": ("country:CN",),
    "country-us-and-nl": ("country:US", "country:NL"),
    "party-example-mobility": ("party:Example Mobility",),
    "part-driving-soc": ("part:TDA4VM88TGBALFRQ1",),
    "material-graphite": ("material:graphite",),
    "site-and-data": ("site:radar-test", "data:driving-pool"),
}
KEPT = ("rule", "severity", "confidence", "verdict", "message", "ecus", "supplierQuestion", "missing", "messageZh")


@pytest.fixture(scope="module")
def report(program: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the example vehicle, by the real command."""
    path = tmp_path_factory.mktemp("vehicle") / "report.json"
    words = ("--vehicle", EXAMPLE / "vehicle.yaml", "--knowledge", EXAMPLE / "knowledge", "--as-of", "2026-11-24")
    done = program("check", *map(str, words), *POLICY, "-o", f"json={path}", "-f", "text", cwd=ROOT)
    assert done.returncode == 1, done.stderr.decode()
    return path


def same(request: pytest.FixtureRequest, name: str, found: Any) -> None:
    """Compare with a golden, or write it."""
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}.json"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run it with --update-golden and read the difference"


def test_the_report(report: Path, request: pytest.FixtureRequest) -> None:
    found = json.loads(report.read_bytes())
    families = ("material-", "crma-", "battery-", "model-", "dataset-", "site-", "generation-", "function-")
    ours = [one for one in found["findings"] if one["rule"].startswith(families)]
    shown = [{key: one[key] for key in KEPT if key in one} for one in ours]
    runs = [one for one in found["rulesRun"] if one["id"].startswith(families)]
    same(request, "report", {"ecus": found["ecus"], "findings": shown, "rulesRun": runs})


@pytest.mark.parametrize("name", RUNS)
def test_what_stops(name: str, report: Path, program: Any, request: pytest.FixtureRequest) -> None:
    words = [word for one in RUNS[name] for word in ("--remove", one)]
    done = program("whatif", str(report), *words, "--no-sets", "-f", "json", cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    same(request, name, json.loads(done.stdout))


def states(report: Path, program: Any, *removed: str) -> dict[str, str]:
    """Return the state of each function after a removal."""
    words = [word for one in removed for word in ("--remove", one)]
    done = program("whatif", str(report), *words, "--no-sets", "-f", "json", cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    return {one["id"]: one["state"] for one in json.loads(done.stdout)["functions"]}


def test_what_the_file_implies(report: Path, program: Any) -> None:
    # a pool that loses a contributor whose data do not remain takes the model along, and the functions of its controller
    without = states(report, program, "party:Example Mobility")
    assert {name for name, state in without.items() if state == "stops"} == {
        "emergency-braking", "lane-keeping", "highway-pilot",
    }  # fmt: skip
    # the seat controller was not read: nobody knows
    assert without["seat-comfort"] == "unknown"
    # a part that one controller has stops what needs it and nothing else
    soc = states(report, program, "part:TDA4VM88TGBALFRQ1")
    assert {name for name, state in soc.items() if state == "stops"} == {
        "emergency-braking", "lane-keeping", "highway-pilot",
    }  # fmt: skip
    # one of two assembly plants is enough, and neither stops anything
    assert "stops" not in states(report, program, "country:MX").values()
    # the cells need graphite
    graphite = states(report, program, "material:graphite")
    assert {name for name, state in graphite.items() if state == "stops"} == {"drive-torque", "charging"}


def test_each_generation_is_met_in_its_bill_and_its_reserve_counts(report: Path, program: Any) -> None:
    found = json.loads(report.read_bytes())
    assert [line for line in found["diagnostics"] if line.startswith("vehicle file")] == []
    titles = {one["id"]: one["name"] for one in found["vehicle"]["ecus"]}
    needs = {one["id"]: {titles[each] for each in one["needs"]} for one in found["vehicle"]["functions"]}
    parts = {(one["name"], one["ecu"]) for one in found["components"]}
    generations = found["vehicle"]["generations"]
    assert len(generations) == 20
    for one in generations:
        assert any((one["supply"]["part"], ecu) in parts for ecu in needs[one["function"]]), one["function"]
    words = ("--remove", "party:Example Silicon", "--no-sets", "-f", "json")
    answer = json.loads(program("whatif", str(report), *words, cwd=ROOT).stdout)
    rows = {one["name"]: one for one in answer["parts"] if one["state"] in ("stops", "degrades")}
    steering = rows["EXS-402"]
    assert (steering["state"], steering["substitute"], steering["switchWeeks"]) == ("degrades", "EXC-402", 20)
    assert (steering["stockWeeks"], steering["gapWeeks"]) == (30, 0)
    # no reserve, no reserve that is qualified: no way left
    assert {name for name, one in rows.items() if one["state"] == "stops"} == {"EXS-300", "EXS-310", "EXS-412"}


def test_a_part_tells_the_lines_that_share_it(report: Path, program: Any) -> None:
    words = ("--remove", "party:nxp", "--remove", "party:ti", "--no-sets", "-f", "json")
    answer = json.loads(program("whatif", str(report), *words, cwd=ROOT).stdout)
    lines = {(one["name"], one["ecu"]): one.get("lines") for one in answer["parts"]}
    # the driving computer and the inverter are in the second line alone; a part of both kinds of controllers is in both
    assert lines["TDA4VM88TGBALFRQ1", "Driving computer"] == ["two"]
    assert lines["TMS5701224CPGEQQ1", "Traction inverter"] == ["two"]
    assert lines["S32G274AABK0VUCT", "Central gateway"] == ["one", "two"]
    assert lines["DS90UB954TRGZRQ1", "Driving computer"] == ["one", "two"]


def test_smallest_sets(report: Path, program: Any) -> None:
    done = program("whatif", str(report), "-f", "json", cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    sets = {one["function"]: one for one in json.loads(done.stdout)["smallestSets"]}
    assert len(sets) == 23
    assert ["country:US"] in sets["emergency-braking"]["countries"]
    for one in sets.values():
        found = [set(each) for each in (*one["parties"], *one["countries"])]
        assert not any(small < large for small in found for large in found)
