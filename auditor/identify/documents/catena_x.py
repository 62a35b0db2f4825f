"""Catena-X aspects of the planning phase: what an assembly is made of, and what a part is called where.

SingleLevelBomAsPlanned 4.0.0 names children by anonymous ids; PartTypeInformation 2.0.0 gives the part number and name
of one id. Shapes from the JSON schemas that eclipse-tractusx/sldt-semantic-models publishes (CC-BY-4.0). Both say
what is planned: nothing about who makes a part beyond the business partner that supplies it.
"""

from __future__ import annotations

import re
from typing import Any

from auditor.identify.documents import json_document
from auditor.identify.documents.cyclonedx_parts import listed, text_or_none
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.schemas import CODE
from auditor.identify.sample import Sample
from auditor.model import Actor, Declared, Document, Problem

NAME = "catena-x"
TITLE = "Catena-X SingleLevelBomAsPlanned 4.0.0, PartTypeInformation 2.0.0, JSON"

PIECE = "unit:piece"
UUID = re.compile(r"(?:urn:uuid:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I)
CHILD = ("quantity", "globalAssetId", "createdOn", "businessPartner")
"""Keys that a child must have."""
KNOWN = frozenset((*CHILD, "lastModifiedOn", "validityPeriod"))


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is one of the two aspects."""
    return json_document.is_kind(sample, "catena-x")


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = json_document.load(sample)
    tree, base, notes = found.value, found.base, found.notes
    faults: list[Problem] = []
    identity = asset(tree.get("globalAssetId"), f"{base}/globalAssetId", faults)
    if "childItems" in tree:
        components = tuple(_children(tree["childItems"], f"{base}/childItems", notes, faults, sample))
        subject = Declared(f"{base}/globalAssetId", identity, type="device", ref=identity) if identity else None
        edges = tuple((identity, one.ref) for one in components if identity and one.ref)
        version = "SingleLevelBomAsPlanned 4.0.0"
    else:
        one = _part(tree.get("partTypeInformation"), identity, tree.get("partSitesInformationAsPlanned"), base, faults)
        components, subject, edges, version = (one,) if one else (), None, (), "PartTypeInformation 2.0.0"
    if not components:
        notes.add("empty-document", "the document is recognized and lists no part", base or "/")
    return Document(
        format=NAME,
        version=version,
        subject=subject,
        components=components,
        dependencies=edges,
        violations=tuple(faults),
        problems=notes.all(),
        unknown_keys=notes.unknown_keys,
    )


def asset(value: Any, pointer: str, faults: list[Problem]) -> str:
    """Return an asset id without its prefix, in lower case; empty and a fault when it is none."""
    match = UUID.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        faults.append(Problem(CODE, f"{shown(value)} is no asset id", pointer=pointer))
        return ""
    return match[1].lower()


def _children(nodes: Any, pointer: str, notes: Notes, faults: list[Problem], sample: Sample) -> list[Declared]:
    found: list[Declared] = []
    for index, node in enumerate(listed(nodes, pointer, notes)):
        place = f"{pointer}/{index}"
        if len(found) >= sample.limits.components:
            most = sample.limits.components
            raise Unreadable("limit-components", "too many parts", pointer=place, limit="components", value=most)
        if not isinstance(node, dict):
            notes.add("wrong-type", f"expected a part, found {shown(node)}", place)
            continue
        notes.unknown_keys += len(node.keys() - KNOWN)
        for key in CHILD:
            if key not in node:
                faults.append(Problem(CODE, f"{key} is missing", pointer=place))
        identity = asset(node.get("globalAssetId"), f"{place}/globalAssetId", faults)
        found.append(_child(node, identity or f"part {index + 1}", place))
    return found


def _child(node: dict[str, Any], name: str, pointer: str) -> Declared:
    amount = node.get("quantity")
    value, unit = (amount.get("value"), amount.get("unit")) if isinstance(amount, dict) else (None, None)
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    period = node.get("validityPeriod")
    facts = [
        (f"catena-x:{key}", text)
        for key in ("validFrom", "validTo")
        if isinstance(period, dict) and (text := text_or_none(period.get(key)))
    ]
    if number is not None and unit != PIECE:
        facts.append(("catena-x:quantity", f"{number:g} {text_or_none(unit) or ''}".strip()))
    partner = text_or_none(node.get("businessPartner"))
    return Declared(
        pointer=pointer,
        name=name,
        type="device",
        ref=name,
        supplier=Actor(name=partner) if partner else None,
        quantity=number if unit == PIECE else None,
        properties=tuple(facts),
    )


def _part(node: Any, identity: str, sites: Any, base: str, faults: list[Problem]) -> Declared | None:
    """Map the description of one part; None when it has neither name nor number."""
    pointer = f"{base}/partTypeInformation"
    described: dict[str, Any] = node if isinstance(node, dict) else {}
    name, number = (text_or_none(described.get(key)) for key in ("nameAtManufacturer", "manufacturerPartId"))
    for key, text in (("nameAtManufacturer", name), ("manufacturerPartId", number)):
        if text is None:
            faults.append(Problem(CODE, f"{key} is missing", pointer=pointer))
    if name is None and number is None:
        return None
    classes = described.get("partClassification")
    facts = [
        ("catena-x:classification", f"{one.get('standard', '')} {one.get('id', '')}".strip())
        for one in (classes if isinstance(classes, list) else ())
        if isinstance(one, dict)
    ]
    facts += [
        ("catena-x:site", f"{one.get('siteId', '')} {one.get('function', '')}".strip())
        for one in (sites if isinstance(sites, list) else ())
        if isinstance(one, dict)
    ]
    return Declared(
        pointer=pointer,
        name=name or number or "",
        type="device",
        ref=identity or None,
        mpn=number,
        properties=tuple(facts),
    )
