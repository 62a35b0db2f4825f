"""DSDX 1.0 JSON, the format of OpenSCA: components and dependencies, no supplier and no origin.

Shape read from `opensca/model/dsdx.go` of XmirrorSecurity/OpenSCA-cli.
"""

from __future__ import annotations

from typing import Any

from auditor.identify.documents import graph, json_document
from auditor.identify.documents.cyclonedx_parts import listed, text_or_none, where
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Declared, DeclaredLicense, Document

NAME = "dsdx-json"
TITLE = "DSDX 1.0, JSON"

VERSIONS = ("DSDX-1.0", "1.0")
PROJECT = ("project_name", "project_naem")
"""OpenSCA writes the second spelling."""
KEYS = frozenset({"id", "group", "name", "version", "language", "license", "licenses"})


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is DSDX JSON."""
    return json_document.is_kind(sample, "dsdx")


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = json_document.load(sample)
    return map_document(found.value, found.base, found.notes, sample.limits, NAME)


def map_document(tree: dict[str, Any], base: str, notes: Notes, limits: Limits, format_name: str) -> Document:
    """Map a tree in the shape of DSDX JSON; raises Unreadable."""
    version = tree.get("dsdx_version")
    if version not in VERSIONS:
        raise Unreadable("unsupported-document", f"DSDX {shown(version)} is not supported", pointer="/dsdx_version")
    components: list[Declared] = []
    for index, node in enumerate(listed(tree.get("components"), "/components", notes)):
        pointer = f"{base}/components/{index}"
        if len(components) >= limits.components:
            most = limits.components
            raise Unreadable("limit-components", "too many components", pointer=pointer, limit="components", value=most)
        if isinstance(node, dict):
            notes.unknown_keys += len(node.keys() - KEYS)
            components.append(component(node, where(node, pointer)))
        else:
            notes.add("wrong-type", f"expected a component, found {shown(node)}", pointer)
    edges: dict[str, list[str]] = {}
    dependencies = tree.get("dependencies")
    for ref, targets in dependencies.items() if isinstance(dependencies, dict) else ():
        edges[ref] = [one for one in listed(targets, f"/dependencies/{ref}", notes) if isinstance(one, str)]
    refs = [one.ref for one in components if one.ref]
    places = graph.Places(components, "/dependencies")
    graph.check_references(refs, notes, places)
    graph.check_edges(edges, refs, notes, places)
    if not components:
        notes.add("empty-document", "the document is recognized and lists no component", "/components")
    key = next((key for key in PROJECT if text_or_none(tree.get(key))), PROJECT[0])
    name = text_or_none(tree.get(key))
    return Document(
        format=format_name,
        version="1.0",
        subject=Declared(pointer=f"{base}/{key}", name=name, type="application") if name else None,
        components=tuple(components),
        dependencies=tuple((ref, target) for ref, targets in edges.items() for target in targets),
        problems=notes.all(),
        unknown_keys=notes.unknown_keys,
    )


def component(node: dict[str, Any], pointer: str) -> Declared:
    """Map one component."""
    licenses = node.get("license", node.get("licenses"))
    names = licenses if isinstance(licenses, list) else [licenses]
    language = text_or_none(node.get("language"))
    return Declared(
        pointer=pointer,
        name=text_or_none(node.get("name")) or "",
        version=text_or_none(node.get("version")),
        ref=text_or_none(node.get("id")),
        group=text_or_none(node.get("group")),
        licenses=tuple(DeclaredLicense(value=one) for one in names if isinstance(one, str) and one),
        properties=(("dsdx:language", language),) if language else (),
    )
