"""A report (and the vehicle in it) to the supply graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.evaluate.vehicle_links import called, spelled
from auditor.whatif import materials, unknowns
from auditor.whatif.components import Components
from auditor.whatif.models import Models
from auditor.whatif.parties import Parties
from auditor.whatif.sites import Sites
from auditor.whatif.supply import Part, Supply, Way, Work

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report
    from auditor.vehicle import Material, Vehicle


def supply(report: Report, knowledge: Knowledge | None = None) -> Supply:
    """Return the graph; without a vehicle every controller is a function of its own.

    `knowledge` has the world's shares of materials whose own shares nobody declared.
    """
    made = _Graph(report, knowledge)
    parts = tuple(sorted(made.parts(), key=lambda one: (one.ecu, one.id)))
    ecus = tuple(sorted({one.name for one in report.ecus}))
    names = made.parties.names | made.sites.names
    return Supply(parts, tuple(made.works(ecus)), ecus, names, made.parties.aliases, made.lines())


class _Graph:
    def __init__(self, report: Report, knowledge: Knowledge | None) -> None:
        self.report = report
        self.knowledge = knowledge
        self.vehicle: Vehicle | None = report.vehicle or None
        self.titles = {one.id: one.title for one in self.vehicle.ecus} if self.vehicle else {}
        self.parties = Parties(report.parties)
        self.sites = Sites(self.vehicle.sites if self.vehicle else (), self.parties)
        self.models = Models(self.vehicle, self.parties.named)
        self.components = Components(self.vehicle, self.parties, self.sites, self.models)

    def works(self, ecus: tuple[str, ...]) -> Iterator[Work]:
        if self.vehicle is None or not self.vehicle.functions:
            yield from (Work(one, one, (one,)) for one in ecus)
            return
        for one in self.vehicle.functions:
            helped = tuple(self.titles[ecu] for ecu in one.helped_by)
            yield Work(one.id, one.name or one.id, tuple(self.titles[ecu] for ecu in one.needs), helped)

    def lines(self) -> dict[str, tuple[str, ...]]:
        """Return the vehicle lines of each controller; one that names none is in all."""
        if self.vehicle is None:
            return {}
        every = tuple(sorted(one.id for one in self.vehicle.lines))
        return {one.title: tuple(sorted(set(one.lines))) or every for one in self.vehicle.ecus}

    def parts(self) -> Iterator[Part]:
        yield from (self.components.part(one) for one in self.report.components)
        yield from unknowns.unread(self.report)
        for index, material in enumerate(self.vehicle.materials if self.vehicle else ()):
            yield from materials.parts(material, index, self._users(material), self.knowledge)
        for ecu, title in self.titles.items():
            yield from (Part(f"site:{ecu}:{one.name}", one.name, title, (Way(one.name, (one,), 0),))
                        for one in self.sites.of_ecu(ecu))  # fmt: skip
        for model in self.vehicle.models if self.vehicle else ():
            if model.ecu and model.id not in self.components.joined:
                ways = (self.models.way(model), *self.models.others(model))
                yield Part(f"model:{model.id}", model.name or model.id, self.titles[model.ecu], ways)

    def _users(self, material: Material) -> list[str]:
        """Return the controllers that use a material: named themselves, or by a part in them."""
        found: dict[str, None] = {}
        for target in material.used_in:
            if target in self.titles:
                found[self.titles[target]] = None
            else:
                found |= dict.fromkeys(
                    sorted({one.ecu for one in self.report.components if spelled(target) in called(one)})
                )
        return list(found)
