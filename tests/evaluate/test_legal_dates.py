"""Every legal date that a shipped rule uses: the verdict the day (or year) before, on it, and after."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from evaluate_records import DAY, chip, component, inventory, owner

from auditor.evaluate import evaluate, load_library, load_policy
from auditor.knowledge import load as load_knowledge
from auditor.model import Declared, Document, Input, Inventory, Origin
from auditor.vehicle import Controller, Material, Vehicle

LIBRARY = load_library()
RU = owner("RU")


def bill(*declared: Declared) -> dict[str, Any]:
    """A bill of materials beside the image; it states no dependency."""
    given = Input("in-2", "bom.json", "cyclonedx-json", 10, "ee" * 32, "T-Box")
    document = Document("cyclonedx-json", "1.6", None, declared, input="in-2")
    return {"inputs": (*inventory().inputs, given), "documents": (document,)}


UNSOURCED = component("library", "lib", origin=(), version=None)
BATTERY = Vehicle("Example One", (Controller("bms"),), materials=(Material("lithium", "mine", used_in=("bms",)),))
DAYS: dict[str, tuple[str, Inventory, dict[str, Any], str]] = {
    "cra-sbom-missing": ("2027-12-11", inventory(component()), {"type_approved": False}, "failed"),
    "cra-component-unknown-source": ("2027-12-11", inventory(UNSOURCED), {"type_approved": False}, "failed"),
    "cra-top-level-dependencies": (
        "2027-12-11", inventory(component(), **bill(Declared("/components/0", "x"))), {"type_approved": False}, "failed"),
    "cra-support-period": (
        "2027-12-11", inventory(component()), {"type_approved": False, "support_years": 4.0}, "failed"),
    "gb-44495-supplier-evidence": ("2026-01-01", inventory(UNSOURCED), {}, "failed"),
    "gb-44496-software-identification": (
        "2026-01-01", inventory(component("firmware", "fw", version=None)), {}, "failed"),
    "battery-origin-undocumented": ("2027-08-18", inventory(component()), {"vehicle": BATTERY}, "failed"),
    "battery-quantity-undocumented": ("2027-08-18", inventory(component()), {"vehicle": BATTERY}, "failed"),
}  # fmt: skip
"""Rule -> the day it is in force from, an input that it fires on, what the user said, how it ends from then on."""

SOFTWARE = component("application", "app", origin=(RU, Origin("build", country="RU", basis="read")))
YEARS: dict[str, tuple[str, Inventory, str, dict[int, str]]] = {
    "cv-software-restricted": (
        "first_model_year", inventory(SOFTWARE), "model_year", {2026: "passed", 2027: "failed", 2028: "failed"}),
    "cv-manufacturer-ownership": (
        "first_model_year", inventory(SOFTWARE), "model_year", {2026: "passed", 2027: "failed", 2028: "failed"}),
    "cv-hardware-restricted": (
        "first_model_year", inventory(chip(origin=(RU,))), "model_year", {2029: "passed", 2030: "failed", 2031: "failed"}),
    "cv-hardware-restricted by import": (
        "first_import_year", inventory(chip(origin=(RU,))), "import_year", {2028: "passed", 2029: "failed", 2030: "failed"}),
    "cv-hardware-early-warning": (
        "first_model_year", inventory(chip(origin=(RU,))), "model_year", {2026: "passed", 2027: "failed", 2028: "failed"}),
    "cv-hardware-early-warning until": (
        "ban_model_year", inventory(chip(origin=(RU,))), "model_year", {2029: "failed", 2030: "passed", 2031: "passed"}),
}  # fmt: skip
"""Rule -> the parameter that holds the year, an input, the option that says the year, verdict by year."""


def ended(rule: str, found: Inventory, as_of: date, **options: Any) -> str:
    vehicle = options.pop("vehicle", None)
    packs = ["eu-battery"] if vehicle else ["base"]
    policy = load_policy(packs, select=[rule], home=["CN"], restricted=["RU"], **options)
    known = load_knowledge() if vehicle else None
    return evaluate(found, policy, known, as_of=as_of, vehicle=vehicle).rules_run[0].result


def test_the_day_a_pause_of_an_export_control_ends() -> None:
    """After it nobody knows what holds; other pauses end beside acts that never paused, see the tests of knowledge."""
    used = Vehicle("Example One", (Controller("bms"),), materials=(Material("lithium", "refine", used_in=("bms",)),))
    policy = load_policy(["base"], select=["material-control-paused"], home=["DE"])
    known, ended_by = load_knowledge(), {}
    for day in ("2026-11-09", "2026-11-10", "2026-11-11"):
        result = evaluate(inventory(component()), policy, known, as_of=date.fromisoformat(day), vehicle=used)
        ended_by[day] = result.rules_run[0].result
    assert ended_by == {"2026-11-09": "failed", "2026-11-10": "failed", "2026-11-11": "undetermined"}


@pytest.mark.parametrize("rule", DAYS)
def test_the_day_a_rule_comes_into_force(rule: str) -> None:
    start, found, said, result = DAYS[rule]
    day, step = date.fromisoformat(start), timedelta(1)
    assert [ended(rule, found, one, **said) for one in (day - step, day, day + step)] == [
        "notApplicable", result, result,
    ]  # fmt: skip


@pytest.mark.parametrize("rule", [rule for rule, row in DAYS.items() if "type_approved" in row[2]])
def test_in_force_the_scope_decides(rule: str) -> None:
    start, found, said, _ = DAYS[rule]
    day, rest = date.fromisoformat(start), {key: said[key] for key in said if key != "type_approved"}
    assert ended(rule, found, day, **rest) == "undetermined"
    assert ended(rule, found, day, **rest, type_approved=True) == "notApplicable"


@pytest.mark.parametrize("row", YEARS)
def test_the_year_a_rule_bites(row: str) -> None:
    rule = row.partition(" ")[0]
    _, found, option, verdicts = YEARS[row]
    assert {year: ended(rule, found, DAY, **{option: year}) for year in verdicts} == verdicts
    assert ended(rule, found, DAY) == "undetermined"


def test_a_year_said_is_asked_for_by_the_rule_about_missing_years() -> None:
    rule, found = "cv-model-year-missing", inventory(component())
    assert ended(rule, found, DAY) == "undetermined"
    assert {ended(rule, found, DAY, model_year=2027), ended(rule, found, DAY, import_year=2029)} == {"passed"}


def test_no_dated_rule_is_left_out() -> None:
    effective = {id_: rule.value["effective"] for id_, rule in LIBRARY.rules.items() if "effective" in rule.value}
    assert {id_: dates["from"] for id_, dates in effective.items()} == {id_: row[0] for id_, row in DAYS.items()}
    assert [dates for dates in effective.values() if set(dates) != {"from"}] == []
    years = {(id_, name) for id_, rule in LIBRARY.rules.items() for name in rule.params if name.endswith("_year")}
    assert years == {(row.partition(" ")[0], YEARS[row][0]) for row in YEARS}
    for row, (name, _, _, verdicts) in YEARS.items():
        bites = LIBRARY.rules[row.partition(" ")[0]].params[name]
        assert sorted(verdicts) == [bites - 1, bites, bites + 1]
