"""The records of the supply graph: functions need controllers, controllers need parts, parts come by ways."""

from __future__ import annotations

from dataclasses import dataclass, field

KINDS = ("party", "country", "part", "license", "site", "material", "data")
"""Kinds of things that may be removed; an atom is `kind:value`."""
EVERYTHING = frozenset(KINDS)
WHO = frozenset(("party", "country"))
WHERE = frozenset(("country",))


@dataclass(frozen=True, slots=True)
class Entry:
    """One source inside a stage: it is lost when any of its atoms is removed."""

    name: str
    atoms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a way (owner, fab, assembly, a site's role ...): lost when all its entries are."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What nobody knows of a way: it may hang on anything of these kinds."""

    text: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to have a part: lost when any of its stages is; unsure when it is not and a doubt is about the loss."""

    name: str
    stages: tuple[Stage, ...]
    switch_weeks: float | None = None
    """Weeks to change over to it; 0 for the way in use, None when nobody said."""
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a controller cannot be built without: lost when all its ways are. The first way is the one in use."""

    id: str
    name: str
    ecu: str
    ways: tuple[Way, ...]
    upkeep: frozenset[str] = frozenset()
    """Atoms whose loss ends its maintenance, not its use (open source)."""
    spend: float | None = None
    stock_weeks: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A function: lost when any controller it needs is, worse when one that helps it is."""

    id: str
    name: str
    needs: tuple[str, ...]
    helped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """The whole graph."""

    parts: tuple[Part, ...]
    works: tuple[Work, ...]
    ecus: tuple[str, ...]
    names: dict[str, str]
    """Atom -> what people call it."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Other names, each as an atom in lower case -> the atom it means."""
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Controller -> ids of the vehicle lines that use it; empty without lines."""


def entry_lost(entry: Entry, removed: frozenset[str]) -> bool:
    """Tell whether a removal takes an entry."""
    return not removed.isdisjoint(entry.atoms)


def stage_lost(stage: Stage, removed: frozenset[str]) -> bool:
    """Tell whether a removal takes every entry of a stage; a stage without entries is not known and not lost."""
    return bool(stage.entries) and all(entry_lost(one, removed) for one in stage.entries)


def way_lost(way: Way, removed: frozenset[str]) -> bool:
    """Tell whether a removal breaks a way."""
    return any(stage_lost(one, removed) for one in way.stages)


def doubts(way: Way, removed: frozenset[str]) -> tuple[str, ...]:
    """Return what nobody knows of a way that a removal may be about."""
    kinds = {atom.partition(":")[0] for atom in removed}
    return tuple(dict.fromkeys(one.text for one in way.doubts if not one.kinds.isdisjoint(kinds)))


def part_lost(part: Part, removed: frozenset[str]) -> bool:
    """Tell whether a removal leaves no way to a part."""
    return bool(part.ways) and all(way_lost(one, removed) for one in part.ways)
