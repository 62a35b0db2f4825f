"""SPDX 2 RDF/XML: our own walk over the elements, no RDF library and so no entity and no look-up."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from auditor.identify.documents import spdx2, xml_text
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes
from auditor.identify.documents.xml_text import Element
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "spdx-rdf"
TITLE = "SPDX 2.1 to 2.3, RDF/XML"

DEEPER = 20
"""RDF/XML nests the related element into the relationship, so documents are deep by nature."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SIMPLE = {
    "name": "name",
    "versionInfo": "versionInfo",
    "packageFileName": "packageFileName",
    "supplier": "supplier",
    "originator": "originator",
    "downloadLocation": "downloadLocation",
    "homepage": "homepage",
    "fileName": "fileName",
    "licenseConcluded": "licenseConcluded",
    "licenseDeclared": "licenseDeclared",
    "primaryPackagePurpose": "primaryPackagePurpose",
    "specVersion": "spdxVersion",
}
JOINS = {"ConjunctiveLicenseSet": " AND ", "DisjunctiveLicenseSet": " OR "}
KINDS = {"Package": "packages", "File": "files", "Snippet": "snippets"}


def sniff(sample: Sample) -> bool:
    """Tell whether the root is RDF with the terms of SPDX 2."""
    root = xml_text.root_of(sample)
    return root is not None and root[0] == "RDF" and b"spdx.org/rdf/terms" in xml_text.narrow(sample.data)


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    limits = sample.limits
    deep = msgspec.structs.replace(limits, document_depth=limits.document_depth * DEEPER)
    root = xml_text.parse(sample.data, deep)
    tree = build(root)
    return spdx2.check(tree, "", spdx2.map_document(tree, "", Notes(), limits, NAME))


def fragment(value: str | None) -> str:
    """Return the part of an IRI after `#`, or its last path part."""
    text = value or ""
    return text.rsplit("#", 1)[-1] if "#" in text else text.rsplit("/", 1)[-1]


def literal(element: Element) -> str:
    """Return a property's value: its text, or what its resource is called."""
    resource = element.attributes.get("resource")
    if resource is None:
        return license_text(element.children[0]) if element.children else element.text.strip()
    name = fragment(resource)
    if name.lower() in ("noassertion", "none"):
        return name.upper()
    if "_" in name and "rdf/terms#" in resource:
        return name.split("_", 1)[1]
    return name if "/licenses/" in resource or "#" in resource else resource


def license_text(root: Element) -> str:
    """Write a license set as an expression; iterative, sets may nest."""
    done: dict[int, str] = {}
    waiting = [(root, False)]
    while waiting:
        node, seen = waiting.pop()
        members = [child for child in node.children if child.name in ("member", "licenseException")]
        inner = [one for member in members for one in member.children]
        if node.name in JOINS and not seen:
            waiting.append((node, True))
            waiting += [(one, False) for one in inner]
        elif node.name in JOINS:
            texts = [done[id(one)] for one in inner]
            texts += [fragment(member.attributes["resource"]) for member in members if "resource" in member.attributes]
            done[id(node)] = "(" + JOINS[node.name].join(texts) + ")"
        else:
            about = node.attributes.get("about") or node.attributes.get("nodeID")
            done[id(node)] = node.get("licenseId") or fragment(about) or node.text.strip()
    return done[id(root)]


def build(root: Element) -> dict[str, Any]:
    """Collect the document, packages, files and relationships wherever they are nested."""
    tree: dict[str, Any] = {"packages": [], "files": [], "snippets": [], "relationships": []}
    nodes: dict[str, dict[str, Any]] = {}
    waiting: list[tuple[Element, str]] = [(root, "")]
    while waiting:
        element, owner = waiting.pop()
        if element.name in KINDS or element.name == "SpdxDocument":
            owner = take(element, tree, nodes)
        elif element.name == "Relationship":
            relate(element, owner, tree)
        elif element.name in ("describesPackage", "hasFile"):
            target = target_of(element)
            kind = "DESCRIBES" if element.name == "describesPackage" else "CONTAINS"
            if target:
                add(tree, element, owner, kind, target)
        waiting += [(child, owner) for child in reversed(element.children)]
    return tree


def take(element: Element, tree: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> str:
    """Take a document, package, file or snippet; a second description of one adds to the first."""
    ref = fragment(element.attributes.get("about") or element.attributes.get("ID") or element.attributes.get("nodeID"))
    document = element.name == "SpdxDocument"
    if document:
        node = tree
    elif ref in nodes:
        node = nodes[ref]
    else:
        node = nodes[ref] = Located()
        node.place = f"line {element.line}"
        tree[KINDS[element.name]].append(node)
    if ref:
        node["SPDXID"] = ref
    if document:
        document_facts(element, node)
    for child in element.children:
        key = SIMPLE.get(child.name)
        if key is not None:
            value = literal(child)
            upper = CAMEL.sub("_", value).upper() if key == "primaryPackagePurpose" else value
            node.setdefault(key, upper)
        elif child.name in ("checksum", "externalRef"):
            for one in child.children:
                nested(node, one)
    return ref


def document_facts(element: Element, tree: dict[str, Any]) -> None:
    """Take what the document says about itself."""
    tree["documentNamespace"] = (element.attributes.get("about") or "").split("#", 1)[0]
    data_license = element.child("dataLicense")
    if data_license is not None:
        tree["dataLicense"] = literal(data_license)
    for holder in element.all("creationInfo"):
        for info in holder.children:
            creators = [child.text.strip() for child in info.all("creator")]
            tree["creationInfo"] = {"created": info.get("created"), "creators": creators}


def nested(node: dict[str, Any], one: Element) -> None:
    """Take a checksum or an external reference."""
    values = {child.name: literal(child) for child in one.children}
    if one.name == "Checksum":
        algorithm = values.get("algorithm", "").upper()
        node.setdefault("checksums", []).append(
            {"algorithm": algorithm, "checksumValue": values.get("checksumValue", "")}
        )
    elif one.name == "ExternalRef":
        node.setdefault("externalRefs", []).append(values)


def target_of(element: Element) -> str:
    """Return the SPDXID a property points to, by reference or by containing it."""
    if "resource" in element.attributes:
        name = fragment(element.attributes["resource"])
        return name.upper() if name.lower() in ("noassertion", "none") else name
    for child in element.children:
        return fragment(child.attributes.get("about") or child.attributes.get("ID"))
    return element.text.strip()


def relate(element: Element, owner: str, tree: dict[str, Any]) -> None:
    """Take a relationship of the element it stands in."""
    kind, target = element.child("relationshipType"), element.child("relatedSpdxElement")
    if kind is not None and target is not None:
        add(tree, element, owner, CAMEL.sub("_", literal(kind)).upper(), target_of(target))


def add(tree: dict[str, Any], element: Element, owner: str, kind: str, target: str) -> None:
    """Add a relationship in the shape of JSON."""
    node = Located()
    node.place = f"line {element.line}"
    node.update(spdxElementId=owner, relationshipType=kind, relatedSpdxElement=target)
    tree["relationships"].append(node)
