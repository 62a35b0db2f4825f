"""SPDX 3.0 JSON-LD: a walk over `@graph` with an index by id; packages, files, AI packages, datasets, relationships."""

from __future__ import annotations

from itertools import chain
from typing import Any

from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents import elements, graph, json_document, json_text, schemas, spdx3_nodes, spdx3_rules
from auditor.identify.documents.cyclonedx_other import flat, objects
from auditor.identify.documents.cyclonedx_parts import text_or_none
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.spdx3_rules import KINDS, identity, ids, kind_of
from auditor.identify.sample import Sample
from auditor.model import Actor, Declared, DeclaredLicense, Document

NAME = "spdx3-json"
TITLE = "SPDX 3.0, JSON-LD"

PURPOSES = {
    "application": "application",
    "container": "container",
    "device": "device",
    "deviceDriver": "device-driver",
    "firmware": "firmware",
    "framework": "framework",
    "operatingSystem": "operating-system",
    "platform": "platform",
    "model": "machine-learning-model",
    "data": "data",
    "file": "file",
}
DEPENDS = frozenset({"dependsOn", "hasOptionalDependency", "hasProvidedDependency", "hasPrerequisite"})
DEPENDS_LINKS = frozenset({"hasDynamicLink", "hasStaticLink", "usesTool", "trainedOn", "testedOn"})
LICENSES = {"hasDeclaredLicense": "declared", "hasConcludedLicense": "concluded"}
UNKNOWN = ("NoAssertion", "NoAssertionElement", "NoAssertionLicense")
FACTS = ("ai_", "dataset_")
"""Prefixes of the properties of the AI and dataset profiles that are carried as properties."""


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is JSON with the SPDX 3 context."""
    return json_document.is_kind(sample, "spdx3")


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = json_document.load(sample)
    with json_text.collector_off():
        return Graph(found, sample).document()


class Graph:
    """The elements of one document by id."""

    def __init__(self, found: json_document.JsonDocument, sample: Sample) -> None:
        tree = found.value
        self.notes: Notes = found.notes
        self.limits = sample.limits
        nodes = tree.get("@graph")
        self.base = f"{found.base}/@graph"
        if nodes is None or isinstance(nodes, dict):
            self.base = found.base if nodes is None else self.base
            root = nodes or {key: value for key, value in tree.items() if key != "@context"}
            places = [(self.base, root)]
        elif isinstance(nodes, list):
            places = [(f"{self.base}/{index}", node) for index, node in enumerate(nodes)]
        else:
            raise Unreadable("damaged", "@graph is no list", pointer=self.base)
        self.elements = spdx3_nodes.collect(places, self.notes)
        self.by_id = {one: node for _, node in self.elements if (one := identity(node))}
        self.version = self.find_version()
        self.licenses: dict[str, list[DeclaredLicense]] = {}
        self.unknown_license: set[str] = set()
        self.edges: dict[str, list[str]] = {}
        self.parents: dict[str, str] = {}
        self.paths: dict[str, list[str]] = {}
        self.roots: list[str] = []

    def find_version(self) -> str:
        """Return the specVersion of the creation information; versions before 3.0 and after 3.0.x are refused."""
        for pointer, node in self.elements:
            version = node.get("specVersion")
            if isinstance(version, str):
                if not version.startswith("3.0"):
                    raise Unreadable("unsupported-document", f"SPDX {shown(version)} is not supported", pointer=pointer)
                return version
        self.notes.add("missing-version", "no creation information with a specVersion", self.base)
        return "3.0"

    def name_of(self, one: str) -> str:
        """Return the name of the element of an id, else the id."""
        node = self.by_id.get(one)
        return str(node.get("name") or one) if node else one

    def license_of(self, one: str) -> str | None:
        """Return the expression of a license element, None when it is unknown."""
        if one.rsplit("/", 1)[-1] in UNKNOWN:
            return None
        node = self.by_id.get(one)
        if node is None:
            return one.rsplit("/", 1)[-1]
        for key in ("simplelicensing_licenseExpression", "name", "licenseExpression"):
            if text_or_none(node.get(key)):
                return str(node[key])
        return one.rsplit("/", 1)[-1]

    def relate(self, pointer: str, node: dict[str, Any]) -> None:
        """Take one relationship."""
        source = next(iter(ids(node.get("from"))), None)
        targets, kind = ids(node.get("to")), node.get("relationshipType")
        if source is None or not isinstance(kind, str):
            self.notes.add("bad-relationship", "a relationship without from and type", pointer)
            return
        for one in (source, *targets):
            inside = one in self.by_id or one.rsplit("/", 1)[-1] in (*UNKNOWN, "NoneElement", "NoneLicense")
            if not inside and kind not in LICENSES and not one.startswith("https://spdx.org/licenses/"):
                self.notes.add("dangling-ref", f"{shown(one)} names no element", pointer)
        if kind in DEPENDS or kind in DEPENDS_LINKS:
            self.edges.setdefault(source, []).extend(targets)
        elif kind in LICENSES:
            for one in targets:
                value = self.license_of(one)
                if value is None:
                    self.unknown_license.add(source)
                else:
                    license = DeclaredLicense(value=value, acknowledgement=LICENSES[kind])
                    self.licenses.setdefault(source, []).append(license)
        elif kind == "contains":
            self.contain(source, targets)
        elif kind == "describes":
            self.roots += targets

    def contain(self, source: str, targets: list[str]) -> None:
        """Take containment: files become paths, packages get a parent."""
        for one in targets:
            node = self.by_id.get(one)
            if node is not None and kind_of(node) == "software_File":
                self.paths.setdefault(source, []).append(str(node.get("name") or ""))
            elif node is not None and kind_of(node) in KINDS and kind_of(self.by_id.get(source, {})) in KINDS:
                self.parents.setdefault(one, source)

    def actor(self, value: Any, pointer: str, role: str, unknowns: list[str]) -> Actor | None:
        """Return the agent an id names."""
        one = next(iter(ids(value)), None)
        if one is None:
            return None
        if one.rsplit("/", 1)[-1] in UNKNOWN:
            unknowns.append(role)
            return None
        if one not in self.by_id and not isinstance(value, dict):
            self.notes.add("dangling-ref", f"the agent {shown(one)} is not in the document", f"{pointer}/{role}")
            return None
        return Actor(name=self.name_of(one))

    def component(self, pointer: str, node: dict[str, Any]) -> Declared:
        """Map a package, file, AI package or dataset."""
        ref, kind = identity(node), kind_of(node)
        purpose = node.get("software_primaryPurpose")
        kind = PURPOSES.get(str(purpose), KINDS[kind]) if KINDS[kind] == "library" else KINDS[kind]
        name = text_or_none(node.get("name"))
        unknowns: list[str] = []
        if name is None:
            self.notes.add("missing-name", "an element without a name", pointer)
        purl, cpe, properties = self.identifiers(node)
        supplier = self.actor(node.get("suppliedBy"), pointer, "supplier", unknowns)
        originator = self.actor(node.get("originatedBy"), pointer, "manufacturer", unknowns)
        licenses = tuple(self.licenses.get(ref or "", ()))
        if ref in self.unknown_license and not licenses:
            unknowns.append("license")
        properties += [(f"spdx:{key}", self.fact(node[key])) for key in node if key.startswith(FACTS)]
        hashes = [
            (str(one.get("algorithm")), one["hashValue"])
            for one in objects(node.get("verifiedUsing"))
            if isinstance(one.get("hashValue"), str)
        ]
        paths = self.paths.get(ref or "", [])
        return Declared(
            pointer=pointer,
            name=name or purl or ref or "",
            version=text_or_none(node.get("software_packageVersion")),
            type=kind,
            ref=ref,
            parent=self.parents.get(ref) if ref else None,
            purl=purl,
            cpe=cpe,
            mpn=name if kind == "device" and name and parts.looks_like_part_number(name) else None,
            hashes=tuple(hashes),
            licenses=licenses,
            supplier=supplier,
            manufacturer=originator,
            paths=(name,) if kind == "file" and name else tuple(dict.fromkeys(paths)),
            properties=tuple(properties),
            unknowns=tuple(unknowns),
        )

    def fact(self, value: Any) -> str:
        """Return a property of a profile as text."""
        values = value if isinstance(value, list) else [value]
        return ", ".join(flat(one) for one in values)

    def identifiers(self, node: dict[str, Any]) -> tuple[str | None, str | None, list[tuple[str, str]]]:
        """Return purl, CPE and the other identifiers and references."""
        purl, cpe = text_or_none(node.get("software_packageUrl")), None
        others: list[tuple[str, str]] = []
        for one in objects(node.get("externalIdentifier")):
            kind, value = one.get("externalIdentifierType"), one.get("identifier")
            if not isinstance(value, str):
                continue
            if kind in ("packageUrl", "purl") and purl is None:
                purl = value
            elif kind in ("cpe23", "cpe22") and cpe is None:
                cpe = value
            elif value not in (purl, cpe):
                others.append((f"spdx:{flat(kind)}", value))
        for one in objects(node.get("externalRef")):
            locators = one.get("locator")
            for locator in locators if isinstance(locators, list) else [locators]:
                others.append((f"spdx:{flat(one.get('externalRefType'))}", flat(locator)))
        for key in ("software_downloadLocation", "software_homePage"):
            if text_or_none(node.get(key)):
                others.append((f"spdx:{key}", node[key]))
        return purl, cpe, others

    def document(self) -> Document:
        """Map the whole document."""
        notes = self.notes
        for pointer, node in self.elements:
            kind = kind_of(node)
            if kind.endswith("Relationship"):
                self.relate(pointer, node)
            elif kind in ("SpdxDocument", "Bom", "software_Sbom"):
                self.roots += ids(node.get("rootElement"))
        items = [(pointer, node) for pointer, node in self.elements if kind_of(node) in KINDS]
        packages = [one for one in items if kind_of(one[1]) != "software_File"]
        chosen = packages or items
        if len(chosen) > self.limits.components:
            most = self.limits.components
            raise Unreadable("limit-components", f"{len(chosen)} elements", limit="components", value=most)
        components = [self.component(pointer, node) for pointer, node in chosen]
        places = graph.Places(components, self.base)
        graph.check_references([one.ref for one in components if one.ref], notes, places)
        everywhere = set(self.by_id).union(self.edges, *self.edges.values())
        graph.check_edges(self.edges, everywhere, notes, places)
        roots = set(self.roots)
        subjects = [one for one in components if one.ref in roots]
        subject = subjects[0] if len(subjects) == 1 else None
        if not components:
            notes.add("empty-document", "the document is recognized and lists no package and no file", self.base)
        rest = components if subject is None or len(components) == 1 else [c for c in components if c is not subject]
        linked = {*self.edges, *chain.from_iterable(self.edges.values())}
        return Document(
            format=NAME,
            version=self.version,
            subject=subject,
            components=tuple(rest),
            dependencies=tuple((ref, target) for ref, targets in self.edges.items() for target in targets),
            elements=elements.measure(spdx3_rules.facts(self), rest, linked),
            violations=schemas.collected(spdx3_rules.violations(self)),
            problems=notes.all(),
            unknown_keys=notes.unknown_keys,
        )
