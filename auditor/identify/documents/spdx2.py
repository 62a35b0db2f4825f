"""SPDX 2.1 to 2.3 to our records: one mapper for all five notations, each brought into the shape of JSON."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from auditor.identify.documents import elements, graph, schemas, spdx_rules
from auditor.identify.documents.cyclonedx_other import items, objects
from auditor.identify.documents.cyclonedx_parts import listed, where
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.spdx2_keys import (
    BACKWARD,
    DOCUMENT_KEYS,
    FORWARD,
    UNKNOWN,
    VERSION,
    unwrapped,
)
from auditor.identify.documents.spdx2_package import PackageMapper
from auditor.limits import Limits
from auditor.model import Declared, Document


class Mapper:
    """The state of mapping one document."""

    def __init__(self, tree: dict[str, Any], base: str, notes: Notes, limits: Limits) -> None:
        self.tree = tree
        self.base = base
        self.notes = notes
        self.limits = limits
        self.paths: dict[str, list[str]] = {}
        self.parents: dict[str, str] = {}
        self.edges: dict[str, list[str]] = {}
        self.described: list[str] = []

    def items(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        """Return (pointer, object) of a list of the document; other things in it are problems."""
        found = []
        pointer = f"{self.base}/{key}"
        nodes = listed(self.tree.get(key), pointer, self.notes)
        if len(nodes) > self.limits.components * 4:
            most = self.limits.components
            raise Unreadable("limit-components", f"{len(nodes)} {key}", pointer=pointer, limit="components", value=most)
        for index, node in enumerate(nodes):
            if isinstance(node, dict):
                found.append((where(node, f"{pointer}/{index}"), node))
            else:
                self.notes.add("wrong-type", f"expected an object, found {shown(node)}", f"{pointer}/{index}")
        return found

    def relationships(self, known: set[str], files: dict[str, str]) -> None:
        """Sort relationships into dependencies, parents, file paths and what the document describes."""
        pointer = f"{self.base}/relationships"
        for index, node in enumerate(listed(self.tree.get("relationships"), pointer, self.notes)):
            get = node.get if isinstance(node, dict) else {}.get
            source, target, kind = get("spdxElementId"), get("relatedSpdxElement"), get("relationshipType")
            if not (type(source) is type(target) is type(kind) is str):
                here = where(node, f"{pointer}/{index}")
                self.notes.add("bad-relationship", "a relationship without both ends and a type", here)
                continue
            if source in known and target in known:
                if kind == "DEPENDS_ON":
                    self.edges.setdefault(source, []).append(target)
                    continue
                if kind == "DESCRIBES":
                    self.described.append(target)
                    continue
            self.relate(source, kind.upper(), target, files)
            for end in (source, target):
                outside = end in UNKNOWN or end == "NONE" or end.startswith("DocumentRef-")
                if not outside and end not in known:
                    here = where(node, f"{pointer}/{index}")
                    self.notes.add("dangling-ref", f"{shown(end)} names no element", here)

    def relate(self, source: str, kind: str, target: str, files: dict[str, str]) -> None:
        """Take one relationship."""
        if kind in BACKWARD or kind in ("CONTAINED_BY", "DESCRIBED_BY"):
            source, target = target, source
        if target in UNKNOWN or target == "NONE":
            return
        if kind in FORWARD or kind in BACKWARD:
            self.edges.setdefault(source, []).append(target)
        elif kind in ("CONTAINS", "CONTAINED_BY"):
            if target in files:
                self.paths.setdefault(source, []).append(files[target])
            elif source != self.tree.get("SPDXID"):
                self.parents.setdefault(target, source)
        elif kind in ("DESCRIBES", "DESCRIBED_BY"):
            self.described.append(target)

    def document(self, format_name: str) -> Document:
        """Map the whole document."""
        tree, notes = self.tree, self.notes
        notes.unknown_keys += len(tree.keys() - DOCUMENT_KEYS)
        packages, file_nodes = self.items("packages"), self.items("files")
        files = {str(node.get("SPDXID")): str(node.get("fileName") or node.get("name") or "") for _, node in file_nodes}
        for _, node in packages:
            for ref in items(node.get("hasFiles")):
                if isinstance(ref, str) and ref in files:
                    self.paths.setdefault(str(node.get("SPDXID")), []).append(files[ref])
        refs = [str(node["SPDXID"]) for _, node in packages if "SPDXID" in node]
        known = {*refs, *files, str(tree.get("SPDXID", "SPDXRef-DOCUMENT"))}
        known.update(str(node.get("SPDXID")) for _, node in self.items("snippets"))
        for one in listed(tree.get("documentDescribes"), f"{self.base}/documentDescribes", notes):
            if isinstance(one, str):
                self.described.append(one)
        self.relationships(known, files)
        mapper = PackageMapper(notes, self.paths, self.parents)
        components = [mapper.package(node, pointer) for pointer, node in packages]
        if not components:
            components = [mapper.file(node, at, files[str(node.get("SPDXID"))]) for at, node in file_nodes]
        if len(components) > self.limits.components:
            most = self.limits.components
            raise Unreadable("limit-components", f"{len(components)} packages", limit="components", value=most)
        places = graph.Places(components, f"{self.base}/relationships")
        graph.check_references(refs, notes, places)
        package_edges = {ref: targets for ref, targets in self.edges.items() if ref in known}
        everywhere = [*refs, *known, *chain.from_iterable(package_edges.values())]
        graph.check_edges(package_edges, everywhere, notes, places)
        subject = self.subject(components)
        rest = components if subject is None or len(components) == 1 else [c for c in components if c is not subject]
        if not components:
            notes.add("empty-document", "the document is recognized and lists no package and no file", self.base or "/")
        match = VERSION.fullmatch(str(tree.get("spdxVersion", "")))
        return Document(
            format=format_name,
            version=match[1] if match else str(tree.get("spdxVersion", "")),
            subject=subject,
            components=tuple(rest),
            dependencies=tuple((ref, target) for ref, targets in self.edges.items() for target in targets),
            problems=notes.all(),
            unknown_keys=notes.unknown_keys,
        )

    def subject(self, components: list[Declared]) -> Declared | None:
        """Return the one package the document describes, None when it describes several."""
        described = set(self.described)
        if len(described) != 1:
            return None
        return next((one for one in components if one.ref in described), None)


def check(tree: dict[str, Any], base: str, document: Document) -> Document:
    """Add what violates SPDX, and the minimum elements."""
    tree, base = unwrapped(tree, base)
    linked: set[str] = set()
    for node in objects(tree.get("relationships")):
        linked.update(end for key in ("spdxElementId", "relatedSpdxElement") if isinstance(end := node.get(key), str))
    return msgspec.structs.replace(
        document,
        elements=elements.measure(elements.spdx_facts(tree), document.components, linked),
        violations=schemas.collected(spdx_rules.violations(tree, document.version, base)),
    )


def map_document(tree: dict[str, Any], base: str, notes: Notes, limits: Limits, format_name: str) -> Document:
    """Map a tree in the shape of SPDX JSON; an unknown version raises Unreadable."""
    from auditor.identify.documents.json_text import collector_off

    tree, base = unwrapped(tree, base)
    version = tree.get("spdxVersion")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        message = f"{shown(version)} is not supported: SPDX 2.1 to 2.3 and 3.0 are"
        raise Unreadable("unsupported-document", message, pointer=f"{base}/spdxVersion")
    with collector_off():
        return Mapper(tree, base, notes, limits).document(format_name)
