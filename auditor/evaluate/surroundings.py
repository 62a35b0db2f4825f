"""The facts around the components: controllers, inputs, problems, documents, links, the whole run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from auditor.declared import DESCRIPTIONS
from auditor.evaluate.facts import Facts
from auditor.model import Component, Document, Input, Inventory, Link

OPERATING_SYSTEMS = frozenset({"os-kernel", "os-distribution", "rtos"})
HARDWARE_TYPES = frozenset({"device", "device-driver", "chip"})
NO_IMAGE = frozenset({"none", "empty", "unknown"})
"""Types of inputs that were not read at all: they are no image without a bill of materials."""
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
            "searched": sorted(what for name, what in inventory.searched if name == ecu),
            "types": sorted({one.type for one in images}),
            "types_without_system": sorted({kind for name, _, kind in inventory.unnamed if name == ecu}),
            "components": len(components[ecu]),
            "chips": len(chips),
        }
        if images and all(one.complete and not one.problems for one in images):
            facts["image_read"] = True
        result[ecu] = facts
    return result


def _names_software(document: Document) -> bool:
    if document.format in DESCRIPTIONS:
        return False
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
        owner, _, name = element.rpartition(":")
        states[f"{owner}:{state}" if owner else state].append(name)
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
        "bsi_missing": sorted(states["bsi:missing"]),
        "hardware": any(element.startswith("hbom:") for element, _ in document.elements),
        "hbom_missing": sorted(states["hbom:missing"]),
        "hbom_unknown": sorted(states["hbom:declaredUnknown"]),
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
        who = _controller(one)
        known += bool(one["origin_known"])
        if one["kind"] == "chip":
            chips[one.get("owner", {}).get("jurisdiction", "unknown")] += one.get("quantity", 1.0)
        if who.get("country") and who.get("jurisdiction") != "home":
            outside[who["country"]] += 1
        if who.get("party"):
            parties[who["party"]] += 1
    if chips and "unknown" not in chips:
        facts["home_chip_share"] = chips["home"] / sum(chips.values())
    if total := len(inventory.components):
        facts["origin_coverage"] = known / total
        facts |= _concentration(outside, parties, total, total - known)
    return facts


def _controller(described: Facts) -> Facts:
    """Return the stage that controls a component: its owner, or where nobody owns it its steward."""
    found: Facts = described.get("owner") or described.get("steward") or {}
    return found


def _concentration(outside: Counter[str], parties: Counter[str], total: int, unknown: int) -> Facts:
    """Return how far control is concentrated: for sure, and at most, if the unknown went to the greatest."""
    facts: Facts = {"top_country_share": 0.0}
    if outside:
        top = min(outside, key=lambda country: (-outside[country], country))
        facts |= {"top_country": top, "top_country_share": outside[top] / total}
    facts["top_country_share_at_most"] = facts["top_country_share"] + unknown / total
    shares = sorted((count * 100 / total for count in parties.values()), reverse=True) or [0.0]
    facts["party_hhi"] = sum(share**2 for share in shares)
    facts["party_hhi_at_most"] = facts["party_hhi"] - shares[0] ** 2 + (shares[0] + unknown * 100 / total) ** 2
    if not unknown:
        facts["controllers_known"] = True
    return facts
