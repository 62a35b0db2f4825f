"""A component of a report as a part: the ways to have it, what each hangs on, and what nobody knows of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.evaluate.vehicle_links import called, spelled
from auditor.whatif import licenses, unknowns
from auditor.whatif.sites import ANYWHERE, Sites
from auditor.whatif.supply import Doubt, Entry, Part, Stage, Way

if TYPE_CHECKING:
    from auditor.model import Alternate
    from auditor.report.schema import OriginEntry, ReportComponent
    from auditor.vehicle import Generation, GenerationPart, Model, PartTerms, Vehicle
    from auditor.whatif.models import Models
    from auditor.whatif.parties import Parties

OPEN = frozenset(("permissive", "weak-copyleft", "strong-copyleft", "network-copyleft", "public-domain"))
"""License categories under which what is here may be used on without its steward."""
SECOND_SOURCES = frozenset(("register-compatible", "same-architecture", "pin-compatible", "declared"))
CONTROL = frozenset(("owner", "hq", "steward", "maintainer"))


class Components:
    """Makes parts of components, with what a vehicle file says of them."""

    def __init__(self, vehicle: Vehicle | None, parties: Parties, sites: Sites, models: Models) -> None:
        self.vehicle = vehicle
        self.parties = parties
        self.sites = sites
        self.models = models
        self.titles = {one.id: one.title for one in vehicle.ecus} if vehicle else {}
        self.terms: dict[str, PartTerms] = {spelled(one.part): one for one in vehicle.parts} if vehicle else {}
        self.joined: set[str] = set()
        """Ids of the models of the vehicle file that are components."""

    def part(self, one: ReportComponent) -> Part:
        """Return the part that a component is."""
        names = called(one)
        terms = next((self.terms[name] for name in sorted(names) if name in self.terms), None)
        generations = list(self._generations(names, one.ecu))
        stock = terms.stock_weeks if terms else None
        for generation in generations:
            stock = generation.supply.stock_weeks if generation.supply.stock_weeks is not None else stock
        model = self._model(one, names)
        ways = [self._in_use(one, names, generations, model)]
        ways += [
            self._alternate(each, terms.switch_weeks if terms else None, one.kind == "chip")
            for each in (one.sourcing.alternates if one.sourcing else ())
            if counts(each)
        ]
        ways += self.models.others(model) if model else []
        ways += [
            self._reserve(each.reserve, one.kind == "chip")
            for each in generations
            if each.reserve is not None and each.reserve.status == "qualified"
        ]
        return Part(
            one.id, one.name, one.ecu, tuple(ways),
            upkeep=frozenset(atom for stage in self._origin(one) for entry in stage.entries for atom in entry.atoms)
            if free(one) else frozenset(),
            spend=terms.spend if terms else None,
            stock_weeks=stock,
        )  # fmt: skip

    def _in_use(
        self, one: ReportComponent, names: frozenset[str], generations: list[Generation], model: Model | None
    ) -> Way:
        """Return the way in use."""
        licensed, unclear = licenses.stages(one.name, one.licenses.concluded)
        stages = [Stage("part", (Entry(one.name, frozenset(f"part:{name}" for name in names)),)), *licensed]
        stages += [] if free(one) else self._origin(one)
        stages += self.sites.of_part(names)
        stages += [stage for each in generations for stage in self._supplied(each.supply)]
        stages += self.models.stages(model) if model else []
        doubts = [*unclear, *self._doubts(one, stages)]
        controlled = (
            free(one)
            or any(entry.stage in CONTROL and entry.party for entry in one.origin)
            or any(each.supply.party for each in generations)
        )
        if model:
            doubts += self.models.doubts(model, owned=controlled)
        elif not controlled:
            doubts.append(unknowns.CONTROL)
        title = f"{one.name} {one.version or ''}".strip()
        return Way(title, tuple(dict.fromkeys(stages)), 0, tuple(dict.fromkeys(doubts)))

    def _doubts(self, one: ReportComponent, stages: list[Stage]) -> Iterator[Doubt]:
        yield from unknowns.seats(stages)
        if one.kind == "chip":
            yield from unknowns.making(stages)
        elif not one.licenses.concluded:
            yield unknowns.LICENSE

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
        if one.manufacturer and not any(each.stage in CONTROL and each.party for each in one.origin):
            made += self._control(one.manufacturer.name)
        return made

    def _atoms(self, entry: OriginEntry) -> frozenset[str]:
        atoms = self.parties.of(entry.party) if entry.party else set()
        return frozenset(atoms | ({f"country:{entry.country}"} if entry.country else set()))

    def _control(self, *names: str | None) -> list[Stage]:
        """Return a stage per party that a file names."""
        return [
            Stage("control", (Entry(name, frozenset(self.parties.named(name))),))
            for name in dict.fromkeys(names)
            if name
        ]

    def _alternate(self, one: Alternate, switch: float | None, chip: bool) -> Way:
        atoms = self.parties.of(one.party) if one.party else set()
        atoms |= {f"country:{one.country}"} if one.country else set()
        control = [Stage("control", (Entry(one.party or one.name, frozenset(atoms)),))] if atoms else []
        return self._substitute(one.name, control, one.party, switch, chip)

    def _supplied(self, one: GenerationPart) -> list[Stage]:
        """Return what the vehicle file says of a generation: who controls it, where its wafers are made."""
        fab = (
            [Stage("fab", (Entry(one.fab_country, frozenset((f"country:{one.fab_country}",))),))]
            if one.fab_country
            else []
        )
        return [*self._control(one.party, one.steward), *fab]

    def _reserve(self, one: GenerationPart, chip: bool) -> Way:
        return self._substitute(one.part, self._supplied(one), one.party, one.switch_weeks, chip)

    def _substitute(self, name: str, stages: list[Stage], party: str | None, weeks: float | None, chip: bool) -> Way:
        """Return the way by another part; what holds for the part in use holds for it."""
        itself = Stage("part", (Entry(name, frozenset((f"part:{name.casefold()}",))),))
        every = (itself, *stages, *self.sites.of_part(frozenset((spelled(name),))))
        doubts = (
            *(() if party else (unknowns.CONTROL,)),
            *unknowns.seats(every),
            *(unknowns.making(every) if chip else ()),
        )
        return Way(name, every, weeks, tuple(dict.fromkeys(doubts)))

    def _generations(self, names: frozenset[str], ecu: str) -> Iterator[Generation]:
        if self.vehicle is None:
            return
        mine = {one.id for one in self.vehicle.functions if ecu in [self.titles[each] for each in one.needs]}
        for one in self.vehicle.generations:
            if one.function in mine and spelled(one.supply.part) in names:
                yield one


def free(one: ReportComponent) -> bool:
    """Tell whether a component may be used on without its steward: open source."""
    return one.licenses.category in OPEN and one.kind != "chip"


def counts(one: Alternate) -> bool:
    """Tell whether an alternate may stand in: of a drop-in kind and qualified."""
    return one.qualified is True and one.kind in SECOND_SOURCES
