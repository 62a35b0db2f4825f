"""Every subject of a run that rules may look at, grouped so that rules that do not apply cost nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from auditor.evaluate import surroundings as make
from auditor.evaluate.facts import Facts, Jurisdictions, component_facts
from auditor.evaluate.policy import Policy
from auditor.model import Component, Inventory


@dataclass
class Subject:
    """One thing a rule looks at."""

    kind: str
    """component, ecu, input, problem, document, link or inventory."""
    identity: str
    """What makes it the same thing in the next run: no version, no line, no message."""
    facts: Facts
    """Variable name -> facts."""
    components: tuple[Component, ...] = ()
    ecus: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    prepared: Any = None
    """The facts in the engine's form, made when the first rule asks."""


@dataclass
class Subjects:
    """The subjects of a run by kind; components also by component kind."""

    by_kind: dict[str, list[Subject]] = field(default_factory=lambda: defaultdict(list))
    by_component_kind: dict[str, list[Subject]] = field(default_factory=lambda: defaultdict(list))


def run_facts(policy: Policy, as_of: date) -> Facts:
    """Return what the user said about the run."""
    facts: Facts = {
        "as_of": as_of.isoformat(),
        "home": list(policy.home),
        "trusted": list(policy.trusted),
        "restricted": list(policy.restricted),
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


def collect(inventory: Inventory, policy: Policy, as_of: date, *, accept_stated: bool) -> Subjects:
    """Build the facts of every subject that a rule of the policy could ask for."""
    sets = jurisdictions(policy)
    names = {party.id: party.name for party in inventory.parties}
    classes = _comparison(inventory)
    run = run_facts(policy, as_of)
    ecus = make.ecu_facts(inventory)
    components = {
        one.id: component_facts(
            one, sets, accept_stated=accept_stated, comparison=classes.get(one.id, "none"), party_names=names
        )
        for one in inventory.components
    }
    subjects = Subjects()
    for component in inventory.components:
        variables = {"component": components[component.id], "ecu": ecus[component.ecu], "run": run}
        subject = Subject("component", component_identity(component), variables, (component,), (component.ecu,))
        subjects.by_component_kind[component.kind].append(subject)
    _whole(subjects, inventory, components, ecus, run)
    return subjects


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
        if found.get(row.component, "confirmed") == "confirmed":
            found[row.component] = row.class_
    return found


def _whole(
    subjects: Subjects, inventory: Inventory, components: dict[str, Facts], ecus: dict[str, Facts], run: Facts
) -> None:
    kinds = subjects.by_kind
    for name, facts in ecus.items():
        ids = tuple(one.id for one in inventory.inputs if one.ecu == name)
        kinds["ecu"].append(Subject("ecu", name, {"ecu": facts, "run": run}, (), (name,), ids))
    for one in inventory.inputs:
        described = {"input": make.input_facts(one), "run": run}
        kinds["input"].append(Subject("input", one.path, described, (), (one.ecu,), (one.id,)))
        for problem in make.problem_facts(one):
            identity = f"{one.path} {problem['code']}"
            variables = {"problem": problem, "run": run}
            kinds["problem"].append(Subject("problem", identity, variables, (), (one.ecu,), (one.id,)))
    ecu_of = {one.id: one.ecu for one in inventory.inputs}
    paths = {one.id: one.path for one in inventory.inputs}
    for document in inventory.documents:
        ecu = ecu_of.get(document.input, "")
        identity = f"{paths.get(document.input, '')} {document.path}"
        variables = {"document": make.document_facts(document, ecu), "run": run}
        kinds["document"].append(Subject("document", identity, variables, (), (ecu,), (document.input,)))
    by_id = {one.id: one for one in inventory.components}
    for link in inventory.links:
        edge = make.link_facts(link, components)
        if edge is None:
            continue
        ends = (by_id[link.source], by_id[link.target])
        identity = f"{link.type} {component_identity(ends[0])} {component_identity(ends[1])}"
        variables = {"link": edge, "run": run}
        kinds["link"].append(Subject("link", identity, variables, ends, (ends[0].ecu,)))
    whole = {"inventory": make.inventory_facts(inventory, components), "run": run}
    kinds["inventory"].append(Subject("inventory", "", whole))
