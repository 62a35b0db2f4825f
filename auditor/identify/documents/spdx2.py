"""SPDX 2.1 to 2.3 to our records: one mapper for all five notations, each brought into the shape of JSON."""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents import elements, graph, schemas, spdx_rules
from auditor.identify.documents.cyclonedx_other import items, objects
from auditor.identify.documents.cyclonedx_parts import listed, text_or_none, where
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.spdx2_keys import (
    ACTOR,
    BACKWARD,
    DOCUMENT_KEYS,
    FORWARD,
    NOTHING,
    PACKAGE_KEYS,
    TYPES,
    UNKNOWN,
    VERSION,
    unwrapped,
)
from auditor.limits import Limits
from auditor.model import Actor, Declared, DeclaredLicense, Document


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
        self.known_actors: dict[str, Actor | None] = {}
        self.known_licenses: dict[tuple[Any, Any], tuple[DeclaredLicense, ...]] = {}

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

    def package(self, node: dict[str, Any], pointer: str) -> Declared:
        """Map one package."""
        notes = self.notes
        if not PACKAGE_KEYS.issuperset(node):
            notes.unknown_keys += len(node.keys() - PACKAGE_KEYS)
        ref = text_or_none(node.get("SPDXID"))
        name = text_or_none(node.get("name"))
        if name is None:
            notes.add("missing-name", "a package without a name", pointer)
        unknowns: list[str] = []
        supplier = self.actor(node, pointer, "supplier", "supplier", unknowns)
        originator = self.actor(node, pointer, "originator", "manufacturer", unknowns)
        organization = originator is not None and str(node.get("originator", ""))[:12].lower() == "organization"
        purl, cpe, properties = self.references(node, pointer)
        for key in ("downloadLocation", "homepage"):
            value = node.get(key)
            if value not in NOTHING and isinstance(value, str):
                properties.append((f"spdx:{key}", value))
        paths = self.paths.get(ref or "")
        purpose = node.get("primaryPackagePurpose")
        kind = TYPES.get(str(purpose).upper().replace("_", "-"), "library") if purpose else "library"
        mpn = name if kind == "device" and name and parts.looks_like_part_number(name) else None
        return Declared(
            pointer=pointer,
            name=name or purl or ref or "",
            version=self.plain(node, "versionInfo", pointer),
            type=kind,
            ref=ref,
            parent=self.parents.get(ref) if ref else None,
            purl=purl,
            cpe=cpe,
            mpn=mpn,
            hashes=self.checksums(node, pointer),
            licenses=self.licenses(node, pointer, unknowns),
            supplier=supplier,
            manufacturer=originator if organization else None,
            publisher=None if organization else originator,
            paths=tuple(dict.fromkeys(paths)) if paths else (),
            properties=tuple(properties),
            unknowns=tuple(unknowns),
        )

    def plain(self, node: dict[str, Any], key: str, pointer: str) -> str | None:
        """Return a text; a number is taken as one, anything else is a problem."""
        value = node.get(key)
        if value is None or isinstance(value, str):
            return value or None
        self.notes.add("wrong-type", f"expected a text, found {shown(value)}", f"{pointer}/{key}")
        return str(value) if isinstance(value, (int, float)) else None

    def actor(self, node: dict[str, Any], pointer: str, key: str, role: str, unknowns: list[str]) -> Actor | None:
        """Map `Organization: name (email)`; other text is taken as the name, with a problem."""
        value = node.get(key)
        if value is None or value == "":
            return None
        if type(value) is str and value in self.known_actors:
            return self.known_actors[value]
        pointer = f"{pointer}/{key}"
        if not isinstance(value, str):
            self.notes.add("bad-actor", f"expected a text, found {shown(value)}", pointer)
            return None
        if value.strip().upper() in UNKNOWN:
            unknowns.append(role)
            return None
        match = ACTOR.fullmatch(value[:1000])
        if match is None:
            self.notes.add("bad-actor", f"{shown(value)} is neither a person nor an organization", pointer)
            return Actor(name=value)
        if match[2].upper() in UNKNOWN:
            unknowns.append(role)
            return None
        made = self.known_actors[value] = Actor(name=match[2]) if match[2] else None
        return made

    def checksums(self, node: dict[str, Any], pointer: str) -> tuple[tuple[str, str], ...]:
        """Map checksums to (algorithm, hex) pairs."""
        nodes = node.get("checksums")
        if nodes is None:
            return ()
        if type(nodes) is list and len(nodes) == 1 and type(one := nodes[0]) is dict:
            algorithm, value = one.get("algorithm"), one.get("checksumValue")
            if type(algorithm) is type(value) is str and value:
                return ((algorithm, value),)
        found = []
        for index, one in enumerate(listed(nodes, f"{pointer}/checksums", self.notes)):
            algorithm, value = (
                (one.get("algorithm"), one.get("checksumValue")) if isinstance(one, dict) else (None, None)
            )
            if isinstance(algorithm, str) and isinstance(value, str) and value:
                found.append((algorithm, value))
            else:
                self.notes.add("bad-hash", f"no checksum: {shown(one)}", f"{pointer}/checksums/{index}")
        return tuple(found)

    def licenses(self, node: dict[str, Any], pointer: str, unknowns: list[str]) -> tuple[DeclaredLicense, ...]:
        """Map the declared and the concluded license; a pair of texts without unknowns is mapped once."""
        pair = node.get("licenseDeclared"), node.get("licenseConcluded")
        usual = type(pair[0]) is str and type(pair[1]) is str
        if usual and pair in self.known_licenses:
            return self.known_licenses[pair]
        found = []
        for key, acknowledgement in (("licenseDeclared", "declared"), ("licenseConcluded", "concluded")):
            value = node.get(key)
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                self.notes.add("bad-license", f"expected a text, found {shown(value)}", f"{pointer}/{key}")
            elif value.upper() not in UNKNOWN:
                found.append(DeclaredLicense(value=value, acknowledgement=acknowledgement))
            elif "license" not in unknowns:
                unknowns.append("license")
        if found and "license" in unknowns:
            unknowns.remove("license")
        made = tuple(found)
        if usual and made:
            self.known_licenses[pair] = made
        return made

    def references(self, node: dict[str, Any], pointer: str) -> tuple[str | None, str | None, list[tuple[str, str]]]:
        """Return purl, CPE and the other external references as properties."""
        purl = cpe = None
        others: list[tuple[str, str]] = []
        nodes = node.get("externalRefs")
        if type(nodes) is not list:
            nodes = listed(nodes, f"{pointer}/externalRefs", self.notes)
        for index, one in enumerate(nodes):
            kind, locator = (
                (one.get("referenceType"), one.get("referenceLocator")) if isinstance(one, dict) else (None,) * 2
            )
            if kind == "purl" and purl is None and type(locator) is str and parts.usual_purl(locator):
                purl = locator
                continue
            here = f"{pointer}/externalRefs/{index}"
            if not isinstance(kind, str) or not isinstance(locator, str):
                self.notes.add("bad-reference", "an external reference without type and locator", here)
                continue
            kind = kind.rsplit("/", 1)[-1]
            if kind == "purl":
                parts.check_purl(locator, here, self.notes)
                if purl is None:
                    purl = locator
                    continue
            if kind in ("cpe23Type", "cpe22Type") and cpe is None:
                parts.check_cpe(locator, here, self.notes)
                cpe = locator
            else:
                others.append((f"spdx:{kind}", locator))
        return purl, cpe, others

    def file(self, node: dict[str, Any], pointer: str, name: str) -> Declared:
        """Map a file of a document that lists files only."""
        unknowns: list[str] = []
        return Declared(
            pointer=pointer,
            name=name,
            type="file",
            ref=text_or_none(node.get("SPDXID")),
            hashes=self.checksums(node, pointer),
            licenses=self.licenses(node, pointer, unknowns),
            paths=(name,),
            unknowns=tuple(unknowns),
        )

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
        components = [self.package(node, pointer) for pointer, node in packages]
        if not components:
            components = [self.file(node, at, files[str(node.get("SPDXID"))]) for at, node in file_nodes]
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
