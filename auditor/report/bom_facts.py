"""What both BOM writers say about a component: identity, licenses, and the properties of the `auditor:` namespace.

The names of the properties are documented in docs/boms.md.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.report.schema import Report, ReportComponent

NAMESPACE = uuid.UUID("6f1d2a52-6c2b-5d0c-9f6e-1a0f3c1d7b11")
"""Name space of the serial numbers this program makes (version 5)."""
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CPE = re.compile(r"cpe:(?:2\.3:[aho*-](?::[^\s:]{1,400}){10}|/[aho]:[A-Za-z0-9._~%:-]{1,400})")
LONGEST_EXPRESSION = 2000
OPERATORS = 200
DEPTH = 20
FILES = 50
"""Files listed per component; the JSON report has all of them."""
LISTS = frozenset(
    {"package-database", "manifest", "os-release", "declared", "device-tree", "map", "source-path", "dwarf"}
    | {"cargo-auditable", "go-buildinfo", "build-attribute", "hash"}
)
"""Methods that read of a component in a file that is not the component."""
DEPENDS = frozenset({"contains", "runs-on", "links", "trained-on", "supplied-by"})
"""Links whose source needs the target."""


def clean(value: str) -> str:
    """Return a text that XML and UTF-8 can hold: characters they cannot become U+FFFD."""
    return ILLEGAL.sub("\ufffd", value)


def serial(report: Report, form: str) -> uuid.UUID:
    """Return the serial number: the same inputs, day and components give the same one."""
    digest = hashlib.sha256()
    for part in (form, report.run.as_of, report.tool.version, report.tool.knowledge_digest):
        digest.update(part.encode() + b"\0")
    for one in report.inputs:
        digest.update(one.sha256.encode() + b"\0" + one.ecu.encode() + b"\0")
    for component in report.components:
        digest.update(component.id.encode() + b"\0")
    return uuid.uuid5(NAMESPACE, digest.hexdigest())


Files = Mapping[str, tuple[tuple[str, str], ...]]
"""Component id -> (sha256, path in its input) of its own files, sorted by path."""


def files(report: Report) -> Files:
    """Return the files that are a component's own: those that name it and no other component.

    A database, manifest or image that several components were seen in is the file of none of them.
    """
    owners: dict[tuple[str, str, str], set[str]] = {}
    for component in report.components:
        for vote in component.evidence:
            if vote.role == "self" and vote.sha256 and vote.method not in LISTS:
                owners.setdefault((vote.input, vote.path, vote.sha256), set()).add(component.id)
    found: dict[str, set[tuple[str, str]]] = {}
    for (_, path, sha256), names in owners.items():
        if len(names) == 1:
            found.setdefault(next(iter(names)), set()).add((path, sha256))
    return {
        one: tuple((sha256, clean(path)) for path, sha256 in sorted(those)[:FILES])
        for one, those in sorted(found.items())
    }


def digest(own: tuple[tuple[str, str], ...]) -> str | None:
    """Return the sha256 of the file a component is; None when it is none, or several that differ."""
    digests = {sha256 for sha256, _ in own}
    return digests.pop() if len(digests) == 1 else None


def properties(one: ReportComponent, own: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, str]]:
    """Return what CycloneDX and SPDX have no field for, as (name, value) pairs in a fixed order.

    `own` are the component's files, see `files`.
    """
    found = [
        ("auditor:kind", one.kind),
        ("auditor:layer", one.layer),
        ("auditor:ecu", one.ecu),
        ("auditor:declared", "true" if one.declared else "false"),
        ("auditor:observed", "true" if one.observed else "false"),
    ]
    for name, value in (
        ("versionRange", one.version_range),
        ("mpn", one.mpn),
        ("governance", one.governance),
        ("linkage", one.linkage),
        ("generation", one.generation),
        ("knowledge", one.knowledge),
        ("license:declared", one.licenses.declared),
        ("license:observed", one.licenses.observed),
        ("license:concluded", one.licenses.concluded),
    ):
        if value:
            found.append((f"auditor:{name}", value))
    if one.quantity is not None:
        found.append(("cdx:device:quantity", f"{one.quantity:g}"))
    found += [("auditor:sha256", f"{sha256} {path}".rstrip()) for sha256, path in own]
    found += origin(one)
    for alternate in one.sourcing.alternates if one.sourcing else ():
        found.append(("auditor:alternate", alternate.name))
    return [(name, clean(value)) for name, value in found]


def origin(one: ReportComponent) -> list[tuple[str, str]]:
    """Return the origin vector as properties `auditor:origin:<stage>:<fact>`."""
    found = []
    for entry in one.origin:
        base = f"auditor:origin:{entry.stage}"
        if entry.party:
            found.append((f"{base}:party", entry.party))
        if entry.country:
            share = "" if entry.share is None else f" {entry.share:g}"
            found.append((f"{base}:country", entry.country + share))
        found.append((f"{base}:confidence", entry.confidence))
        found.append((f"{base}:basis", entry.basis))
    return found


def simple(expression: str) -> bool:
    """Tell whether a license text is small enough for the libraries that parse expressions."""
    depth = deepest = 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    words = expression.upper().split()
    operators = sum(word in ("AND", "OR", "WITH") for word in words)
    return len(expression) <= LONGEST_EXPRESSION and operators <= OPERATORS and deepest <= DEPTH


def good_cpe(value: str | None) -> str | None:
    """Return a CPE the schemas accept, else None."""
    return value if value and CPE.fullmatch(value) else None


def edges(report: Report) -> dict[str, list[str]]:
    """Return component id -> ids it depends on, sorted."""
    known = {one.id for one in report.components}
    found: dict[str, set[str]] = {}
    for link in report.links:
        if link.type in DEPENDS and link.source in known and link.target in known and link.source != link.target:
            found.setdefault(link.source, set()).add(link.target)
    return {source: sorted(targets) for source, targets in sorted(found.items())}


def locations(inputs: Mapping[str, str], one: ReportComponent) -> list[tuple[str, int | None]]:
    """Return where a component was seen: (path in its input, offset), each once; `inputs` are paths by input id.

    A file as a whole is named only where no place in it is.
    """
    found: dict[str, set[int]] = {}
    for vote in one.evidence:
        if vote.role == "self":
            base = inputs.get(vote.input, vote.input)
            where = clean(f"{base}!/{vote.path}" if vote.path else base)
            if where:
                offsets = found.setdefault(where, set())
                if vote.offset is not None:
                    offsets.add(vote.offset)
    return [(where, offset) for where, offsets in sorted(found.items()) for offset in sorted(offsets) or (None,)]


def organization(name: str, country: str | None) -> dict[str, Any]:
    """Make an organization, with its country where one is given."""
    made: dict[str, Any] = {"name": clean(name)}
    if country:
        made["address"] = {"country": clean(country)}
    return made
