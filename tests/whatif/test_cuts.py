"""Smallest sets and outcomes against brute force on random small graphs."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.whatif import cuts
from auditor.whatif.answer import loss
from auditor.whatif.supply import Entry, Part, Stage, Supply, Way, Work, part_lost

ATOMS = [f"party:{letter}" for letter in "abcdef"] + [f"country:{code}" for code in ("AA", "BB", "CC", "DD")]
ENTRIES = st.builds(Entry, st.just("e"), st.frozensets(st.sampled_from(ATOMS), max_size=3))
STAGES = st.builds(Stage, st.just("s"), st.lists(ENTRIES, max_size=3).map(tuple))
WAYS = st.builds(Way, st.just("w"), st.lists(STAGES, min_size=1, max_size=3).map(tuple))
ECUS = ("one", "two", "three")
PARTS = st.lists(
    st.builds(
        Part,
        st.uuids().map(str),
        st.just("p"),
        st.sampled_from(ECUS),
        st.lists(WAYS, max_size=3).map(tuple),
    ),
    max_size=6,
)
WORKS = st.lists(st.lists(st.sampled_from(ECUS), min_size=1, max_size=2, unique=True), min_size=1, max_size=3)


def stopped(work: Work, parts: list[Part], removed: frozenset[str]) -> bool:
    """The definition itself: a needed controller has a part all of whose ways are broken."""
    return any(part_lost(part, removed) for part in parts if part.ecu in work.needs)


def by_brute_force(work: Work, parts: list[Part], kind: str) -> set[frozenset[str]]:
    atoms = [atom for atom in ATOMS if atom.startswith(kind)]
    found: set[frozenset[str]] = set()
    for size in range(1, cuts.LARGEST + 1):
        for chosen in map(frozenset, combinations(atoms, size)):
            if not any(small <= chosen for small in found) and stopped(work, parts, chosen):
                found.add(chosen)
    return found


@settings(max_examples=300, deadline=None)
@given(PARTS, WORKS)
def test_smallest_sets_are_those_of_brute_force(parts: list[Part], needs: list[list[str]]) -> None:
    works = tuple(Work(f"f{index}", "f", tuple(one)) for index, one in enumerate(needs))
    supply = Supply(tuple(parts), works, ECUS, {})
    for kind in ("party", "country"):
        found = cuts.smallest(supply, kind)
        for work in works:
            assert {frozenset(one) for one in found[work.id]} == by_brute_force(work, parts, kind)
            assert found[work.id] == sorted(found[work.id], key=lambda one: (len(one), one))


@settings(max_examples=200, deadline=None)
@given(PARTS, st.frozensets(st.sampled_from(ATOMS), min_size=1, max_size=4))
def test_loss_of_a_part_follows_the_definition(parts: list[Part], removed: frozenset[str]) -> None:
    for part in parts:
        found = loss(part, removed)
        assert (found is not None and found.state == "stops") == part_lost(part, removed)
        if found is not None and found.state == "degrades":
            assert found.substitute is not None and found.by


@given(PARTS, st.frozensets(st.sampled_from(ATOMS), max_size=3), st.sampled_from(ATOMS))
def test_removing_more_never_brings_a_part_back(parts: list[Part], removed: frozenset[str], more: str) -> None:
    for part in parts:
        assert part_lost(part, removed) <= part_lost(part, removed | {more})


def test_too_many_sets_are_told_and_not_sought_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "MOST", 10)
    entry = Entry("e", frozenset(f"party:{number}" for number in range(30)))
    part = Part("p", "p", "one", (Way("w", (Stage("s", (entry,)),)),))
    with pytest.raises(cuts.TooMany):
        cuts.smallest(Supply((part,), (Work("f", "f", ("one",)),), ECUS, {}), "party")


def test_more_sets_than_are_listed_are_told() -> None:
    from auditor.whatif.answer import LISTED, answer

    for count, cut in ((LISTED, False), (LISTED + 1, True)):
        entry = Entry("e", frozenset(f"country:{number:02}" for number in range(count)))
        part = Part("p", "p", "one", (Way("w", (Stage("s", (entry,)),)),))
        (row,) = answer(Supply((part,), (Work("f", "f", ("one",)),), ECUS, {}), ()).smallest_sets
        assert (len(row.countries), row.truncated) == (LISTED, cut)


@pytest.mark.parametrize(("share", "state"), [(1.0, "stops"), (0.996, "stops"), (0.994, "unknown"), (0.92, "unknown")])
def test_shares_that_are_not_whole_leave_a_rest(share: float, state: str) -> None:
    from auditor.vehicle import Material
    from auditor.whatif import materials

    (part,) = materials.parts(Material("tin", "mine", shares={"CN": share}), 0, ("one",), None)
    found = loss(part, frozenset(("country:CN",)))
    assert found is not None and found.state == state
