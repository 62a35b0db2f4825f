"""What a vehicle file and the audited components have in common: the names by which an entry means a component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.model import Component
    from auditor.report.schema import ReportComponent
    from auditor.vehicle import Vehicle


def called(one: Component | ReportComponent) -> frozenset[str]:
    """Return the names of a component, spelled: name, part number, package URL with and without version."""
    purl = spelled(one.purl or "")
    versionless = purl.rpartition("@")[0] if purl.startswith("pkg:") else ""
    return frozenset(filter(None, (*(spelled(name or "") for name in (one.name, one.mpn, one.key)), purl, versionless)))


def spelled(name: str) -> str:
    """Return how a name is compared: in any case, a package URL without its qualifiers."""
    folded = name.strip().casefold()
    return folded.partition("?")[0] if folded.startswith("pkg:") else folded


def unlinked(vehicle: Vehicle, components: Sequence[Component]) -> tuple[str, ...]:
    """Return a line per entry of a vehicle file that means no audited component, in the order of the file."""
    known = {name for one in components for name in called(one)}
    known |= {each.artifact for one in components for each in one.evidence if each.artifact}
    return tuple(
        f"vehicle file: {place} {name!r} is no part of any audited input: it is joined to no component, "
        "the rules judge it as declared"
        for place, name in _entries(vehicle)
        if spelled(name) not in known
    )


def _entries(vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    """Yield place and name of everything that should be a component."""
    ecus = {one.id for one in vehicle.ecus}
    rows: Iterable[tuple[str, Iterable[str]]] = (
        *((f"parts[{index}].part", (one.part,)) for index, one in enumerate(vehicle.parts)),
        *((f"sites[{index}].parts", one.parts) for index, one in enumerate(vehicle.sites)),
        *((f"generations[{index}].supply.part", (one.supply.part,)) for index, one in enumerate(vehicle.generations)),
        *(
            (f"materials[{index}].used-in", [each for each in one.used_in if each not in ecus])
            for index, one in enumerate(vehicle.materials)
        ),
        *(
            (f"models[{index}].component", (one.component,))
            for index, one in enumerate(vehicle.models)
            if one.component is not None
        ),
    )
    for place, names in rows:
        for name in names:
            yield place, name
