"""What is done at sites, to parts and to whole controllers, as stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from auditor.evaluate.vehicle_links import spelled
from auditor.whatif.supply import Entry, Stage

if TYPE_CHECKING:
    from auditor.vehicle import Site
    from auditor.whatif.parties import Parties

ANYWHERE = frozenset(("design", "training"))
"""Stages that are over when the part is made: their loss does not stop supply."""
STEPS = {"wafer": "fab"}
"""Role of a site -> what the stage of a chip's origin is called, where the two differ."""


class Sites:
    """Makes the stages of the sites of a vehicle."""

    def __init__(self, sites: Iterable[Site], parties: Parties) -> None:
        self.sites = tuple(sites)
        self.parties = parties
        self.names = {f"site:{one.id}": one.name or one.id for one in self.sites}

    def of_part(self, names: frozenset[str]) -> Iterator[Stage]:
        """Yield what is done at sites to the part of these names, a stage per role."""
        yield from self._roles(one for one in self.sites if not names.isdisjoint(map(spelled, one.parts)))

    def of_ecu(self, ecu: str) -> Iterator[Stage]:
        """Yield what is done to a whole controller at sites: building, signing, assembly ..."""
        yield from self._roles(one for one in self.sites if ecu in one.ecus)

    def _roles(self, sites: Iterable[Site]) -> Iterator[Stage]:
        roles: dict[str, list[Entry]] = {}
        for site in sites:
            atoms = {f"site:{site.id}", f"country:{site.country}"}
            atoms |= self.parties.named(site.party) if site.party else set()
            for role in site.roles:
                roles.setdefault(role, []).append(Entry(site.name or site.id, frozenset(atoms)))
        yield from (Stage(role, tuple(entries)) for role, entries in sorted(roles.items()) if role not in ANYWHERE)
