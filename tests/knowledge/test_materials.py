"""The shipped materials: shares and concentration computed again from the tables their sources quote."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from auditor import knowledge
from auditor.evaluate.facts import Jurisdictions
from auditor.evaluate.material_facts import MaterialFacts
from auditor.knowledge.material_records import Control
from auditor.vehicle import Controller, Material, Vehicle

QUOTED: dict[str, tuple[int, int, str]] = {
    # amounts as the source quotes them, in its order; then the world total
    "lithium-mine": (2024, 240_000, "AU 88000, CL 49000, CN 41000, ZW 22000, AR 18000, BR 10000, CA 4300, NA 2700, PT 380"),
    "cobalt-mine": (2024, 290_000, "CD 220000, ID 28000, RU 8700, CA 4500, PH 3800, AU 3600, CU 3500, PG 2800, TR 2700, MG 2600, NC 1500, US 300"),
    "nickel-mine": (2024, 3_700_000, "ID 2200000, PH 330000, RU 210000, CA 190000, CN 120000, NC 110000, AU 110000, BR 77000, US 8000"),
    "manganese-mine": (2024, 20_000, "ZA 7400, GA 4600, AU 2800, GH 820, IN 800, CN 770, BR 590, MY 410, CI 360"),
    "gallium-refine": (2024, 760_000, "CN 750000, RU 6000, JP 3000, KR 3000"),
    "germanium-refine": (2022, 210, "BE 4, CA 20, CN 180, RU 6"),
    "rare-earths-mine": (2024, 390_000, "CN 270000, US 45000, MM 31000, AU 13000, NG 13000, TH 13000, IN 2900, RU 2500, MG 2000, VN 300, MY 130, BR 20"),
}  # fmt: skip
SAID: dict[str, dict[str, float]] = {
    # what the sources say in percent themselves: country or region, percent as printed
    "cobalt-mine": {"CD": 76, "ID": 10}, "gallium-refine": {"CN": 99}, "lithium-mine": {"AU": 36.7, "CL": 20.4},
    "germanium-refine": {"CN": 85.7}, "rare-earths-mine": {"CN": 69.2, "US": 11.5, "MM": 7.9},
    "manganese-mine": {"ZA": 37.0, "GA": 23.0, "CN": 3.85}, "nickel-mine": {"ID": 59.5},
}  # fmt: skip
MATERIALS = ("lithium", "cobalt", "nickel", "graphite", "manganese", "gallium", "germanium", "rare-earths")


@pytest.fixture(scope="module")
def facts() -> knowledge.Knowledge:
    return knowledge.load()


def shown(facts: knowledge.Knowledge, identity: str, **policy: Any) -> dict[str, Any]:
    """Return the facts of a material at a stage of which nobody declares shares."""
    record = facts.table("materials")[identity]
    vehicle = Vehicle("v", (Controller("a"),), materials=(Material(record.material, record.stage, ("a",)),))
    sets = Jurisdictions(*(frozenset(policy.get(name, ())) for name in ("home", "trusted", "restricted")))
    day = policy.get("day", date(2026, 11, 24))
    made = MaterialFacts(vehicle, sets, day, facts, accept_stated=policy.get("accept_stated", False))
    return next(iter(made))[1]


@pytest.mark.parametrize("identity", QUOTED)
def test_shares_and_index_follow_from_the_quoted_table(facts: knowledge.Knowledge, identity: str) -> None:
    year, total, text = QUOTED[identity]
    amounts = {code: int(amount) for code, amount in (pair.split() for pair in text.split(", "))}
    record = facts.table("materials")[identity]
    assert (record.year, record.total, record.production) == (year, total, amounts)
    whole = max(total, sum(amounts.values()))
    shares = {code: Fraction(amount, whole) for code, amount in amounts.items()}
    index = sum((100 * share) ** 2 for share in shares.values())
    rest = 1 - sum(shares.values())
    top = max(shares.values())
    found = shown(facts, identity)
    assert found["shares_of"] == "world"
    assert found["top_share"] == pytest.approx(float(top), abs=1e-4)
    assert found["hhi"] == pytest.approx(float(index), abs=0.1)
    at_most = index - (100 * top) ** 2 + (100 * (top + rest)) ** 2
    assert found["hhi_at_most"] == pytest.approx(float(at_most), rel=1e-3)
    assert found["unlisted_share"] == pytest.approx(float(rest), abs=1e-4)


@pytest.mark.parametrize("identity", SAID)
def test_shares_agree_with_the_percentages_the_sources_print(facts: knowledge.Knowledge, identity: str) -> None:
    portions = facts.table("materials")[identity].portions()
    for code, percent in SAID[identity].items():
        # where the amounts are more than the rounded total, shares are of their sum
        assert 100 * portions[code] == pytest.approx(percent, abs=0.6), code


def test_every_record_has_year_basis_and_where_read_its_source(facts: knowledge.Knowledge) -> None:
    table = facts.table("materials")
    assert {record.material for record in table.values()} == set(MATERIALS)
    for identity, record in table.items():
        fact = facts.fact(record, record.table)
        assert 2020 <= record.year <= 2026
        assert fact.basis in ("read", "stated")
        assert (fact.basis == "read") == (len(fact.sources) == 2), identity
        if fact.basis == "stated":
            assert record.note, f"{identity} does not say what its figure rests on"
        assert facts.fact(record, "lists").basis == "read"


def test_both_stages_of_the_cells_materials_are_there(facts: knowledge.Knowledge) -> None:
    for material in ("lithium", "cobalt", "nickel", "graphite", "manganese", "rare-earths"):
        assert {f"{material}-mine", f"{material}-refine"} <= set(facts.table("materials"))


def test_the_stage_decides_not_the_material(facts: knowledge.Knowledge) -> None:
    mined = shown(facts, "lithium-mine", accept_stated=True)
    refined = shown(facts, "lithium-refine", accept_stated=True)
    assert mined["top_share"] < 0.65 < refined["top_share"]


def test_what_nobody_read_decides_only_where_the_user_accepts_it(facts: knowledge.Knowledge) -> None:
    assert "top_share" not in shown(facts, "cobalt-refine")
    assert shown(facts, "cobalt-refine")["shares_of"] == "nobody"
    assert shown(facts, "cobalt-refine", accept_stated=True)["top_share"] == 0.78


@pytest.mark.parametrize(
    ("identity", "day", "home", "accept", "state"),
    [
        ("gallium-refine", date(2026, 11, 24), {"DE"}, False, "in-force"),
        ("gallium-refine", date(2023, 7, 31), {"DE"}, False, "none"),
        ("gallium-refine", date(2023, 8, 1), {"DE"}, False, "in-force"),
        ("graphite-refine", date(2026, 11, 10), {"DE"}, True, "suspended"),
        ("graphite-refine", date(2026, 11, 11), {"DE"}, True, None),  # the pause is over, nobody knows what holds
        ("graphite-refine", date(2026, 11, 10), {"DE"}, False, None),  # its subject was not read
        ("graphite-refine", date(2026, 11, 28), {"US"}, True, None),
        ("graphite-mine", date(2026, 11, 24), {"DE"}, True, "in-force"),
        ("cobalt-mine", date(2025, 10, 15), {"DE"}, True, "none"),
        ("germanium-refine", date(2023, 7, 1), {"US"}, False, "none"),
        ("graphite-mine", date(2023, 11, 30), {"DE"}, True, "none"),
        (
            "graphite-refine",
            date(2025, 1, 15),
            {"US"},
            True,
            "in-force",
        ),  # the checks of graphite for the United States
        ("graphite-refine", date(2025, 1, 15), {"DE"}, True, "none"),  # aimed at somebody else
        ("manganese-mine", date(2026, 11, 24), {"DE"}, False, "none"),
    ],
)
def test_export_controls_on_a_day(
    facts: knowledge.Knowledge, identity: str, day: date, home: set[str], accept: bool, state: str | None
) -> None:
    assert shown(facts, identity, day=day, home=home, accept_stated=accept).get("control") == state


def test_a_control_of_somebody_who_does_not_supply_says_nothing(facts: knowledge.Knowledge) -> None:
    own = Material("germanium", "refine", ("a",), shares={"CA": 1.0})
    vehicle = Vehicle("v", (Controller("a"),), materials=(own,))
    sets = Jurisdictions(frozenset({"DE"}), frozenset(), frozenset())
    found = next(iter(MaterialFacts(vehicle, sets, date(2026, 11, 24), facts, accept_stated=False)))[1]
    assert (found["shares_of"], found["control"]) == ("own", "none")


def test_states_of_a_control() -> None:
    row = Control(
        "CN", "act", "2024-01-02", suspended_from="2025-01-01", suspended_until="2025-06-30", ended="2026-01-01"
    )
    days = ("2024-01-01", "2024-01-02", "2025-01-01", "2025-06-30", "2025-07-01", "2026-01-01")
    assert [row.state(day) for day in days] == ["none", "in-force", "suspended", "suspended", "unknown", "none"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("id: tin-refine", "the id is the material and its stage"),
        ("production: {CN: 5}", "production needs the world total"),
        ("percent: {CN: 70, US: 50}", "more than the whole"),
        ("percent: {XX: 70}", "no code of countries.yaml"),
        ("percent: {CN: 70}\n  controls: [{country: CN, act: A, since: 2025-13-01}]", "is no day"),
        ("note: nothing", "either production with a total, or percent"),
    ],
)
def test_what_is_wrong_with_a_material_is_found(tmp_path: Path, change: str, message: str) -> None:
    text = "- id: tin-mine\n  name: Tin\n  zh: 锡\n  material: tin\n  stage: mine\n  year: 2024\n"
    text = (
        text.replace("id: tin-mine", change) + "  percent: {CN: 7}\n"
        if change.startswith("id")
        else f"{text}  {change}\n"
    )
    (tmp_path / "materials").mkdir()
    (tmp_path / "materials" / "tin.yaml").write_text(text, encoding="utf-8")
    troubles = " ".join(str(one) for one in knowledge.load([tmp_path], checked=False).verify())
    assert message in troubles
