"""CycloneDX to our records: one mapper for JSON and XML (which is first brought into the shape of JSON).

A wrong field is a problem on that record; the record and the document stay. Values are kept as written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from auditor.identify.documents import cyclonedx_keys as keys
from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents import elements, graph
from auditor.identify.documents.columns import property_field
from auditor.identify.documents.cyclonedx_other import objects
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.limits import Limits
from auditor.model import Actor, Declared, DeclaredLicense, Document


def minimum(tree: dict[str, Any], document: Document) -> tuple[tuple[str, str], ...]:
    """Return the minimum elements of a document."""
    nodes = objects(tree.get("dependencies"))
    linked = [node["ref"] for node in nodes if isinstance(node.get("ref"), str)]
    compositions = objects(tree.get("compositions"))
    unknown = any(one.get("aggregate") in ("unknown", "not_specified", "incomplete") for one in compositions)
    return elements.measure(elements.cyclonedx_facts(tree), document.components, linked, unknown)


NO_LICENSES: tuple[tuple[DeclaredLicense, ...], tuple[str, ...]] = ((), ())
NO_EXTRAS: tuple[tuple[tuple[str, str], ...], Mapping[str, Any]] = ((), MappingProxyType({}))


class Mapper:
    """The state of mapping one document."""

    def __init__(self, tree: dict[str, Any], base: str, notes: Notes, limits: Limits) -> None:
        self.tree = tree
        self.base = base
        self.notes = notes
        self.limits = limits
        self.components: list[Declared] = []
        self.provided: dict[str, list[tuple[Any, str]]] = {}
        self.actors: dict[tuple[str, str | None], Actor] = {}
        self.plain_names: set[str] = set()
        """Names of properties that are no field of a component."""
        self.known_licenses: dict[str, tuple[tuple[DeclaredLicense, ...], tuple[str, ...]]] = {}

    def usual(self, node: dict[str, Any], pointer: str, parent: str | None) -> Declared | None:
        """Map a component as most of a large document are; None, before anything is noted, for all others."""
        if type(node) is not dict:
            return None
        try:
            one = msgspec.convert(node, parts.Usual)
        except msgspec.ValidationError:
            return None
        if not (one.kind in keys.WITHOUT_RULES and one.name and one.version and one.ref and parts.usual_purl(one.purl)):
            return None
        for digest in one.hashes:
            if not parts.is_digest(digest.content):
                return None
        for said in one.properties:
            if said.name not in self.plain_names:
                if property_field(said.name) is not None:
                    return None
                self.plain_names.add(said.name)
        supplier = None if one.supplier is None else self.actor(one.supplier, pointer, "supplier")
        licenses, unknowns = NO_LICENSES if one.licenses is None else self.licenses(one.licenses, pointer)
        hashes = tuple([(digest.alg, digest.content) for digest in one.hashes])
        properties = tuple([(said.name, said.value) for said in one.properties])
        return Declared(
            pointer, one.name, one.version, one.kind, one.ref, parent, None, one.purl, None, None, hashes, licenses,
            supplier, None, None, None, (), None, (), (), properties, unknowns,
        )  # fmt: skip

    def component(self, node: dict[str, Any], pointer: str, parent: str | None) -> Declared:
        """Map one component; the usual case first, since documents have a hundred thousand of them."""
        if type(node) is parts.Located:
            pointer = node.place
        get: Callable[[str], Any] = node.get
        notes = self.notes
        plain = keys.SHORT.issuperset(node)
        if not plain and not keys.COMPONENT.issuperset(node):
            notes.unknown_keys += len(node.keys() - keys.COMPONENT)
        name, version, kind, ref = get("name"), get("version"), get("type"), get("bom-ref")
        group, purl, cpe = get("group"), get("purl"), get("cpe")
        usual = type(name) is type(version) is type(kind) is type(ref) is type(purl) is str and group is None is cpe
        if not (usual and name and version and kind and ref and parts.usual_purl(purl)):
            name, version, kind, ref, group, purl, cpe = parts.texts(node, pointer, notes)
        actor = self.actor
        supplier = actor(made, pointer, "supplier") if (made := get("supplier")) is not None else None
        manufacturer = actor(made, pointer, "manufacturer") if (made := get("manufacturer")) is not None else None
        publisher = parts.publisher(made) if (made := get("publisher")) is not None else None
        hashes = parts.hashes(made, pointer, notes) if (made := get("hashes")) is not None else ()
        licenses, unknowns = self.licenses(made, pointer) if (made := get("licenses")) is not None else NO_LICENSES
        properties, fields = NO_EXTRAS
        if not plain or "properties" in node or "evidence" in node:
            properties, fields = parts.extras(node, pointer, notes, plain)
        if not name:
            notes.add("missing-name", "a component without a name", pointer)
            name = purl or ref or ""
        if kind == "device" and "mpn" not in fields and parts.looks_like_part_number(name):
            fields = {**fields, "mpn": name}
        elif kind == "file":
            fields = {**fields, "paths": (name, *fields.get("paths", ()))}
        take = fields.get
        return Declared(
            pointer,
            name,
            version,
            kind or "library",
            ref,
            parent,
            group,
            purl,
            cpe,
            take("mpn"),
            hashes,
            licenses,
            supplier,
            manufacturer,
            publisher,
            take("country_of_origin"),
            take("paths", ()),
            take("quantity"),
            take("designators", ()),
            take("alternates", ()),
            properties,
            unknowns,
        )

    def actor(self, node: Any, pointer: str, role: str) -> Actor | None:
        """Map an organization; one that is only a name is made once."""
        if type(node) is dict and len(node) <= 2 and type(name := node.get("name")) is str and name:
            url = node.get("url")
            if type(url) is list and len(url) == 1:
                url = url[0]
            if len(node) == 1 or (type(url) is str and url):
                made = self.actors.get((name, url))
                if made is None:
                    made = self.actors[name, url] = Actor(name, None, url)
                return made
        return parts.actor(node, f"{pointer}/{role}", self.notes)

    def licenses(self, nodes: Any, pointer: str) -> tuple[tuple[DeclaredLicense, ...], tuple[str, ...]]:
        """Map licenses and whether they say `unknown`; a single id is mapped once."""
        if type(nodes) is list and len(nodes) == 1 and type(nodes[0]) is dict and len(nodes[0]) == 1:
            inner = nodes[0].get("license")
            if type(inner) is dict and len(inner) == 1 and type(value := inner.get("id")) is str and value:
                found = self.known_licenses.get(value)
                if found is None:
                    made = (DeclaredLicense(value),)
                    found = self.known_licenses[value] = made, parts.unknowns(made)
                return found
        several = parts.licenses(nodes, pointer, self.notes)
        return several, parts.unknowns(several)

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
                declared = self.usual(node, here, parent)
                if declared is not None:
                    self.components.append(declared)
                    continue
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
            if "provides" in node:
                self.provided.setdefault(node["ref"], []).append((node["provides"], f"{pointer}/{index}/provides"))
        return found

    def with_provided(self, declared: Declared, known: Collection[str]) -> Declared:
        """Return a component with what it says it provides (specifications, cryptographic assets) as properties."""
        refs = []
        for value, pointer in self.provided.pop(declared.ref or "", ()):
            good = [one for one in value if type(one) is str] if type(value) is list else []
            if type(value) is not list or len(good) != len(value):
                self.notes.add("wrong-type", f"expected a list of refs, found {shown(value)}", pointer)
            for one in good:
                if one not in known and not one.startswith("urn:cdx:"):
                    self.notes.add("dangling-ref", f"the reference {shown(one)} names no component", pointer)
            refs += good
        more = tuple(("cyclonedx:provides", one) for one in refs)
        return msgspec.structs.replace(declared, properties=declared.properties + more) if more else declared

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
        if self.provided:
            known = set(refs)
            self.components = [self.with_provided(declared, known) for declared in self.components]
            subject = subject and self.with_provided(subject, known)
        places = graph.Places(everything, f"{self.base}/dependencies")
        graph.check_references(refs, notes, places)
        graph.check_edges(edges, refs, notes, places)
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
