"""CycloneDX XML: brought into the shape of CycloneDX JSON, then mapped as that."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from auditor.identify.documents import cyclonedx_keys as keys
from auditor.identify.documents import json_text, schemas, xml_text
from auditor.identify.documents.cyclonedx import Mapper, minimum
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.xml_text import Element
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "cyclonedx-xml"
TITLE = "CycloneDX 1.0 to 1.7, XML"

NAMESPACE = re.compile(r"http://cyclonedx\.org/schema/bom/([0-9.]{1,8})")
FAMILY = "http://cyclonedx.org/schema/"
WRAPPED = frozenset(
    {"components", "services", "hashes", "properties", "externalReferences", "dependencies", "occurrences", "authors"}
    | {"ancestors", "descendants", "variants", "commits", "patches", "formulation", "endpoints", "datasets", "tags"}
)
"""Elements whose children are the items of a list."""


def sniff(sample: Sample) -> bool:
    """Tell whether the root is a CycloneDX `bom`."""
    root = xml_text.root_of(sample)
    return root is not None and root[0] == "bom" and "cyclonedx.org/schema/bom" in root[1]


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    root = xml_text.load(sample)
    match = NAMESPACE.fullmatch(root.namespace)
    version = match.group(1) if match else root.namespace
    if version not in keys.VERSIONS:
        raise Unreadable("unsupported-document", f"CycloneDX {shown(version)} is not supported", pointer="line 1")
    notes = Notes()
    with json_text.collector_off():
        tree = bom(root, version, notes)
        document = Mapper(tree, "", notes, sample.limits).document(NAME)
        return msgspec.structs.replace(document, elements=minimum(tree, document))


def check(sample: Sample, document: Document) -> Document:
    """Add what violates the schema."""
    violations = schemas.cyclonedx_xml(xml_text.decode(sample.data), document.version)
    return msgspec.structs.replace(document, violations=violations)


def bom(root: Element, version: str, notes: Notes) -> Located:
    """Convert the root."""
    tree = convert(root, notes)
    tree["specVersion"] = version
    tree["bomFormat"] = "CycloneDX"
    formulation = tree.get("formulation")
    if isinstance(formulation, list):
        tree["formulation"] = [one for one in formulation if isinstance(one, dict)]
    return tree


def located(element: Element) -> Located:
    """Make an empty node at the place of an element."""
    node = Located()
    node.place = f"line {element.line}"
    return node


def convert(element: Element, notes: Notes) -> Located:
    """Convert an element with its attributes and children; depth is bounded by the parser."""
    node = located(element)
    node.update(element.attributes)
    text = element.text.strip()
    if text and not element.children:
        node["content"] = text
    for child in element.children:
        if not child.namespace.startswith(FAMILY):
            notes.unknown_keys += 1
            continue
        name, value = child.name, item(child, notes)
        if name == "url" and element.name in ("supplier", "manufacturer", "manufacture", "provider", "organization"):
            node.setdefault("url", []).append(value)
        elif name in node and name not in element.attributes:
            before = node[name]
            node[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            node[name] = value
    return node


def item(child: Element, notes: Notes) -> Any:
    """Convert one child: a list, a license choice, a plain text, or a node."""
    name = child.name
    if name == "licenses":
        return [choice(one, notes) for one in child.children if one.namespace.startswith(FAMILY)]
    if name == "dependencies":
        return dependencies(child)
    if name in WRAPPED:
        return [entry(one, notes) for one in child.children if one.namespace.startswith(FAMILY)]
    if not child.children and not child.attributes:
        return child.text.strip() if name in ("name", "version", "purl", "cpe", "type") else child.text
    return convert(child, notes)


def entry(element: Element, notes: Notes) -> Any:
    """Convert an item of a list."""
    if element.name == "property":
        node = located(element)
        node["name"], node["value"] = element.attributes.get("name", ""), element.text
        return node
    if not element.children and not element.attributes:
        return element.text.strip()
    return convert(element, notes)


def choice(element: Element, notes: Notes) -> Located:
    """Convert a license or an expression."""
    node = located(element)
    if element.name == "expression":
        node["expression"] = element.text.strip()
        node.update(element.attributes)
    else:
        inner = convert(element, notes)
        for key in ("id", "name", "expression"):
            if isinstance(inner.get(key), str):
                inner[key] = inner[key].strip()
        node["license"] = inner
    return node


def dependencies(element: Element) -> list[Located]:
    """Convert dependencies with the refs they name; what is nested in a dependency depends on further ones."""
    found: list[Located] = []
    waiting = [element]
    while waiting:
        parent = waiting.pop()
        for child in reversed(parent.all("dependency")):
            if parent is element or child.children:
                waiting.append(child)
        if parent is not element:
            node = located(parent)
            node["ref"] = parent.attributes.get("ref")
            node["dependsOn"] = [child.attributes.get("ref") for child in parent.all("dependency")]
            if provided := parent.all("provides"):
                node["provides"] = [child.attributes.get("ref") for child in provided]
            found.append(node)
    return found
