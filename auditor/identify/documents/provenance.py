"""SLSA provenance: who is said to have built which file from what; an in-toto statement, in whatever envelope.

Shapes from slsa.dev/spec (provenance v0.2, v1) and in-toto's attestation framework. The signature is not checked:
the statement is what somebody says.
"""

from __future__ import annotations

from typing import Any

from auditor.declared import BuildStatement
from auditor.identify.documents import json_document
from auditor.identify.documents.cyclonedx_parts import text_or_none
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "slsa-provenance"
TITLE = "SLSA provenance v0.2 and v1 (in-toto statement, DSSE or attestation around it); signature not checked"

MOST = 1000
"""Subjects of one statement that are kept."""
MAX_TEXT = 1000


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is a statement of provenance."""
    return json_document.is_kind(sample, "provenance")


def read(sample: Sample) -> Document:
    """Read the statement; raises Unreadable when it says nothing of a build."""
    found = json_document.load(sample)
    tree, base, notes = found.value, found.base, found.notes
    predicate = tree.get("predicate")
    if not isinstance(predicate, dict):
        raise Unreadable("damaged", "the statement has no predicate", pointer=f"{base}/predicate")
    version = tree["predicateType"].rpartition("/")[2]
    builder, kind, source = _later(predicate) if version.startswith("v1") else _earlier(predicate)
    if builder is None:
        notes.add("missing-builder", "the statement names no builder", f"{base}/predicate")
    subjects = tree.get("subject")
    if not isinstance(subjects, list) or not subjects:
        raise Unreadable("damaged", "the statement has no subject", pointer=f"{base}/subject")
    if len(subjects) > MOST:
        notes.add("too-many-subjects", f"{len(subjects)} subjects, the first {MOST} are kept", f"{base}/subject")
    statements = []
    for index, subject in enumerate(subjects[:MOST]):
        place = f"{base}/subject/{index}"
        digest = _digest(subject, place, notes)
        name = subject.get("name") if isinstance(subject, dict) else None
        statements.append(BuildStatement(place, _text(name) or "", digest, _text(builder), _text(kind), _text(source)))
    return Document(
        format=NAME,
        version=version,
        subject=None,
        components=(),
        statements=tuple(statements),
        problems=notes.all(),
        unknown_keys=notes.unknown_keys,
    )


def _digest(subject: Any, place: str, notes: Notes) -> str | None:
    """Return the SHA-256 of a subject in lower case; None and a note when there is none."""
    digests = subject.get("digest") if isinstance(subject, dict) else None
    value = digests.get("sha256") if isinstance(digests, dict) else None
    if isinstance(value, str) and len(value) == 64 and not value.strip("0123456789abcdefABCDEF"):
        return value.lower()
    notes.add("missing-digest", f"a subject without a SHA-256, found {shown(value)}", f"{place}/digest")
    return None


def _later(predicate: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return (builder, build type, source) of provenance v1."""
    definition, details = _part(predicate, "buildDefinition"), _part(predicate, "runDetails")
    sources = definition.get("resolvedDependencies")
    return _part(details, "builder").get("id"), definition.get("buildType"), _first_uri(sources)


def _earlier(predicate: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return (builder, build type, source) of provenance v0.x."""
    source = _part(_part(predicate, "invocation"), "configSource").get("uri")
    return (
        _part(predicate, "builder").get("id"),
        predicate.get("buildType"),
        source or _first_uri(predicate.get("materials")),
    )


def _part(node: dict[str, Any], key: str) -> dict[str, Any]:
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def _first_uri(nodes: Any) -> Any:
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    return first.get("uri") if isinstance(first, dict) else None


def _text(value: Any) -> str | None:
    """Return a text that can be shown, bounded."""
    text = text_or_none(value)
    return text if text is None or (len(text) <= MAX_TEXT and text.isprintable()) else shown(text, MAX_TEXT)
