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


CONTROLS: list[tuple[str, str, str, str | None]] = [
    # material at a stage, day, home, what the acts that were read say: the day before, on and after each change
    ("gallium-refine", "2023-07-31", "DE", "none"),
    ("gallium-refine", "2023-08-01", "DE", "in-force"),
    ("gallium-refine", "2026-11-28", "US", "in-force"),  # licenses stay, whatever became of the ban
    ("germanium-refine", "2023-07-31", "US", "none"),
    ("germanium-refine", "2023-08-01", "US", "in-force"),
    ("graphite-mine", "2023-11-30", "DE", "none"),
    ("graphite-mine", "2023-12-01", "DE", "in-force"),
    ("graphite-refine", "2023-11-30", "DE", "none"),
    ("graphite-refine", "2023-12-01", "DE", "in-force"),
    ("graphite-refine", "2025-11-08", "DE", "in-force"),  # a pause of a later act does not lift the earlier one
    ("graphite-refine", "2026-11-10", "DE", "in-force"),
    ("graphite-refine", "2026-11-11", "DE", "in-force"),
    ("rare-earths-mine", "2025-04-03", "DE", "none"),
    ("rare-earths-refine", "2025-04-04", "DE", "in-force"),
    ("rare-earths-refine", "2026-06-01", "DE", "in-force"),
    ("rare-earths-refine", "2026-11-25", "DE", "in-force"),
    ("lithium-refine", "2025-11-07", "DE", "none"),
    ("lithium-refine", "2025-11-08", "DE", "suspended"),
    ("lithium-refine", "2026-11-10", "DE", "suspended"),
    ("lithium-refine", "2026-11-11", "DE", None),  # the pause is over, nobody knows what holds
    ("cobalt-refine", "2026-11-10", "DE", "suspended"),
    ("manganese-refine", "2026-11-11", "DE", None),
    ("cobalt-mine", "2025-02-21", "DE", "none"),
    ("cobalt-mine", "2025-10-15", "DE", "in-force"),  # the ban before the quotas
    ("cobalt-mine", "2025-10-16", "DE", "in-force"),
    ("nickel-mine", "2019-12-31", "DE", "none"),
    ("nickel-mine", "2020-01-01", "DE", "in-force"),
    ("lithium-mine", "2022-12-19", "DE", "none"),
    ("lithium-mine", "2022-12-20", "DE", "in-force"),
    ("manganese-mine", "2026-11-24", "DE", "none"),
]


@pytest.mark.parametrize(("identity", "day", "home", "state"), CONTROLS)
def test_export_controls_on_a_day(
    facts: knowledge.Knowledge, identity: str, day: str, home: str, state: str | None
) -> None:
    assert shown(facts, identity, day=date.fromisoformat(day), home={home}).get("control") == state


@pytest.mark.parametrize(
    ("material", "day", "home", "state"),
    [
        ("gallium", "2024-12-02", "US", "none"),
        ("gallium", "2024-12-03", "US", "in-force"),
        ("germanium", "2024-12-03", "DE", "none"),  # aimed at somebody else
        ("gallium", "2025-11-08", "US", "in-force"),
        ("gallium", "2025-11-09", "US", "suspended"),
        ("gallium", "2026-11-27", "US", "suspended"),
        ("gallium", "2026-11-28", "US", "unknown"),
        ("graphite", "2026-11-27", "US", "suspended"),
    ],
)
def test_what_is_aimed_at_one_country_has_days_of_its_own(
    facts: knowledge.Knowledge, material: str, day: str, home: str, state: str
) -> None:
    rows = [one for one in facts.table("materials")[f"{material}-refine"].controls if one.towards]
    assert [one.state(day) if home in one.towards else "none" for one in rows] == [state]


def test_every_act_was_read_and_the_chain_shows_its_last_known_state(facts: knowledge.Knowledge) -> None:
    assert all(row.source for record in facts.table("materials").values() for row in record.controls)
    vehicle = Vehicle("v", (Controller("a"),), materials=(Material("lithium", "refine", ("a",)),))
    sets = Jurisdictions(frozenset({"DE"}), frozenset(), frozenset())
    steps = next(iter(MaterialFacts(vehicle, sets, date(2026, 11, 25), facts, accept_stated=False)))[3]
    told = next(one for one in steps if one.step == "control")
    assert "58/2025" in told.value and told.value.endswith("suspended until 2026-11-10; what holds since is not known")
    assert "2026-11-25" in told.source


def test_an_act_that_nobody_read_leaves_the_state_open(tmp_path: Path) -> None:
    (tmp_path / "materials").mkdir()
    (tmp_path / "materials" / "tin.yaml").write_text(
        "- {id: tin-mine, name: Tin, zh: 锡, material: tin, stage: mine, year: 2024, percent: {CN: 30},\n"
        "   controls: [{country: CN, act: An act, since: 2025-01-01}]}\n",
        encoding="utf-8",
    )
    overlay = knowledge.load([tmp_path])
    assert "control" not in shown(overlay, "tin-mine")
    assert shown(overlay, "tin-mine", accept_stated=True)["control"] == "in-force"


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
