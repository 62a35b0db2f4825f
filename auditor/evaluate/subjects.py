"""Every subject of a run that rules may look at, made one at a time: a quarter of a million fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from auditor.evaluate import doubts
from auditor.evaluate import surroundings as make
from auditor.evaluate.facts import Facts, Jurisdictions, component_facts
from auditor.evaluate.facts_model import variable
from auditor.evaluate.material_facts import MaterialFacts
from auditor.evaluate.policy import Policy
from auditor.evaluate.vehicle_facts import VehicleFacts
from auditor.evaluate.vehicle_model import VEHICLE_SUBJECTS
from auditor.judgement import ChainStep
from auditor.model import Component, Confidence, Inventory, Link
from auditor.vehicle import Vehicle

CACHED = 4096
"""Facts of components kept for the links between them."""


@dataclass
class Subject:
    """One thing a rule looks at."""

    kind: str
    """component, ecu, input, problem, document, link, inventory, or a record of the vehicle."""
    identity: str
    """What makes it the same thing in the next run: no version, no line, no message."""
    facts: Facts
    """Variable name -> facts."""
    components: tuple[Component, ...] = ()
    ecus: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    link: Link | None = None
    prepared: Any = None
    """The facts in the engine's form, made when the first rule asks."""
    steps: tuple[ChainStep, ...] = ()
    """What the facts rest on, where no component shows it."""
    sure: Confidence = "high"
    """How sure the facts are, where no component says it."""
    notes: tuple[str, str] = ("", "")
    """What must be said about the facts, in English and Chinese."""


def run_facts(policy: Policy, as_of: date) -> Facts:
    """Return what the user said about the run."""
    facts: Facts = {
        "as_of": as_of.isoformat(),
        "home": list(policy.home),
        "trusted": list(policy.trusted),
        "restricted": list(policy.restricted),
        "outside_cra": policy.type_approved is True,
    }
    for name in ("model_year", "type_approved", "support_years", "import_year"):
        if getattr(policy, name) is not None:
            facts[name] = getattr(policy, name)
    if policy.markets is not None:
        facts["markets"] = list(policy.markets)
    return facts


def jurisdictions(policy: Policy) -> Jurisdictions:
    """Return the sets of the policy."""
    return Jurisdictions(frozenset(policy.home), frozenset(policy.trusted), frozenset(policy.restricted))


class Subjects:
    """Makes the subjects of an inventory under a policy."""

    def __init__(
        self,
        inventory: Inventory,
        policy: Policy,
        as_of: date,
        *,
        accept_stated: bool,
        vehicle: Vehicle | None = None,
        knowledge: Any = None,
    ) -> None:
        self.inventory = inventory
        self.accept_stated = accept_stated
        self.jurisdictions = jurisdictions(policy)
        self.party_names = {party.id: party.name for party in inventory.parties}
        self.classes = _comparison(inventory)
        self.run = run_facts(policy, as_of)
        self.ecus = make.ecu_facts(inventory)
        self.chips = knowledge.table("chips") if hasattr(knowledge, "table") else {}
        self.vehicle: VehicleFacts | None = None
        self.materials: MaterialFacts | None = None
        if vehicle is not None:
            known = knowledge if hasattr(knowledge, "table") else None
            sets = self.jurisdictions
            self.vehicle = VehicleFacts(vehicle, sets, as_of, self.ecus, known, accept_stated=accept_stated)
            self.materials = MaterialFacts(vehicle, sets, as_of, known, accept_stated=accept_stated)
            self.ecus = {name: facts | self.vehicle.ecu(name) for name, facts in self.ecus.items()}
        self.by_id = {one.id: one for one in inventory.components}
        self._cached: dict[str, Facts] = {}

    def component(self, component: Component) -> Subject:
        """Return a component with its facts."""
        facts = {"component": self._facts(component), "ecu": self.ecus[component.ecu], "run": self.run}
        return Subject("component", component_identity(component), facts, (component,), (component.ecu,))

    def doubted(self, subject: Subject) -> Iterator[Subject]:
        """Return the subject as its document says against its name; nothing where nothing contradicts."""
        for at, component in enumerate(subject.components):
            for other in doubts.versions(component):
                parts = (*subject.components[:at], other, *subject.components[at + 1 :])
                if subject.link is not None:
                    source, target = (self._facts(one) for one in parts)
                    facts = {"link": make.link_facts(subject.link, source, target), "run": self.run}
                else:
                    facts = subject.facts | {"component": self._facts(other)}
                yield replace(subject, facts=facts, components=parts, prepared=None, notes=doubts.note(component))

    def link(self, link: Link) -> Subject | None:
        """Return an edge with its facts; None when an end of it is missing."""
        ends = [self.by_id[id_] for id_ in (link.source, link.target) if id_ in self.by_id]
        if len(ends) != 2:
            return None
        source, target = (self._remembered(one) for one in ends)
        identity = f"{link.type} {component_identity(ends[0])} {component_identity(ends[1])}"
        facts = {"link": make.link_facts(link, source, target), "run": self.run}
        return Subject("link", identity, facts, tuple(ends), (ends[0].ecu,), link=link)

    def whole(self) -> Subject:
        """Return the run as one subject."""
        sure = ((doubts.versions(one) or (one,))[-1] for one in self.inventory.components)
        facts = make.inventory_facts(self.inventory, map(self._facts, sure))
        return Subject("inventory", "", {"inventory": facts, "run": self.run})

    def others(self, kind: str) -> Iterator[Subject]:
        """Return the subjects of a kind that is not `component`, in order."""
        if kind == "link":
            yield from (found for found in map(self.link, self.inventory.links) if found is not None)
        elif kind == "inventory":
            yield self.whole()
        elif kind == "ecu":
            for name, facts in self.ecus.items():
                ids = tuple(one.id for one in self.inventory.inputs if one.ecu == name)
                yield Subject("ecu", name, {"ecu": facts, "run": self.run}, (), (name,), ids)
        elif kind == "document":
            yield from self._documents()
        elif kind in VEHICLE_SUBJECTS:
            yield from self._described(kind)
        else:
            yield from self._inputs(kind)

    def again(self, subject: Subject) -> Subject:
        """Return the same thing with the facts that these settings give it."""
        if subject.kind == "component":
            return self.component(subject.components[0])
        if subject.kind == "link":
            assert subject.link is not None
            source, target = (self._facts(one) for one in subject.components)
            facts = {"link": make.link_facts(subject.link, source, target), "run": self.run}
            return replace(subject, facts=facts, prepared=None)
        if subject.kind in VEHICLE_SUBJECTS:
            return next((one for one in self._described(subject.kind) if one.identity == subject.identity), subject)
        return self.whole() if subject.kind == "inventory" else subject

    def _described(self, kind: str) -> Iterator[Subject]:
        """Return the records of the vehicle of a kind; none without a vehicle file."""
        if self.vehicle is None or self.materials is None:
            return
        if kind == "material":
            for identity, facts, ecus, steps, sure in self.materials:
                found = {"material": facts, "run": self.run}
                yield Subject(kind, identity, found, ecus=ecus, steps=steps, sure=sure)
            return
        rows = {
            "function": self.vehicle.functions,
            "site": self.vehicle.sites,
            "generation": self.vehicle.generations,
            "dataset": self.vehicle.datasets,
            "model": self.vehicle.models,
        }
        for identity, facts, ecus in rows[kind]():
            steps = (ChainStep("declared", f"{kind} {identity}", "vehicle file"),)
            yield Subject(kind, identity, {variable(kind): facts, "run": self.run}, ecus=ecus, steps=steps)

    def _facts(self, component: Component) -> Facts:
        return component_facts(
            component,
            self.jurisdictions,
            accept_stated=self.accept_stated,
            comparison=self.classes.get(component.id, "none"),
            part_classes=self._part_classes(component),
            party_names=self.party_names,
        )

    def _part_classes(self, component: Component) -> tuple[str, ...]:
        """Return the class of the chip family that knowledge has for a part, where a source was read."""
        kind, _, identity = (component.knowledge or "").partition("/")
        chip = self.chips.get(identity) if kind == "chips" else None
        read = chip is not None and (self.accept_stated or chip.source_of("vendor") is not None)
        return (chip.class_,) if chip is not None and read else ()

    def _remembered(self, component: Component) -> Facts:
        found = self._cached.get(component.id)
        if found is None:
            if len(self._cached) >= CACHED:
                self._cached.clear()
            found = self._cached[component.id] = self._facts(component)
        return found

    def _inputs(self, kind: str) -> Iterator[Subject]:
        for one in self.inventory.inputs:
            if kind == "input":
                described = {"input": make.input_facts(one), "run": self.run}
                yield Subject("input", one.path, described, (), (one.ecu,), (one.id,))
                continue
            for problem in make.problem_facts(one):
                identity = f"{one.path} {problem['code']}"
                yield Subject("problem", identity, {"problem": problem, "run": self.run}, (), (one.ecu,), (one.id,))

    def _documents(self) -> Iterator[Subject]:
        inputs = {one.id: one for one in self.inventory.inputs}
        for document in self.inventory.documents:
            if document.statements:
                continue  # what was built by whom is no bill of materials
            origin = inputs.get(document.input)
            ecu = origin.ecu if origin else ""
            identity = f"{origin.path if origin else ''} {document.path}"
            facts = {"document": make.document_facts(document, ecu), "run": self.run}
            yield Subject("document", identity, facts, (), (ecu,), (document.input,))


def component_identity(component: Component) -> str:
    """Return what stays the same about a component from version to version."""
    key = component.key
    if key.startswith("pkg:"):
        key = key.partition("@")[0].partition("?")[0]
    return f"{component.kind} {key}"


def _comparison(inventory: Inventory) -> dict[str, str]:
    """Return the comparison class of each component; a difference comes before `confirmed`."""
    found: dict[str, str] = {}
    for row in inventory.comparison:
        if found.get(row.component, "confirmed") in ("confirmed", "version-unknown"):
            found[row.component] = row.class_
    return found
