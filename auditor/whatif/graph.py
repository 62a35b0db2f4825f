"""A report (and the vehicle in it) to the supply graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.evaluate.vehicle_links import called, spelled
from auditor.whatif import materials
from auditor.whatif.models import Models, license_atoms
from auditor.whatif.supply import Entry, Part, Stage, Supply, Way, Work

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.model import Alternate, Party
    from auditor.report.schema import OriginEntry, Report, ReportComponent
    from auditor.vehicle import Generation, GenerationPart, Model, PartTerms, Site, Vehicle

OPEN = frozenset(("permissive", "weak-copyleft", "strong-copyleft", "network-copyleft", "public-domain"))
"""License categories under which what is here may be used on without its steward."""
SECOND_SOURCES = frozenset(("register-compatible", "same-architecture", "pin-compatible", "declared"))
CONTROL = frozenset(("owner", "hq", "steward", "maintainer"))
ANYWHERE = frozenset(("design", "training"))
"""Stages that are over when the part is made: their loss does not stop supply."""


def supply(report: Report, knowledge: Knowledge | None = None) -> Supply:
    """Return the graph; without a vehicle every controller is a function of its own.

    `knowledge` has the world's shares of materials whose own shares nobody declared.
    """
    made = _Graph(report, knowledge)
    parts = tuple(sorted(made.parts(), key=lambda one: (one.ecu, one.id)))
    ecus = tuple(sorted({one.name for one in report.ecus}))
    return Supply(parts, tuple(made.works(ecus)), ecus, made.names, made.lines())


class _Graph:
    def __init__(self, report: Report, knowledge: Knowledge | None) -> None:
        self.report = report
        self.knowledge = knowledge
        self.vehicle: Vehicle | None = report.vehicle or None
        self.parties: dict[str, Party] = {one.id: one for one in report.parties}
        self.names = {f"party:{one.id}": one.name for one in report.parties}
        self.titles = {one.id: one.title for one in self.vehicle.ecus} if self.vehicle else {}
        self.terms: dict[str, PartTerms] = (
            {spelled(one.part): one for one in self.vehicle.parts} if self.vehicle else {}
        )
        self.models = Models(self.vehicle, self._named)
        self.joined: set[str] = set()

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
        for one in self.report.components:
            yield self._part(one)
        for index, material in enumerate(self.vehicle.materials if self.vehicle else ()):
            users = [
                ecu
                for target in material.used_in
                for ecu in ([self.titles[target]] if target in self.titles else self._users(target))
            ]
            yield from materials.parts(material, index, dict.fromkeys(users), self.knowledge)
        for ecu, title in self.titles.items():
            yield from (Part(f"site:{ecu}:{one.name}", one.name, title, (Way(one.name, (one,), 0),), True)
                        for one in self._stages_at(ecu))  # fmt: skip
        for model in self.vehicle.models if self.vehicle else ():
            if model.ecu and model.id not in self.joined:
                yield Part(
                    f"model:{model.id}", model.name or model.id, self.titles[model.ecu],
                    (self.models.way(model), *self.models.others(model)), bool(model.owner),
                )  # fmt: skip

    def _part(self, one: ReportComponent) -> Part:
        names = called(one)
        terms = next((self.terms[name] for name in sorted(names) if name in self.terms), None)
        free = one.licenses.category in OPEN and one.kind != "chip"
        stages = [Stage("part", (Entry(one.name, frozenset(f"part:{name}" for name in names)),))]
        stages += [Stage("license", (Entry(one.name, frozenset(licenses(one))),))] if licenses(one) else []
        stages += [] if free else self._origin(one)
        stages += list(self._sites(names))
        generations = list(self._generations(names, one.ecu))
        stages += [stage for each in generations for stage in self._supplied(each.supply)]
        model = self._model(one, names)
        stages += self.models.stages(model) if model else []
        switch = terms.switch_weeks if terms else None
        ways = [Way(f"{one.name} {one.version or ''}".strip(), tuple(dict.fromkeys(stages)), 0)]
        ways += [
            self._alternate(each, switch) for each in (one.sourcing.alternates if one.sourcing else ()) if counts(each)
        ]
        ways += self.models.others(model) if model else []
        stock = terms.stock_weeks if terms else None
        for generation in generations:
            stock = generation.supply.stock_weeks if generation.supply.stock_weeks is not None else stock
            if generation.reserve is not None and generation.reserve.status == "qualified":
                ways.append(self._reserve(generation.reserve))
        return Part(
            one.id, one.name, one.ecu, tuple(ways),
            known=free
            or any(entry.stage in CONTROL and entry.party for entry in one.origin)
            or any(each.supply.party for each in generations)
            or bool(model and model.owner),
            upkeep=frozenset(atom for stage in self._origin(one) for entry in stage.entries for atom in entry.atoms)
            if free else frozenset(),
            spend=terms.spend if terms else None,
            stock_weeks=stock,
        )  # fmt: skip

    def _model(self, one: ReportComponent, names: frozenset[str]) -> Model | None:
        """Return the model of the vehicle file that this component is; it is no part of its own then."""
        digests = {vote.sha256 for vote in one.evidence}
        for model in self.vehicle.models if self.vehicle else ():
            here = model.ecu is not None and self.titles[model.ecu] == one.ecu
            if here and spelled(model.component or model.id) in names | digests:
                self.joined.add(model.id)
                return model
        return None

    def _origin(self, one: ReportComponent) -> list[Stage]:
        stages: dict[str, list[OriginEntry]] = {}
        for entry in one.origin:
            if entry.stage not in ANYWHERE:
                stages.setdefault("control" if entry.stage in CONTROL else entry.stage, []).append(entry)
        made = []
        for name, entries in sorted(stages.items()):
            found = [Entry(each.party or each.country or name, self._atoms(each)) for each in entries]
            if name == "control":  # whoever controls it can stop it: no owner stands in for another
                made += [Stage(name, (each,)) for each in found]
            else:
                made.append(Stage(name, tuple(found)))
        return made

    def _atoms(self, entry: OriginEntry) -> frozenset[str]:
        atoms = self._party(entry.party) if entry.party else set()
        return frozenset(atoms | ({f"country:{entry.country}"} if entry.country else set()))

    def _party(self, identity: str) -> set[str]:
        """Return the atoms of a party and of everybody above it."""
        atoms: set[str] = set()
        while identity and f"party:{identity}" not in atoms:
            atoms.add(f"party:{identity}")
            party = self.parties.get(identity)
            if party is None:
                break
            atoms |= {f"country:{party.country}"} if party.country else set()
            identity = party.parent or ""
        return atoms

    def _named(self, name: str) -> set[str]:
        """Return the atoms of a party that a vehicle file names: by id, else by name, else as written."""
        for party in self.parties.values():
            if name.casefold() in (party.id.casefold(), party.name.casefold()):
                return self._party(party.id)
        self.names.setdefault(f"party:{name}", name)
        return {f"party:{name}"}

    def _alternate(self, one: Alternate, switch: float | None) -> Way:
        atoms = {f"part:{one.name.casefold()}"} | (self._party(one.party) if one.party else set())
        atoms |= {f"country:{one.country}"} if one.country else set()
        return Way(one.name, (Stage("control", (Entry(one.name, frozenset(atoms)),)),), switch)

    def _supplied(self, one: GenerationPart) -> Iterator[Stage]:
        """Yield what the vehicle file says of the generation in supply: who controls it, where its wafers are made."""
        for name in dict.fromkeys((one.party, one.steward)):
            if name:
                yield Stage("control", (Entry(name, frozenset(self._named(name))),))
        if one.fab_country:
            yield Stage("fab", (Entry(one.fab_country, frozenset((f"country:{one.fab_country}",))),))

    def _reserve(self, one: GenerationPart) -> Way:
        atoms = {f"part:{one.part.casefold()}"}
        for name in (one.party, one.steward):
            atoms |= self._named(name) if name else set()
        atoms |= {f"country:{one.fab_country}"} if one.fab_country else set()
        return Way(one.part, (Stage("control", (Entry(one.part, frozenset(atoms)),)),), one.switch_weeks)

    def _generations(self, names: frozenset[str], ecu: str) -> Iterator[Generation]:
        if self.vehicle is None:
            return
        mine = {one.id for one in self.vehicle.functions if ecu in [self.titles[each] for each in one.needs]}
        for one in self.vehicle.generations:
            if one.function in mine and spelled(one.supply.part) in names:
                yield one

    def _sites(self, names: frozenset[str]) -> Iterator[Stage]:
        """Yield what is done to a part at sites, a stage per role."""
        sites = self.vehicle.sites if self.vehicle else ()
        yield from self._roles([one for one in sites if not names.isdisjoint(map(spelled, one.parts))])

    def _stages_at(self, ecu: str) -> Iterator[Stage]:
        """Yield what is done to a whole controller at sites: building, signing, assembly ..."""
        yield from self._roles([one for one in (self.vehicle.sites if self.vehicle else ()) if ecu in one.ecus])

    def _roles(self, sites: list[Site]) -> Iterator[Stage]:
        roles: dict[str, list[Entry]] = {}
        for site in sites:
            self.names[f"site:{site.id}"] = site.name or site.id
            atoms = {f"site:{site.id}", f"country:{site.country}"} | (self._named(site.party) if site.party else set())
            for role in site.roles:
                roles.setdefault(role, []).append(Entry(site.name or site.id, frozenset(atoms)))
        for role, entries in sorted(roles.items()):
            if role not in ANYWHERE:
                yield Stage(role, tuple(entries))

    def _users(self, part: str) -> list[str]:
        return sorted({one.ecu for one in self.report.components if spelled(part) in called(one)})


def licenses(one: ReportComponent) -> set[str]:
    """Return the atoms of the licenses of a component."""
    return license_atoms(one.licenses.concluded or "")


def counts(one: Alternate) -> bool:
    """Tell whether an alternate may stand in: of a drop-in kind and qualified."""
    return one.qualified is True and one.kind in SECOND_SOURCES
