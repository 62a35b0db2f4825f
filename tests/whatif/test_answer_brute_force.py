"""The whole answer against a brute force written from docs/whatif.md, on random small graphs."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.whatif.answer import Answer, answer
from auditor.whatif.supply import KINDS, Doubt, Entry, Part, Stage, Supply, Way, Work

PARTIES = [f"party:{letter}" for letter in "abcd"]
COUNTRIES = [f"country:{code}" for code in ("AA", "BB", "CC")]
ATOMS = [*PARTIES, *COUNTRIES, "license:mit", "site:one", "material:tin", "data:pool", "part:x"]
ECUS = ("one", "two", "three")
WEEKS = st.one_of(st.none(), st.integers(0, 9).map(float))
LEVELS = ("stops", "degrades", "unknown", "survives")

entries = st.builds(Entry, st.sampled_from("efg"), st.frozensets(st.sampled_from(ATOMS), max_size=3))
stages = st.builds(Stage, st.sampled_from(("control", "fab")), st.lists(entries, max_size=3).map(tuple))
doubts = st.builds(Doubt, st.sampled_from(("who?", "where?")), st.frozensets(st.sampled_from(KINDS), min_size=1))
ways = st.builds(
    Way,
    st.sampled_from("uvw"),
    st.lists(stages, max_size=3).map(tuple),
    WEEKS,
    st.lists(doubts, max_size=1).map(tuple),
)
parts = st.lists(
    st.builds(
        Part,
        st.uuids().map(str),
        st.sampled_from(("p", "q", "r")),
        st.sampled_from(ECUS),
        st.lists(ways, max_size=3).map(tuple),
        st.frozensets(st.sampled_from(PARTIES), max_size=2),
        st.sampled_from((None, 10.0)),
        WEEKS,
    ),
    max_size=6,
).map(tuple)
names = st.lists(st.sampled_from((*ECUS, "unread")), max_size=2, unique=True).map(tuple)
needed = st.lists(st.sampled_from((*ECUS, "unread")), min_size=1, max_size=2, unique=True).map(tuple)
works = st.lists(st.tuples(needed, names), min_size=1, max_size=3).map(
    lambda rows: tuple(Work(f"f{index}", f"F{index}", *row) for index, row in enumerate(rows))
)
removals = st.frozensets(st.sampled_from(ATOMS), max_size=3)


def way_stands(way: Way, gone: frozenset[str]) -> bool:
    """Each stage keeps a source that nothing removed touches; a stage without sources is not known."""
    for stage in way.stages:
        if stage.entries and not [one for one in stage.entries if not (one.atoms & gone)]:
            return False
    return True


def way_is_sure(way: Way, gone: frozenset[str]) -> bool:
    """It stands, and nothing that nobody knows of it is of a kind that is gone."""
    return way_stands(way, gone) and not any(one.split(":")[0] in doubt.kinds for doubt in way.doubts for one in gone)


def part_state(part: Part, gone: frozenset[str]) -> str:
    if part.ways and not any(way_stands(way, gone) for way in part.ways):
        return "stops"
    if part.ways and not way_stands(part.ways[0], gone):
        return "degrades" if any(way_is_sure(way, gone) for way in part.ways) else "unknown"
    if part.ways and not way_is_sure(part.ways[0], gone):
        return "unknown"
    return "degrades" if part.upkeep & gone else "survives"


def worst(states: list[str]) -> str:
    return next((level for level in LEVELS if level in states), "survives")


def work_state(work: Work, ecus: dict[str, str]) -> str:
    needed = worst([ecus[one] for one in work.needs if one in ecus])
    if needed == "stops":
        return "stops"
    if any(one not in ecus for one in work.needs):
        return "unknown"
    if needed == "degrades" or any(ecus.get(one) in ("stops", "degrades") for one in work.helped_by):
        return "degrades"
    helped = all(ecus.get(one) == "survives" for one in work.helped_by)
    return needed if helped else "unknown"


def times(part: Part, gone: frozenset[str]) -> tuple[str, float | None, float | None]:
    """Name, weeks to switch and gap of the quickest way left; of those nobody gave a time for the first by name."""
    left = [way for way in part.ways[1:] if way_is_sure(way, gone)]
    timed = sorted((way.switch_weeks, way.name) for way in left if way.switch_weeks is not None)
    if not timed:
        return sorted(way.name for way in left)[0], None, None
    weeks, name = timed[0]
    gap = None if part.stock_weeks is None else max(weeks - part.stock_weeks, 0.0)
    return name, weeks, gap


def stopping_sets(supply: Supply, work: Work, atoms: list[str]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    mine = [part for part in supply.parts if part.ecu in work.needs]
    for size in (1, 2, 3):
        for chosen in combinations(sorted(atoms), size):
            if any(set(small) <= set(chosen) for small in found):
                continue
            if any(part_state(part, frozenset(chosen)) == "stops" for part in mine):
                found.append(chosen)
    return found


def check(supply: Supply, gone: frozenset[str], found: Answer) -> None:
    states = {part.id: part_state(part, gone) for part in supply.parts}
    assert {one.id: one.state for one in found.parts} == {i: s for i, s in states.items() if s != "survives"}
    rank = [LEVELS.index(one.state) for one in found.parts]
    assert rank == sorted(rank)
    by_id: dict[str, Any] = {part.id: part for part in supply.parts}
    gaps: dict[str, list[float]] = {}
    for row in found.parts:
        part = by_id[row.id]
        if row.state == "degrades" and not way_stands(part.ways[0] if part.ways else Way("", ()), gone):
            assert (row.substitute, row.switch_weeks, row.gap_weeks) == times(part, gone)
            assert row.stock_weeks == part.stock_weeks
            gaps.setdefault(part.ecu, []).append(float("inf") if row.gap_weeks is None else row.gap_weeks)
        else:
            assert (row.substitute, row.switch_weeks, row.gap_weeks) == (None, None, None)
        if row.state in ("stops", "unknown") or row.substitute is not None:
            assert row.by, "what is lost on the way in use, or not known, is named"
    ecus = {name: worst([states[part.id] for part in supply.parts if part.ecu == name]) for name in supply.ecus}
    assert {one.id: one.state for one in found.ecus} == ecus
    for one in found.ecus:
        assert one.unknown == sum(states[part.id] == "unknown" for part in supply.parts if part.ecu == one.id)
        longest = max(gaps.get(one.id, ()), default=None) if one.state == "degrades" else None
        assert (one.weakest is None) == (longest is None)
        if one.weakest is not None:
            assert (float("inf") if one.weakest.gap_weeks is None else one.weakest.gap_weeks) == longest
    for work, outcome in zip(supply.works, found.functions, strict=True):
        assert outcome.state == work_state(work, ecus)
        assert outcome.unknown == sum(one.unknown for one in found.ecus if one.id in work.needs)
        assert bool(outcome.because) or outcome.state == "survives"
        longest = max((gap for ecu in work.needs for gap in gaps.get(ecu, ())), default=None)
        assert (outcome.weakest is None) == (longest is None or outcome.state != "degrades")
    touched = [one for one in found.parts if one.state in ("stops", "degrades")]
    assert found.spend_affected == 10.0 * len({by_id[one.id].name for one in touched if by_id[one.id].spend})
    assert found.spend_unknown == sum(by_id[one.id].spend is None for one in touched)


@settings(max_examples=250, deadline=None)
@given(parts, works, removals)
def test_the_whole_answer_is_that_of_brute_force(
    parts: tuple[Part, ...], works: tuple[Work, ...], gone: frozenset[str]
) -> None:
    supply = Supply(parts, works, ECUS, {})
    known = {
        atom for part in parts for way in part.ways for stage in way.stages for e in stage.entries for atom in e.atoms
    }
    known |= {atom for part in parts for atom in part.upkeep}
    gone = frozenset(atom for atom in gone if atom in known or atom.startswith("country:"))
    found = answer(supply, gone)
    check(supply, gone, found)
    for work, row in zip(works, found.smallest_sets, strict=True):
        assert list(row.parties) == stopping_sets(supply, work, PARTIES)
        assert list(row.countries) == stopping_sets(supply, work, COUNTRIES)
        assert row.truncated is False
        for kind, told in (("party", row.unknown_parties), ("country", row.unknown_countries)):
            open_ = [
                part for part in parts
                if part.ecu in work.needs and any(kind in doubt.kinds for way in part.ways for doubt in way.doubts)
            ]  # fmt: skip
            assert told == len(open_) + sum(name not in ECUS for name in work.needs)


@settings(max_examples=60, deadline=None)
@given(parts, works, removals, removals)
def test_more_losses_never_make_anything_better(
    parts: tuple[Part, ...], works: tuple[Work, ...], gone: frozenset[str], more: frozenset[str]
) -> None:
    supply = Supply(parts, works, ECUS, {})
    every = {atom for atom in ATOMS if atom.startswith("country:")}
    first, second = frozenset(gone & every), frozenset((gone | more) & every)
    before = [one.state for one in answer(supply, first, sets=False).functions]
    after = [one.state for one in answer(supply, second, sets=False).functions]
    assert all(b == "stops" for a, b in zip(before, after, strict=True) if a == "stops")
