"""The facts of materials: how whole their shares are, and how old."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate.facts import Jurisdictions
from auditor.evaluate.material_facts import MaterialFacts
from auditor.vehicle import Controller, Material, Vehicle

DAY = date(2026, 11, 24)


def facts(shares: dict[str, float], year: int | None = None) -> dict[str, Any]:
    material = Material("tin", "mine", ("body",), shares, year=year)
    vehicle = Vehicle("V", (Controller("body"),), materials=(material,))
    places = Jurisdictions(frozenset(("DE",)), frozenset(), frozenset())
    (made,) = MaterialFacts(vehicle, places, DAY, None, accept_stated=False)
    return made[1]


@pytest.mark.parametrize(("share", "complete"), [(1.0, True), (0.996, True), (0.994, None), (0.96, None)])
def test_shares_are_complete_up_to_rounding(share: float, complete: bool | None) -> None:
    assert facts({"CN": share}).get("complete") is complete


@pytest.mark.parametrize(("year", "age"), [(2024, 1.9), (2026, 0.0), (2027, None), (2030, None)])
def test_shares_of_a_year_to_come_have_no_age(year: int, age: float | None) -> None:
    found = facts({"CN": 1.0}, year).get("age")
    assert found == (None if age is None else pytest.approx(age, abs=0.02))


def test_messages_say_what_there_is(program: Any, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text("mpn,manufacturer,quantity\nZZ-100,Infineon,1\nZZ-200,Infineon,1\n")
    (tmp_path / "vehicle.yaml").write_text(
        "vehicle: Example\nservice-years: 10\necus:\n  - {id: body, inputs: [parts.csv]}\n"
        "functions:\n  - {id: wipers, needs: [body]}\n  - {id: lights, needs: [body]}\n"
        "generations:\n"
        "  - {function: wipers, supply: {part: ZZ-100, eol: '2020-01-01'}}\n"
        "  - {function: lights, supply: {part: ZZ-200, eol: '2028-01-01'}}\n"
        "materials:\n  - {material: unobtainium, stage: mine, used-in: [body]}\n"
        "  - {material: gallium, stage: refine, used-in: [body]}\n"
    )
    words = ("--vehicle", "vehicle.yaml", "-p", "base", "--as-of", "2026-11-24", "-f", "json")
    found = json.loads(program("check", *words, cwd=tmp_path).stdout)["findings"]
    told = {rule: [one["message"] for one in found if one["rule"] == rule] for rule in {one["rule"] for one in found}}
    says = "the supplier does not say where it comes from; "
    assert sorted(one.partition(says)[2] for one in told["material-shares-undeclared"]) == [
        "no other shares are known", "world shares are used instead",
    ]  # fmt: skip
    assert sorted(one.partition("ZZ-")[2] for one in told["generation-ends-before-service"]) == [
        "100 ended 6.9 years ago, the vehicle is kept for 10", "200 ends in 1.1 years, the vehicle is kept for 10",
    ]  # fmt: skip
