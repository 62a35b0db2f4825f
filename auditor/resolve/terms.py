"""Libraries of a project whose license is not that of its programs: components of their own, of the same project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from auditor.knowledge.spelling import beginnings
from auditor.model import Component, Declared, Evidence
from auditor.resolve.identity import LAYERS, PACKAGE_PREFIXES, component_id

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

MARK = "#"
"""Stands between the key of the project and the library, as in a package URL with a subpath."""
KIND = "library"

Place = tuple[str, str]
"""(input id, path)"""
Subjects = dict[str, list[Evidence]]


def divide(subjects: Subjects, knowledge: Knowledge) -> Subjects:
    """Return the votes with `util-linux#libuuid` beside `util-linux` where both are there under different terms."""
    sonames = {
        (vote.input, vote.path): vote.value.partition(".so")[0]
        for votes in subjects.values()
        for vote in votes
        if vote.claim == "soname" and vote.subject.startswith("file:")
    }
    divided: Subjects = {}
    for key, votes in subjects.items():
        record = knowledge.software(key)
        licenses = (record.package_licenses if record is not None else None) or {}
        parts = _parts(key, votes, sonames, licenses) if licenses else {key: votes}
        divided |= parts
    return divided


def _parts(key: str, votes: list[Evidence], sonames: dict[Place, str], licenses: dict[str, str]) -> Subjects:
    parts: Subjects = defaultdict(list)
    terms: set[str] = set()
    for vote in votes:
        scheme, _, package = vote.subject.partition(":")
        name = package if scheme in PACKAGE_PREFIXES else sonames.get((vote.input, vote.path), "")
        pattern = _pattern(name, licenses) if vote.role == "self" else None
        if vote.role == "self" and vote.grade != "weak":
            terms.add(licenses[pattern] if pattern else "")
        parts[f"{key}{MARK}{_library(pattern)}" if pattern else key].append(vote)
    return dict(parts) if len(terms) > 1 else {key: votes}


def _pattern(name: str, licenses: dict[str, str]) -> str | None:
    """Return the pattern of `package-licenses` that a package or the stem of a SONAME falls under."""
    candidates = (name, *(f"{start}*" for start in beginnings(name)))
    return next((one for one in candidates if name and one in licenses), None)


def _library(pattern: str) -> str:
    return pattern.rstrip("*").rstrip("-").replace("_", "-")


def named(part: Component, ecu: str) -> Component:
    """Return a component of `divide` as the library it is, with the project's package URL and its own subpath."""
    project, mark, library = part.key.partition(MARK)
    if not mark:
        return part
    purl = part.purl or f"pkg:generic/{project}"
    return msgspec.structs.replace(
        part,
        id=component_id(KIND, part.key, part.version, ecu),
        kind=KIND,
        layer=LAYERS[KIND],
        name=library,
        purl=f"{purl}{MARK}{library}" if purl.startswith("pkg:generic/") else purl,
    )


def declared_key(declared: Declared, key: str, knowledge: Knowledge) -> str:
    """Return the key of the library that a declaration of a project's package names; else the project's."""
    record = knowledge.software(key)
    licenses = (record.package_licenses if record is not None else None) or {}
    package = (declared.purl or "").partition("@")[0].rpartition("/")[2]
    pattern = _pattern(declared.name, licenses) or _pattern(package, licenses)
    return f"{key}{MARK}{_library(pattern)}" if pattern else key


def covered(components: dict[str, Component]) -> Iterator[tuple[str, Component]]:
    """Yield (key, project) of each library that no document lists while one lists its whole project."""
    for key, part in sorted(components.items()):
        project = components.get(key.partition(MARK)[0]) if MARK in key else None
        if project is not None and project.declared and not part.declared:
            yield key, project
