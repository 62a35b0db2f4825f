"""Facts of a vehicle where the example does not reach: owners, lonely sites, pools, what is not said."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import knowledge
from auditor.evaluate.facts import Jurisdictions
from auditor.evaluate.vehicle_facts import VehicleFacts
from auditor.vehicle import (
    Contributor,
    Controller,
    Dataset,
    Function,
    Generation,
    GenerationPart,
    Model,
    Site,
    Vehicle,
    VehicleLine,
)

DAY = date(2026, 11, 24)
PARTIES = """\
- {id: one, name: One Ltd, owners: [{party: above}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: other, name: Other Ltd, owners: [{party: above}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: apart, name: Apart Ltd, owners: [], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: trustee, name: Trustee Ltd, owners: [{party: above, control: none}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: former, name: Former Ltd, owners: [{party: above, until: 2026-11-24}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: later, name: Later Ltd, owners: [{party: above, since: 2026-11-25}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: last-day, name: Last Day Ltd, owners: [{party: above, until: 2026-11-25}], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
- {id: stated, name: Stated Ltd, owners: []}
- {id: silent, name: Silent Ltd}
- {id: above, name: Above Ltd, owners: [], sources: [{fields: [owners], who: a, day: 2026-01-01}]}
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> knowledge.Knowledge:
    place: Path = tmp_path_factory.mktemp("overlay")
    (place / "parties").mkdir()
    (place / "parties" / "p.yaml").write_text(PARTIES, encoding="utf-8")
    return knowledge.load([place])


def made(facts: Any = None, accept_stated: bool = False, **fields: Any) -> VehicleFacts:
    fields.setdefault("ecus", (Controller("a", "A"),))
    sets = Jurisdictions(frozenset({"DE"}), frozenset({"FR"}), frozenset({"RU"}))
    return VehicleFacts(Vehicle("v", **fields), sets, DAY, ["A"], facts, accept_stated=accept_stated)


@pytest.mark.parametrize(
    ("supply", "reserve", "accept", "same"),
    [
        ("one", "other", False, True),  # one owner above both
        ("One Ltd", "other", False, True),  # by name
        ("one", "above", False, True),  # the owner itself
        ("one", "one", False, True),
        ("one", "apart", False, False),
        ("trustee", "above", False, False),  # holds the shares, does not decide
        ("former", "above", False, False),  # until that day, not on it
        ("later", "above", False, False),
        ("last-day", "above", False, True),
        ("one", "silent", False, None),  # nobody says who owns it
        ("one", "stated", False, None),  # nobody read who owns it
        ("one", "stated", True, False),
        ("one", "Nobody Knows It", False, None),
        ("Nobody Knows It", "nobody knows it", False, True),
    ],
)
def test_one_owner_above_two_parties(
    facts: knowledge.Knowledge, supply: str, reserve: str, accept: bool, same: bool | None
) -> None:
    generation = Generation("f", GenerationPart("X", party=supply), GenerationPart("Y", party=reserve))
    vehicle = made(facts, accept, functions=(Function("f", ("a",)),), generations=(generation,))
    ((_, found, ecus),) = vehicle.generations()
    assert found.get("same_party") is same
    assert ecus == ("A",)


def test_times_and_days() -> None:
    supply = GenerationPart("X", eol="2027-11-24", stock_weeks=4, fab_country="RU")
    reserve = GenerationPart("Y", switch_weeks=10, fab_country="FR", sop="2026-05-25")
    functions = (Function("f", ("a",)),)
    ((_, found, _),) = made(functions=functions, generations=(Generation("f", supply, reserve),)).generations()
    assert found["supply"]["years_left"] == 1.0
    assert found["reserve"]["years_to_start"] == -0.5
    assert (found["gap_weeks"], found["same_fab"]) == (6, False)
    assert (found["supply"]["fab_jurisdiction"], found["reserve"]["fab_jurisdiction"]) == ("restricted", "trusted")
    assert "same_party" not in found
    ((_, alone, _),) = made(functions=functions, generations=(Generation("f", supply),)).generations()
    assert not {"reserve", "gap_weeks", "same_fab"} & set(alone)


@pytest.mark.parametrize(
    ("sites", "alone"),
    [
        ((("s", ("assembly",)),), ["X"]),
        ((("s", ("design",)),), []),  # over when the part is made
        ((("s", ("assembly",)), ("t", ("assembly",))), []),
        ((("s", ("assembly", "test")), ("t", ("assembly",))), ["X"]),  # one role has no second site
        ((("s", ("assembly",)), ("t", ("test",))), ["X"]),
    ],
)
def test_what_only_one_site_does(sites: tuple[tuple[str, tuple[str, ...]], ...], alone: list[str]) -> None:
    vehicle = made(sites=tuple(Site(name, "DE", roles, parts=("X",)) for name, roles in sites))
    assert next(found for name, found, _ in vehicle.sites() if name == "s")["only_for"] == alone


def test_part_numbers_of_sites_compare_without_case() -> None:
    vehicle = made(sites=(Site("s", "DE", ("test",), parts=("ab-1",)), Site("t", "FR", ("test",), parts=("AB-1",))))
    assert all(found["only_for"] == [] for _, found, _ in vehicle.sites())


CONTRIBUTORS = st.builds(
    Contributor,
    party=st.sampled_from(("p", "q", "r")),
    share=st.sampled_from((None, 0.0, 0.25, 0.5)),
    remains=st.sampled_from((None, True, False)),
    rights=st.sampled_from((None, "owner", "license", "revocable-license")),
)


@given(some=st.lists(CONTRIBUTORS, max_size=4))
def test_a_pool_says_only_what_all_its_contributors_say(some: list[Contributor]) -> None:
    data = Dataset("d", contributors=tuple(some))
    vehicle = made(datasets=(data,), models=(Model("m", trained_on=("d",)),))
    ((_, found, _),) = vehicle.datasets()
    going = [one for one in some if one.remains is not True]
    known = bool(some) and all(one.remains is not None for one in some) and all(one.share is not None for one in going)
    assert ("leaving_share" in found) == known
    if known:
        assert found["leaving_share"] == sum(one.share or 0 for one in going)
    if any(one.rights == "revocable-license" for one in some):
        assert found["revocable"] is True
    else:
        assert found.get("revocable") is (False if some and all(one.rights for one in some) else None)
    assert ("top_contributor_share" in found) == (bool(some) and all(one.share is not None for one in some))
    ((_, model, _),) = vehicle.models()
    assert model.get("leaving_share") == found.get("leaving_share")


def test_nothing_said_is_nothing_known() -> None:
    vehicle = made(
        functions=(Function("f", ("a",)),), sites=(Site("s", "DE", ("test",)),), datasets=(Dataset("d"),),
        models=(Model("m"),), generations=(Generation("f", GenerationPart("X")),),
    )  # fmt: skip
    ((_, function, _),) = vehicle.functions()
    assert "asil" not in function
    ((_, data, _),) = vehicle.datasets()
    assert set(data) == {"id", "name", "models", "ecus", "contributors", "hashed", "license_named"}
    ((_, model, _),) = vehicle.models()
    assert set(model) == {"id", "name", "ecus", "datasets", "alternates", "lineage"}
    assert model["lineage"] is False
    ((_, generation, _),) = vehicle.generations()
    assert generation["supply"] == {"part": "X"}


def test_lines_that_a_controller_and_a_function_stop() -> None:
    lines = (VehicleLine("x"), VehicleLine("y"), VehicleLine("z"))
    ecus = (Controller("a", "A", lines=("x",)), Controller("b", "B", lines=("y",)), Controller("c", "C"))
    vehicle = made(ecus=ecus, lines=lines, functions=(Function("f", ("a", "b")), Function("g", ("c",))))
    assert [vehicle.ecu(name)["lines"] for name in ("A", "B", "C")] == [1, 1, 3]
    assert {name: found["lines"] for name, found, _ in vehicle.functions()} == {"f": 2, "g": 3}
    assert vehicle.ecu("somebody else's") == {}
    assert [found["unread"] for _, found, _ in vehicle.functions()] == [["B"], ["C"]]
