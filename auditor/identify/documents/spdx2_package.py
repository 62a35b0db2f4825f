"""The packages and files of an SPDX 2 document, mapped one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents.cyclonedx_parts import listed, text_or_none
from auditor.identify.documents.notes import Notes, shown
from auditor.identify.documents.spdx2_keys import ACTOR, NOTHING, PACKAGE_KEYS, TYPES, UNKNOWN
from auditor.model import Actor, Declared, DeclaredLicense


class PackageMapper:
    """Maps packages and files; equal actors and license pairs are made once."""

    def __init__(self, notes: Notes, paths: Mapping[str, list[str]], parents: Mapping[str, str]) -> None:
        """`paths` maps the ref of a package to the paths of its files, `parents` to the ref of what contains it."""
        self.notes = notes
        self.paths = paths
        self.parents = parents
        self.known_actors: dict[str, Actor | None] = {}
        self.known_licenses: dict[tuple[Any, Any], tuple[DeclaredLicense, ...]] = {}

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
