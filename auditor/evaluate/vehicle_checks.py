"""What must hold between the entries of a vehicle file: sums, identities, cycles, codes of countries."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from auditor.evaluate.errors import closest
from auditor.evaluate.vehicle_links import spelled

if TYPE_CHECKING:
    from auditor.evaluate.strict_yaml import MarkedFile, Path_
    from auditor.vehicle import Vehicle

ROUNDING = 0.005
"""What shares may be above the whole when each was rounded."""


def check(marked: MarkedFile, vehicle: Vehicle) -> None:
    """Check a vehicle against the file it was read from. Raises PolicyError at the first fault (file, line, column)."""
    for place, message, hint in _faults(vehicle):
        raise marked.error(place, message, hint)


def number(marked: MarkedFile, place: Path_, value: Any) -> None:
    """Demand that a number is finite and not negative: none of a vehicle file's may be. Raises PolicyError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not (math.isfinite(value) and value >= 0):
        raise marked.error(place, f"{place[-1]} cannot be {value}: it must be 0 or more")


def country(marked: MarkedFile, place: Path_, code: str) -> None:
    """Demand a code of ISO 3166-1. Raises PolicyError."""
    from auditor.knowledge import load

    known = load().table("countries")
    if code not in known:
        shown = closest(code.upper(), known) if len(code) == 2 else ""
        raise marked.error(place, f"{code!r} is no ISO 3166-1 alpha-2 code such as CN", shown)


Fault = tuple["Path_", str, str]


def _faults(vehicle: Vehicle) -> Iterator[Fault]:
    yield from _twice(vehicle)
    yield from _sums(vehicle)
    yield from _cycles(vehicle)
    for index, work in enumerate(vehicle.functions):
        if not work.needs:
            yield ("functions", index, "needs"), "a function needs at least one controller", ""
    for index, one in enumerate(vehicle.generations):
        for name, other in (("reserve", one.reserve), ("develop", one.develop)):
            if other is not None and spelled(other.part) == spelled(one.supply.part):
                yield ("generations", index, name, "part"), f"the {name} generation is the part in supply", ""


def _twice(vehicle: Vehicle) -> Iterator[Fault]:
    """Find what stands in the file twice, by what tells entries of its kind apart."""
    kinds: tuple[tuple[str, str, Iterable[Hashable]], ...] = (
        *(
            (kind, "id", [one.id for one in getattr(vehicle, kind)])
            for kind in ("ecus", "functions", "lines", "sites", "datasets", "models")
        ),
        ("ecus", "name", [one.title for one in vehicle.ecus]),
        ("parts", "part", [spelled(one.part) for one in vehicle.parts]),
        ("generations", "function", [(one.function, spelled(one.supply.part)) for one in vehicle.generations]),
        (
            "materials",
            "material",
            [(one.material, one.stage, tuple(sorted(one.used_in))) for one in vehicle.materials],
        ),
    )
    for kind, field, keys in kinds:
        seen: set[Hashable] = set()
        for index, key in enumerate(keys):
            if key in seen:
                words = key if isinstance(key, str) else " ".join(_words(key))
                yield (kind, index, field), f"{kind} has {words!r} twice", ""
            seen.add(key)
    for index, pool in enumerate(vehicle.datasets):
        parties = [one.party.casefold() for one in pool.contributors]
        for place, party in enumerate(parties):
            if party in parties[:place]:
                yield ("datasets", index, "contributors", place, "party"), f"the data set has {party!r} twice", ""


def _words(key: Any) -> Iterator[str]:
    for one in key:
        yield one if isinstance(one, str) else ",".join(one)


def _sums(vehicle: Vehicle) -> Iterator[Fault]:
    """Find shares that are more than the whole."""
    for index, one in enumerate(vehicle.materials):
        total = sum((one.shares or {}).values())
        if total > 1 + ROUNDING:
            yield ("materials", index, "shares"), f"the shares are {total:.4g} together, more than the whole", ""
    for index, pool in enumerate(vehicle.datasets):
        total = sum(each.share or 0.0 for each in pool.contributors)
        if total > 1 + ROUNDING:
            yield ("datasets", index, "contributors"), f"the shares are {total:.4g} together, more than the whole", ""


def _cycles(vehicle: Vehicle) -> Iterator[Fault]:
    """Find models that are their own base, at any distance, or their own alternate."""
    bases = {one.id: one.base for one in vehicle.models}
    for index, one in enumerate(vehicle.models):
        seen, current = {one.id}, one.base
        while current in bases and current not in seen:
            seen.add(current)
            current = bases[current]
        if current == one.id:
            yield ("models", index, "base"), f"model {one.id!r} is its own base", ""
        for place, other in enumerate(one.alternates):
            if other == one.id:
                yield ("models", index, "alternates", place), f"model {one.id!r} is its own alternate", ""
