"""The answer to one question: what stops, degrades, stays unsure or survives, by which path, until when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from auditor.whatif.cuts import LARGEST, TooMany, smallest
from auditor.whatif.graph import supply
from auditor.whatif.supply import (
    KINDS,
    Part,
    Supply,
    Way,
    Work,
    doubts,
    entry_lost,
    part_lost,
    stage_lost,
    way_lost,
)

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report

STATES = ("stops", "degrades", "unknown", "survives")
LISTED = 50
"""Smallest sets listed per function; the count of all stands beside."""


class Record(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A record of an answer."""


class PartLoss(Record, frozen=True):
    """One part that a removal touches."""

    id: str
    name: str
    ecu: str
    state: str
    """stops: no way left; degrades: a substitute or no upkeep; unknown: nobody knows whether a way is left"""
    by: tuple[str, ...] = ()
    """What is lost on the way in use: `stage: source`; of what is unknown also what nobody knows."""
    substitute: str | None = None
    """The remaining way that takes least time; of those nobody gave a time for, the first by name."""
    switch_weeks: float | None = None
    stock_weeks: float | None = None
    gap_weeks: float | None = None
    """Weeks without parts: switch beyond stock; absent when one of the two is not known."""
    spend: float | None = None
    lines: tuple[str, ...] = ()
    """Commonality: ids of the vehicle lines that have the part, in whichever controller; sorted."""


class Substitution(Record, frozen=True):
    """A part that comes by another way, and the time that takes; a time that nobody gave is absent."""

    part: str
    ecu: str
    substitute: str
    switch_weeks: float | None = None
    stock_weeks: float | None = None
    gap_weeks: float | None = None


class Outcome(Record, frozen=True):
    """A controller or function after the removal."""

    id: str
    name: str
    state: str
    because: tuple[str, ...] = ()
    """Paths, the nearest cause first: part, controller."""
    unknown: int = 0
    """Parts it needs of which too little is known: they may depend on what was removed."""
    weakest: Substitution | None = None
    """While it degrades: of its parts that come by another way the one with the greatest gap; an unknown gap is
    greater than any."""


class SmallestSets(Record, frozen=True):
    """The smallest sets whose loss is known to stop a function.

    `truncated` when there are more than are listed or sought.
    """

    function: str
    parties: tuple[tuple[str, ...], ...]
    countries: tuple[tuple[str, ...], ...]
    truncated: bool = False
    unknown_parties: int = 0
    """Parts and unread controllers it needs of which too little is known to say that no other party stops it."""
    unknown_countries: int = 0
    """The same for countries or regions."""


class Answer(Record, frozen=True):
    """Everything that a removal does."""

    removed: tuple[str, ...]
    functions: tuple[Outcome, ...]
    ecus: tuple[Outcome, ...]
    parts: tuple[PartLoss, ...]
    spend_affected: float
    """Of each part once, in however many controllers it stands."""
    spend_unknown: int
    """Touched parts for which no spend is given."""
    smallest_sets: tuple[SmallestSets, ...] = ()


def ask(report: Report, removed: Iterable[str], sets: bool = True, knowledge: Knowledge | None = None) -> Answer:
    """Return what removing atoms (`party:x`, `country:CN` ...) does to a report's controllers and functions.

    `knowledge` has the world's shares of materials whose own shares nobody declared. Raises ValueError for an atom
    that names nothing in the report, with what is near.
    """
    graph = supply(report, knowledge)
    atoms = [one if knowledge is None else place(graph, one, knowledge) for one in removed]
    return answer(graph, atoms, sets)


def answer(graph: Supply, removed: Iterable[str], sets: bool = True) -> Answer:
    """Return what removing atoms does to a supply graph. Raises ValueError for an atom that names nothing in it."""
    atoms = frozenset(named(graph, one) for one in removed)
    shared = commonality(graph)
    losses = [
        msgspec.structs.replace(found, lines=shared[one.name])
        for one in graph.parts
        if (found := loss(one, atoms)) is not None
    ]
    ecus = [_ecu(name, losses) for name in graph.ecus]
    states = {one.id: one for one in ecus}
    touched = [one for one in losses if one.state in ("stops", "degrades")]
    return Answer(
        removed=tuple(sorted(atoms)),
        functions=tuple(_work(one, states, losses) for one in graph.works),
        ecus=tuple(ecus),
        parts=tuple(sorted(losses, key=lambda one: (STATES.index(one.state), one.ecu, one.name, one.id))),
        spend_affected=sum({one.name: one.spend for one in touched if one.spend}.values()),
        spend_unknown=sum(one.spend is None for one in touched),
        smallest_sets=tuple(_sets(graph)) if sets else (),
    )


def commonality(graph: Supply) -> dict[str, tuple[str, ...]]:
    """Return the vehicle lines that each part is in, by its name."""
    found: dict[str, set[str]] = {}
    for part in graph.parts:
        found.setdefault(part.name, set()).update(graph.lines.get(part.ecu, ()))
    return {name: tuple(sorted(lines)) for name, lines in found.items()}


def named(graph: Supply, atom: str) -> str:
    """Return an atom as the graph spells it: parties by id or name, the rest in any case. Raises ValueError."""
    from difflib import get_close_matches

    kind, colon, value = atom.partition(":")
    if not colon or kind not in KINDS or not value:
        raise ValueError(f"{atom!r} is not KIND:VALUE with a kind of {', '.join(KINDS)}")
    known = atoms_of(graph)
    names = {f"{one.partition(':')[0]}:{name}".casefold(): one for one, name in graph.names.items() if one in known}
    spelled = {one.casefold(): one for one in sorted(known)}
    asked = atom.casefold()
    found = spelled.get(asked) or names.get(asked) or graph.aliases.get(asked)
    if found in known:
        return found
    if kind == "country" and len(value) == 2 and value.isalpha():
        return f"country:{value.upper()}"  # nothing comes from there as far as is known
    near = get_close_matches(atom.casefold(), [one for one in spelled if one.startswith(f"{kind}:")], n=1, cutoff=0.5)
    hint = f" (did you mean {spelled[near[0]]!r}?)" if near else ""
    raise ValueError(f"the report has no {kind} {value!r}{hint}")


def place(graph: Supply, atom: str, knowledge: Knowledge) -> str:
    """Return an atom whose country or region is one of ISO 3166-1 or of the graph; other kinds as they are.

    Raises ValueError for another word, with the code that is meant where one is.
    """
    kind, _, value = atom.partition(":")
    code = f"country:{value.upper()}"
    if kind.casefold() != "country" or not value or code in atoms_of(graph):
        return atom
    if value.upper() in knowledge.table("countries"):
        return code
    meant = knowledge.country(value)
    hint = f"did you mean 'country:{meant}'?" if meant else "of a union or group name the members one by one"
    raise ValueError(f"{value!r} is no ISO 3166-1 alpha-2 code of a country or region ({hint})")


def atoms_of(graph: Supply) -> set[str]:
    """Return everything that may be removed."""
    entries = (each for part in graph.parts for way in part.ways for stage in way.stages for each in stage.entries)
    return {atom for one in entries for atom in one.atoms} | {atom for part in graph.parts for atom in part.upkeep}


def loss(part: Part, removed: frozenset[str]) -> PartLoss | None:
    """Return what a removal does to a part; None when it does nothing."""
    if not part.ways or not way_lost(part.ways[0], removed):
        unsure = doubts(part.ways[0], removed) if part.ways else ()
        if unsure:
            return PartLoss(part.id, part.name, part.ecu, "unknown", unsure)
        if not removed.isdisjoint(part.upkeep):
            return PartLoss(part.id, part.name, part.ecu, "degrades", ("upkeep: no maintainer left",), spend=part.spend)
        return None
    by = tuple(dict.fromkeys(_lost(part.ways[0], removed)))
    if part_lost(part, removed):
        return PartLoss(part.id, part.name, part.ecu, "stops", by, stock_weeks=part.stock_weeks, spend=part.spend)
    left = [one for one in part.ways[1:] if not way_lost(one, removed)]
    sure = [one for one in left if not doubts(one, removed)]
    if not sure:
        unsure = tuple(f"substitute {one.name}: {text}" for one in left for text in doubts(one, removed))
        return PartLoss(part.id, part.name, part.ecu, "unknown", (*by, *unsure))
    best = min(sure, key=lambda one: (one.switch_weeks is None, one.switch_weeks or 0, one.name))
    return PartLoss(
        part.id, part.name, part.ecu, "degrades", by, best.name, best.switch_weeks, part.stock_weeks,
        gap(best, part.stock_weeks), part.spend,
    )  # fmt: skip


def _lost(way: Way, removed: frozenset[str]) -> Iterable[str]:
    for stage in way.stages:
        if stage_lost(stage, removed):
            yield from (f"{stage.name}: {entry.name}" for entry in stage.entries if entry_lost(entry, removed))


def gap(way: Way, stock: float | None) -> float | None:
    """Return the weeks without parts while changing over."""
    if way.switch_weeks is None or stock is None:
        return None
    return max(0.0, way.switch_weeks - stock)


def _weakest(losses: Iterable[PartLoss]) -> Substitution | None:
    """Return the substitution that leaves a gap longest, an unknown one first."""
    found = [one for one in losses if one.state == "degrades" and one.substitute is not None]
    if not found:
        return None
    worst = min(found, key=lambda one: (one.gap_weeks is not None, -(one.gap_weeks or 0), one.ecu, one.name, one.id))
    return Substitution(
        worst.name, worst.ecu, worst.substitute or "", worst.switch_weeks, worst.stock_weeks, worst.gap_weeks
    )


def _ecu(name: str, losses: list[PartLoss]) -> Outcome:
    mine = [one for one in losses if one.ecu == name]
    state = min((one.state for one in mine), key=STATES.index, default="survives")
    unknown = sum(one.state == "unknown" for one in mine)
    because = tuple(sorted({one.name for one in mine if one.state == state}))
    return Outcome(name, name, state, because, unknown, _weakest(mine) if state == "degrades" else None)


def _work(work: Work, ecus: dict[str, Outcome], losses: list[PartLoss]) -> Outcome:
    needed = [ecus[one] for one in work.needs if one in ecus]
    helping = [ecus[one] for one in work.helped_by if one in ecus]
    state = min((one.state for one in needed), key=STATES.index, default="survives")
    unknown = sum(one.unknown for one in needed)
    because = tuple(f"{cause} in {one.name}" for one in needed if one.state == state for cause in one.because)
    if state != "stops" and (missing := _unread(work.needs, ecus)):
        state, because = "unknown", missing
    elif state in ("survives", "unknown"):
        if worse := tuple(f"{one.name} {one.state}" for one in helping if one.state in ("stops", "degrades")):
            state, because = "degrades", worse
        elif state == "survives":
            because = (
                *_unread(work.helped_by, ecus),
                *(f"{cause} in {one.name}" for one in helping if one.state == "unknown" for cause in one.because),
            )
            state = "unknown" if because else state
    needs = frozenset(work.needs)
    weakest = _weakest(one for one in losses if one.ecu in needs) if state == "degrades" else None
    return Outcome(work.id, work.name, state, because, unknown, weakest)


def _unread(names: Iterable[str], ecus: dict[str, Outcome]) -> tuple[str, ...]:
    return tuple(f"{one}: no input of it was audited" for one in names if one not in ecus)


def _sets(graph: Supply) -> Iterable[SmallestSets]:
    truncated = False
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {}
    for kind in ("party", "country"):
        size = LARGEST
        while kind not in found:
            try:
                found[kind] = smallest(graph, kind, size)
            except TooMany:
                size, truncated = size - 1, True
    for work in graph.works:
        parties, countries = found["party"][work.id], found["country"][work.id]
        cut = truncated or max(len(parties), len(countries)) > LISTED
        yield SmallestSets(
            work.id, tuple(parties[:LISTED]), tuple(countries[:LISTED]), cut,
            _open(work, graph, "party"), _open(work, graph, "country"),
        )  # fmt: skip


def _open(work: Work, graph: Supply, kind: str) -> int:
    """Count what a function needs and of which nobody knows whether something of a kind stops it."""
    needs = frozenset(work.needs)
    unsure = sum(
        one.ecu in needs and any(kind in doubt.kinds for way in one.ways for doubt in way.doubts)
        for one in graph.parts
    )  # fmt: skip
    return unsure + len(needs.difference(graph.ecus))
