"""CycloneDX to our records: one mapper for JSON and XML (which is first brought into the shape of JSON).

A wrong field is a problem on that record; the record and the document stay. Values are kept as written.
"""

from __future__ import annotations

from typing import Any

from auditor.identify.documents import cyclonedx_keys as keys
from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents import graph
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.limits import Limits
from auditor.model import Declared, Document


class Mapper:
    """The state of mapping one document."""

    def __init__(self, tree: dict[str, Any], base: str, notes: Notes, limits: Limits) -> None:
        self.tree = tree
        self.base = base
        self.notes = notes
        self.limits = limits
        self.components: list[Declared] = []

    def component(self, node: dict[str, Any], pointer: str, parent: str | None) -> Declared:
        """Map one component."""
        pointer = parts.where(node, pointer)
        get = node.get
        notes = self.notes
        if not keys.COMPONENT.issuperset(node):
            notes.unknown_keys += len(node.keys() - keys.COMPONENT)
        text = parts.texts(node, pointer, notes)
        fields: dict[str, Any] = {}
        unknowns: tuple[str, ...] = ()
        for key in parts.ACTORS:
            if key in node:
                fields[key] = parts.actor(node[key], f"{pointer}/{key}", notes)
        if "hashes" in node:
            fields["hashes"] = parts.hashes(node["hashes"], pointer, notes)
        if "licenses" in node:
            fields["licenses"] = parts.licenses(node["licenses"], pointer, notes)
            unknowns = parts.unknowns(fields["licenses"])
        if not keys.PLAIN.issuperset(node):
            parts.extras(node, pointer, notes, fields)
        name = text.get("name")
        if name is None:
            notes.add("missing-name", "a component without a name", pointer)
            name = text.get("purl") or text.get("bom-ref") or ""
        kind = text.get("type")
        if kind == "device" and "mpn" not in fields and parts.looks_like_part_number(name):
            fields["mpn"] = name
        if kind == "file":
            fields["paths"] = (name, *fields.get("paths", ()))
        return Declared(
            pointer=pointer,
            name=name,
            version=text.get("version"),
            type=kind or "library",
            ref=text.get("bom-ref"),
            parent=parent,
            group=text.get("group"),
            purl=text.get("purl"),
            cpe=text.get("cpe"),
            publisher=parts.publisher(get("publisher")),
            unknowns=unknowns,
            **fields,
        )

    def walk(self, nodes: Any, pointer: str, parent: str | None) -> None:
        """Map a list of components and what is nested in them, in document order."""
        waiting = [(nodes, pointer, parent, 0)]
        most = self.limits.components
        while waiting:
            nodes, pointer, parent, start = waiting.pop()
            if not isinstance(nodes, list):
                self.notes.add("wrong-type", f"expected a list, found {shown(nodes)}", pointer)
                continue
            for index in range(start, len(nodes)):
                node = nodes[index]
                here = f"{pointer}/{index}"
                if not isinstance(node, dict):
                    self.notes.add("wrong-type", f"expected a component, found {shown(node)}", here)
                    continue
                if len(self.components) >= most:
                    message = f"more components than components {most}"
                    raise Unreadable("limit-components", message, pointer=here, limit="components", value=most)
                declared = self.component(node, here, parent)
                self.components.append(declared)
                inner = node.get("components")
                if inner:
                    waiting.append((nodes, pointer, parent, index + 1))
                    waiting.append((inner, f"{here}/components", declared.ref or here, 0))
                    break

    def subject(self) -> Declared | None:
        """Map metadata.component and what is nested in it."""
        metadata = self.tree.get("metadata")
        if not isinstance(metadata, dict):
            return None
        node = metadata.get("component")
        if not isinstance(node, dict):
            return None
        pointer = f"{self.base}/metadata/component"
        subject = self.component(node, pointer, None)
        if node.get("components"):
            self.walk(node["components"], f"{pointer}/components", subject.ref or pointer)
        return subject

    def services(self) -> None:
        """Map services as components of type `service`, their provider as the supplier."""
        waiting: list[tuple[Any, str, str | None]] = [(self.tree.get("services"), f"{self.base}/services", None)]
        while waiting:
            nodes, pointer, parent = waiting.pop()
            for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
                here = f"{pointer}/{index}"
                if isinstance(node, dict):
                    declared = parts.service(node, here, parent, self.notes)
                    self.components.append(declared)
                    waiting.append((node.get("services"), f"{here}/services", declared.ref or here))
                else:
                    self.notes.add("wrong-type", f"expected a service, found {shown(node)}", here)

    def edges(self) -> dict[str, list[str]]:
        """Return what each ref depends on."""
        found: dict[str, list[str]] = {}
        nodes = self.tree.get("dependencies", ())
        pointer = f"{self.base}/dependencies"
        if not isinstance(nodes, (list, tuple)):
            self.notes.add("wrong-type", f"expected a list, found {shown(nodes)}", pointer)
            return found
        for index, node in enumerate(nodes):
            if not isinstance(node, dict) or type(node.get("ref")) is not str:
                self.notes.add("wrong-type", "a dependency without a ref", f"{pointer}/{index}")
                continue
            targets = node.get("dependsOn", ())
            if type(targets) is not list and targets != ():
                self.notes.add("wrong-type", f"expected a list, found {shown(targets)}", f"{pointer}/{index}")
                continue
            good = [target for target in targets if type(target) is str]
            if len(good) != len(targets):
                self.notes.add("wrong-type", "a dependency that is no text", f"{pointer}/{index}/dependsOn")
            if node["ref"] in found:
                self.notes.add("duplicate-dependency", f"{shown(node['ref'])} stands twice", f"{pointer}/{index}")
                good = found[node["ref"]] + good
            found[node["ref"]] = good
        return found

    def document(self, format_name: str) -> Document:
        """Map the whole document."""
        tree, notes = self.tree, self.notes
        notes.unknown_keys += len(tree.keys() - keys.BOM)
        subject = self.subject()
        if "components" in tree:
            self.walk(tree["components"], f"{self.base}/components", None)
        self.services()
        parts.formulation(self, tree.get("formulation"))
        edges = self.edges()
        everything = [*self.components, subject] if subject else self.components
        refs = [declared.ref for declared in everything if declared.ref is not None]
        graph.check_references(refs, notes)
        graph.check_edges(edges, set(refs), notes)
        if not self.components:
            notes.add("empty-document", "the document is recognized and lists no component", self.base or "/")
        return Document(
            format=format_name,
            version=str(tree.get("specVersion", "")),
            subject=subject,
            components=tuple(self.components),
            dependencies=tuple((ref, target) for ref, targets in edges.items() for target in targets),
            problems=notes.all(),
            unknown_keys=notes.unknown_keys,
        )
