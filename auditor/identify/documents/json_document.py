"""JSON documents as the readers see them: parsed once per sample, taken out of their wrappers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from auditor.identify.documents import json_text
from auditor.identify.documents.notes import Notes, Unreadable
from auditor.identify.sample import Sample

MARKERS = {
    "cyclonedx": re.compile(rb'"bomFormat"|cyclonedx\.org/schema/bom-'),
    "spdx2": re.compile(rb'"spdxVersion"'),
    "spdx3": re.compile(rb"spdx\.org/rdf/(?:3|v3)|spdx-context\.jsonld"),
    "dsdx": re.compile(rb'"dsdx_version"'),
    "catena-x": re.compile(rb'"childItems"|"partTypeInformation"'),
    "report": re.compile(rb'"rulesDigest"'),
    "provenance": re.compile(rb"slsa\.dev/provenance/"),
}
"""What the bytes must contain before anything is parsed."""
WRAPPERS = re.compile(rb'"payloadType"|"predicateType"|"sbom"|"envelope"')
PROVENANCE = "https://slsa.dev/provenance/"
EDGE = 65536
"""Bytes at either end of a document in which its marker usually stands."""
LIKELY_START = re.compile(rb"[\s\0]*[{\[]")


@dataclass(slots=True)
class JsonDocument:
    """A tree without its wrappers; `base` is the pointer of its root in the file."""

    value: Any
    base: str
    notes: Notes


_cache: WeakKeyDictionary[Sample, JsonDocument | Unreadable] = WeakKeyDictionary()
_marked: WeakKeyDictionary[Sample, bool] = WeakKeyDictionary()


def marked(sample: Sample) -> bool:
    """Tell whether the bytes look like JSON with the marker of some kind of document, or a wrapper; asked once."""
    found = _marked.get(sample)
    if found is None:
        found = _marked[sample] = _has_marker(sample)
    return found


def _has_marker(sample: Sample) -> bool:
    head = sample.head
    for mark, _ in json_text.MARKS:
        head = head.removeprefix(mark)
    if not LIKELY_START.match(head):
        return False
    data: Any = sample.view.data[: sample.limits.document_size]
    if b"\0" in head[:4]:
        data = sample.data.replace(b"\0", b"")
    patterns = (*MARKERS.values(), WRAPPERS)
    for part in (data[:EDGE], data[-EDGE:], data):
        if any(pattern.search(part) is not None for pattern in patterns):
            return True
    return False


def load(sample: Sample) -> JsonDocument:
    """Parse the sample once and unwrap it; raises Unreadable."""
    found = _cache.get(sample)
    if found is None:
        try:
            found = unwrap(json_text.parse(whole(sample), sample.limits), sample)
        except Unreadable as error:
            found = error
        _cache[sample] = found
    if isinstance(found, Unreadable):
        raise found
    return found


def whole(sample: Sample) -> bytes:
    """Return all bytes of the sample, without a copy where they are held as `bytes` already."""
    data = sample.view.data
    held = data.obj
    return held if type(held) is bytes and len(held) == len(data) else bytes(data)


def forget(sample: Sample) -> None:
    """Let go of the tree of a sample that was read."""
    _cache.pop(sample, None)
    _marked.pop(sample, None)


def unwrap(tree: json_text.Tree, sample: Sample) -> JsonDocument:
    """Take the document out of a DSSE envelope, an in-toto statement or GitHub's `{"sbom": ...}`.

    A statement of provenance is a document itself, and stays with its subjects.
    """
    value, base, notes = tree.value, "", tree.notes
    for _ in range(4):
        if not isinstance(value, dict):
            break
        encoded = _encoded(value)
        if encoded is not None:
            text, place = encoded
            try:
                payload = base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise Unreadable("damaged", "the payload is not base64", pointer=f"{base}{place}") from error
            inner = json_text.parse(payload, sample.limits)
            notes.problems.extend(inner.notes.problems)
            value, base = inner.value, f"{base}{place}"
        elif _provenance(value):
            break
        elif "predicateType" in value and isinstance(value.get("predicate"), dict):
            value, base = value["predicate"], f"{base}/predicate"
            if isinstance(value.get("Data"), dict):
                value, base = value["Data"], f"{base}/Data"
        elif isinstance(value.get("sbom"), dict) and "spdxVersion" in value["sbom"]:
            value, base = value["sbom"], f"{base}/sbom"
        else:
            break
    return JsonDocument(value, base, notes)


def _encoded(value: dict[str, Any]) -> tuple[str, str] | None:
    """Return (base64 text, pointer) of what DSSE, a Sigstore bundle or a package index's attestation carries."""
    places = (((), "payload"), (("dsseEnvelope",), "payload"), (("envelope",), "statement"))
    for path, key in places:
        node: Any = value
        for part in path:
            node = node.get(part)
        if isinstance(node, dict) and isinstance(node.get(key), str) and (key == "statement" or "payloadType" in node):
            return node[key], "".join(f"/{part}" for part in (*path, key))
    return None


def _provenance(value: dict[str, Any]) -> bool:
    kind = value.get("predicateType")
    return isinstance(kind, str) and kind.startswith(PROVENANCE)


def is_kind(sample: Sample, kind: str) -> bool:
    """Tell whether the sample is a document of a kind; broken JSON with the kind's own marker counts."""
    if not marked(sample):
        return False
    try:
        value = load(sample).value
    except Unreadable:
        data = sample.data.replace(b"\0", b"") if b"\0" in sample.head[:4] else sample.data
        return MARKERS[kind].search(data) is not None
    return isinstance(value, dict) and TESTS[kind](value)


def _spdx3(value: dict[str, Any]) -> bool:
    return "@context" in value and "spdx" in str(value["@context"])[:400].lower()


def _cyclonedx(value: dict[str, Any]) -> bool:
    if value.get("bomFormat") == "CycloneDX":
        return True
    return "specVersion" in value and ("bomFormat" in value or "cyclonedx" in str(value.get("$schema", "")).lower())


TESTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "cyclonedx": _cyclonedx,
    "spdx2": lambda value: "spdxVersion" in (value["Document"] if isinstance(value.get("Document"), dict) else value),
    "spdx3": _spdx3,
    "dsdx": lambda value: "dsdx_version" in value,
    "catena-x": lambda value: "globalAssetId" in value and ("childItems" in value or "partTypeInformation" in value),
    "provenance": _provenance,
    "report": lambda value: "schemaVersion" in value and isinstance(value.get("tool"), dict) and "findings" in value,
}
