"""The facts around the components: controllers, inputs, problems, documents, links, the whole run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from auditor.evaluate.facts import Facts
from auditor.model import Component, Document, Input, Inventory, Link

OPERATING_SYSTEMS = frozenset({"os-kernel", "rtos"})
HARDWARE_TYPES = frozenset({"device", "device-driver", "chip"})
NO_IMAGE = frozenset({"none", "empty", "unknown"})
"""Types of inputs that were not read at all: they are no image without a bill of materials."""
ENOUGH = 0.8
"""Share of components whose owner must be known before concentration by party says anything."""
OPAQUE_CODES = frozenset({"opaque", "encrypted", "signed", "unknown-format"})


def document_inputs(inventory: Inventory) -> frozenset[str]:
    """Return the ids of inputs that are documents themselves (not files inside an image)."""
    return frozenset(document.input for document in inventory.documents if not document.path)


def ecu_facts(inventory: Inventory) -> dict[str, Facts]:
    """Return the facts of each controller, by name."""
    documents = document_inputs(inventory)
    software = {d.input for d in inventory.documents if not d.path and _names_software(d)}
    inputs: dict[str, list[Input]] = defaultdict(list)
    components: dict[str, list[Component]] = defaultdict(list)
    for one in inventory.inputs:
        inputs[one.ecu].append(one)
    for component in inventory.components:
        components[component.ecu].append(component)
    result: dict[str, Facts] = {}
    for ecu in sorted({*inputs, *components}):
        images = [one for one in inputs[ecu] if one.id not in documents and one.type not in NO_IMAGE]
        systems = [one for one in components[ecu] if one.kind in OPERATING_SYSTEMS]
        chips = [one for one in components[ecu] if one.kind == "chip"]
        facts: Facts = {
            "name": ecu,
            "has_image": bool(images),
            "has_bom": any(one.id in software for one in inputs[ecu]),
            "has_parts": any(chip.declared for chip in chips),
            "os_identified": any(one.observed for one in systems),
            "os_declared": any(one.declared for one in systems),
            "types": sorted({one.type for one in images}),
            "components": len(components[ecu]),
            "chips": len(chips),
        }
        if images and all(one.complete and not one.problems for one in images):
            facts["image_read"] = True
        result[ecu] = facts
    return result


def _names_software(document: Document) -> bool:
    return not document.components or any(one.type not in HARDWARE_TYPES for one in document.components)


def input_facts(one: Input) -> Facts:
    """Return the facts of one input."""
    return {
        "id": one.id,
        "path": one.path,
        "type": one.type,
        "ecu": one.ecu,
        "size": one.size,
        "complete": one.complete,
        "problems": sorted({problem.code for problem in one.problems}),
    }


def problem_facts(one: Input) -> list[Facts]:
    """Return the facts of each kind of problem of an input, sorted by code."""
    counts = Counter(problem.code for problem in one.problems)
    firsts = {problem.code: problem for problem in reversed(one.problems)}
    described = input_facts(one)
    found: list[Facts] = [
        {
            "code": code,
            "message": firsts[code].message,
            "opaque": code in OPAQUE_CODES,
            "count": counts[code],
            "path": firsts[code].path,
            "input": described,
        }
        for code in sorted(counts)
    ]
    if not found and not one.complete:
        message = "a part of it was not read"
        found.append(
            {"code": "incomplete", "message": message, "opaque": False, "count": 1, "path": "", "input": described}
        )
    return found


def document_facts(document: Document, ecu: str) -> Facts:
    """Return the facts of one bill of materials."""
    states: dict[str, list[str]] = defaultdict(list)
    for element, state in document.elements:
        states[state].append(element)
    return {
        "format": document.format,
        "version": document.version,
        "path": document.path,
        "ecu": ecu,
        "components": len(document.components),
        "dependencies": len(document.dependencies),
        "violations": len(document.violations),
        "problems": sorted({problem.code for problem in document.problems}),
        "present": sorted(states["present"]),
        "declared_unknown": sorted(states["declaredUnknown"]),
        "missing": sorted(states["missing"]),
    }


def link_facts(link: Link, source: Facts, target: Facts) -> Facts:
    """Return the facts of an edge, given those of its ends."""
    return {"type": link.type, "grade": link.grade, "source": source, "target": target}


def inventory_facts(inventory: Inventory, described: Iterable[Facts]) -> Facts:
    """Return the facts of the whole run; `described` are the facts of its components, read once, in order."""
    facts: Facts = {
        "components": len(inventory.components),
        "chips": sum(one.kind == "chip" for one in inventory.components),
        "documents": len(inventory.documents),
        "ecus": len({one.ecu for one in inventory.inputs} | {one.ecu for one in inventory.components}),
    }
    known = 0
    chips: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    parties: Counter[str] = Counter()
    for one in described:
        owner = one.get("owner", {})
        known += bool(one["origin_known"])
        if one["kind"] == "chip":
            chips[owner.get("jurisdiction", "unknown")] += one.get("quantity", 1.0)
        if owner.get("country") and owner.get("jurisdiction") != "home":
            outside[owner["country"]] += 1
        if owner.get("party"):
            parties[owner["party"]] += 1
    if chips and "unknown" not in chips:
        facts["home_chip_share"] = chips["home"] / sum(chips.values())
    if inventory.components:
        facts["origin_coverage"] = known / len(inventory.components)
    if outside:
        top = min(outside, key=lambda country: (-outside[country], country))
        facts["top_country"] = top
        facts["top_country_share"] = outside[top] / len(inventory.components)
    if parties and sum(parties.values()) >= ENOUGH * len(inventory.components):
        total = sum(parties.values())
        facts["party_hhi"] = sum((count * 100 / total) ** 2 for count in parties.values())
    return facts
