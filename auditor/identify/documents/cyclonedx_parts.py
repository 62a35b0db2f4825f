"""The parts of a CycloneDX component: licenses, hashes, actors, properties, evidence, model cards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import unquote

import msgspec

from auditor.identify.documents import columns
from auditor.identify.documents import cyclonedx_keys as keys
from auditor.identify.documents.cyclonedx_other import flat, other
from auditor.identify.documents.notes import Notes, shown
from auditor.model import Actor, Declared, DeclaredAlternate, DeclaredLicense

if TYPE_CHECKING:
    from auditor.identify.documents.cyclonedx import Mapper

TEXTS = ("name", "version", "type", "bom-ref", "group", "purl", "cpe")
PURL = re.compile(r"pkg:/{0,2}[A-Za-z][A-Za-z0-9.+-]*/.*[^/\s]", re.DOTALL)
CPE = re.compile(r"cpe:(?:2\.3:[aho*-](?::(?:\\.|[^\s:\\]){1,400}){10}|/[aho]?(?::[^\s:]{0,400}){0,6})")
DIGEST_SIZES = frozenset({32, 40, 56, 64, 96, 128})
PART_NUMBER = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9./#+_-]{2,39}")
DECLARED_UNKNOWN = frozenset({"noassertion", "unknown"})
LONGEST_PURL = 4096


class Located(dict[str, Any]):
    """A node of a document that is not JSON, with its place (`line N`)."""

    __slots__ = ("place",)
    place: str


class UsualHash(msgspec.Struct, forbid_unknown_fields=True):
    """A digest as the schema has it."""

    alg: str
    content: str


class UsualProperty(msgspec.Struct, forbid_unknown_fields=True):
    """A property that has a value."""

    name: str
    value: str


class Usual(msgspec.Struct, forbid_unknown_fields=True, rename={"kind": "type", "ref": "bom-ref"}):
    """A component with the fields most have, and no other: told in one step."""

    name: str
    version: str
    kind: str
    ref: str
    purl: str
    hashes: list[UsualHash] = []
    properties: list[UsualProperty] = []
    supplier: Any = None
    licenses: Any = None
    description: Any = None


def where(node: dict[str, Any], pointer: str) -> str:
    """Return the place of a node: its line in XML, else the JSON pointer."""
    return node.place if type(node) is Located else pointer


def usual_purl(purl: str) -> bool:
    """Tell cheaply that a package URL has a type and a name; False means: look closer."""
    return (
        purl[:4] == "pkg:"
        and "/" in purl[5:]
        and "%" not in purl
        and ".." not in purl
        and purl[-1].isalnum()
        and len(purl) < LONGEST_PURL
    )


def check_purl(purl: str, pointer: str, notes: Notes) -> None:
    """Note a text that is no package URL, or one whose parts would climb out of a folder."""
    if usual_purl(purl):
        return
    if not purl.startswith("pkg:") or len(purl) > LONGEST_PURL or not PURL.fullmatch(purl):
        notes.add("bad-purl", f"{shown(purl)} is no package URL", pointer)
        return
    path = unquote(purl.split("?", 1)[0].split("#", 1)[0])
    if "\0" in path or any(part in (".", "..") for part in path.split("/")):
        notes.add("bad-purl", f"{shown(purl)} has path parts that no package has", pointer)


def check_cpe(cpe: str, pointer: str, notes: Notes) -> None:
    """Note a text that is neither a CPE 2.3 nor a CPE 2.2 name."""
    if not CPE.fullmatch(cpe[:LONGEST_PURL]):
        notes.add("bad-cpe", f"{shown(cpe)} is no CPE", pointer)


def texts(node: dict[str, Any], pointer: str, notes: Notes) -> list[Any]:
    """Return the plain text fields of a component in the order of TEXTS.

    Other types are problems (a number is taken as text), empty text is absence.
    """
    found: dict[str, str] = {}
    for key in TEXTS:
        value = node.get(key)
        if type(value) is str:
            if value:
                found[key] = value
        elif value is not None:
            if isinstance(value, (int, float)) and key != "bom-ref":
                found[key] = str(value)
            notes.add("wrong-type", f"expected a text, found {shown(value)}", f"{pointer}/{key}")
    purl = found.get("purl")
    if purl is not None:
        check_purl(purl, f"{pointer}/purl", notes)
    if "cpe" in found:
        check_cpe(found["cpe"], f"{pointer}/cpe", notes)
    return [found.get(key) for key in TEXTS]


def publisher(value: Any) -> Actor | None:
    """Map the publisher, a text."""
    return Actor(name=value) if type(value) is str and value else None


def actor(node: Any, pointer: str, notes: Notes) -> Actor | None:
    """Map an organizational entity with its country."""
    if not isinstance(node, dict):
        if isinstance(node, str) and not node.strip():
            return None  # an empty element
        if node is not None:
            notes.add("bad-actor", f"expected an organization, found {shown(node)}", pointer)
        return Actor(name=node) if isinstance(node, str) and node else None
    name, address, url = node.get("name", node.get("supplierName")), node.get("address"), node.get("url")
    country = address.get("country") if isinstance(address, dict) else node.get("area")
    if isinstance(url, list):
        url = url[0] if url else None
    if name is not None and not isinstance(name, str):
        notes.add("bad-actor", f"expected a name, found {shown(name)}", f"{pointer}/name")
        name = None
    if not name and not country and not url:
        return None
    return Actor(name=name or "", country=text_or_none(country), url=text_or_none(url))


def text_or_none(value: Any) -> str | None:
    """Return a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def is_digest(value: Any) -> TypeGuard[str]:
    """Tell whether a value is a digest in hexadecimal of a usual size."""
    if type(value) is not str or len(value) not in DIGEST_SIZES:
        return False
    try:
        return len(bytes.fromhex(value)) * 2 == len(value)  # less when there is space between digits
    except ValueError:
        return False


def hashes(nodes: Any, pointer: str, notes: Notes) -> tuple[tuple[str, str], ...]:
    """Map hashes to (algorithm, hex) pairs."""
    if type(nodes) is list and len(nodes) == 1 and type(one := nodes[0]) is dict:
        name, digest = one.get("alg"), one.get("content")
        if type(name) is str and is_digest(digest):
            return ((name, digest),)
    found = []
    for index, node in enumerate(listed(nodes, f"{pointer}/hashes", notes)):
        algorithm, content = (node.get("alg"), node.get("content")) if isinstance(node, dict) else (None, None)
        if type(algorithm) is str and is_digest(content):
            found.append((algorithm, content))
        else:
            notes.add("bad-hash", f"no hash: {shown(content)}", f"{pointer}/hashes/{index}")
    return tuple(found)


def listed(nodes: Any, pointer: str, notes: Notes) -> list[Any]:
    """Return a list; anything else but absence is a problem."""
    if isinstance(nodes, list):
        return nodes
    if nodes is not None:
        notes.add("wrong-type", f"expected a list, found {shown(nodes)}", pointer)
    return []


def licenses(nodes: Any, pointer: str, notes: Notes) -> tuple[DeclaredLicense, ...]:
    """Map license choices: id, name, expression, or at least the URL."""
    found = []
    for index, node in enumerate(listed(nodes, f"{pointer}/licenses", notes)):
        inner = node.get("license", node) if isinstance(node, dict) else None
        if not isinstance(inner, dict):
            notes.add("bad-license", f"no license: {shown(node)}", f"{pointer}/licenses/{index}")
            continue
        value = inner.get("id") or inner.get("name") or inner.get("expression") or inner.get("url")
        if type(value) is not str:
            notes.add("bad-license", "a license without id, name or expression", f"{pointer}/licenses/{index}")
            continue
        acknowledgement = inner.get("acknowledgement") or node.get("acknowledgement")
        if acknowledgement in ("declared", "concluded"):
            found.append(DeclaredLicense(value=value, acknowledgement=acknowledgement))
        else:
            found.append(DeclaredLicense(value=value))
    return tuple(found)


def unknowns(found: tuple[DeclaredLicense, ...]) -> tuple[str, ...]:
    """Return `license` when the document says that it does not know the license."""
    return ("license",) if found and all(one.value.lower() in DECLARED_UNKNOWN for one in found) else ()


def looks_like_part_number(name: str) -> bool:
    """Tell whether a device's name can be its part number, as the convention has it."""
    return PART_NUMBER.fullmatch(name) is not None


def pairs(nodes: Any, pointer: str, notes: Notes) -> list[tuple[str, str]]:
    """Map properties to (name, value) pairs; a property without value is an empty text."""
    found = []
    for index, node in enumerate(nodes if type(nodes) is list else listed(nodes, f"{pointer}/properties", notes)):
        if isinstance(node, dict) and type(name := node.get("name")) is str:
            value = node.get("value", "")
            found.append((name, value if type(value) is str else flat(value)))
        else:
            notes.add("bad-property", f"no property: {shown(node)}", f"{pointer}/properties/{index}")
    return found


def extras(
    node: dict[str, Any], pointer: str, notes: Notes, plain: bool
) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]]:
    """Return the properties, those made of other keys included, and the fields only some components have."""
    found = pairs(node.get("properties"), pointer, notes)
    fields: dict[str, Any] = {}
    paths = []
    for name, value in found:
        key = columns.property_field(name)
        if key is None:
            continue
        if key in ("mpn", "country_of_origin"):
            fields.setdefault(key, value)
        elif key == "quantity":
            fields.setdefault(key, columns.number(value))
        elif key == "designators":
            fields.setdefault(key, columns.split(value))
        elif key == "paths":
            paths.append(value)
        elif key == "alternates":
            fields["alternates"] = (*fields.get("alternates", ()), DeclaredAlternate(mpn=value))
    if "evidence" in node and isinstance(evidence := node["evidence"], dict):
        for one in listed(evidence.get("occurrences"), f"{pointer}/evidence/occurrences", notes):
            if isinstance(one, dict) and text_or_none(one.get("location")):
                paths.append(one["location"])
    if not plain:
        found += [(f"cyclonedx:{name}", value) for name, value in other(node)]
    if paths:
        fields["paths"] = tuple(dict.fromkeys(paths))
    return tuple(found), fields


def service(node: dict[str, Any], pointer: str, parent: str | None, notes: Notes) -> Declared:
    """Map a service."""
    notes.unknown_keys += len(node.keys() - keys.SERVICE)
    name, version, _, ref, group, _, _ = texts(node, pointer, notes)
    found = pairs(node.get("properties"), pointer, notes)
    endpoints = node.get("endpoints")
    if isinstance(endpoints, list):
        found += [("cyclonedx:endpoint", flat(one)) for one in endpoints]
    if not name:
        notes.add("missing-name", "a service without a name", pointer)
    return Declared(
        pointer=where(node, pointer),
        name=name or "",
        version=version,
        type="service",
        ref=ref,
        parent=parent,
        group=group,
        supplier=actor(node.get("provider"), f"{pointer}/provider", notes),
        licenses=licenses(node.get("licenses"), pointer, notes),
        properties=tuple(found),
    )


def formulation(mapper: Mapper, formulas: Any) -> None:
    """Map the components of the formulation (what built the subject); marked by a property."""
    for index, formula in enumerate(formulas if isinstance(formulas, list) else ()):
        if isinstance(formula, dict) and formula.get("components"):
            before = len(mapper.components)
            mapper.walk(formula["components"], f"{mapper.base}/formulation/{index}/components", None)
            for at in range(before, len(mapper.components)):
                one = mapper.components[at]
                marked = (*one.properties, ("cyclonedx:section", "formulation"))
                mapper.components[at] = msgspec.structs.replace(one, properties=marked)
