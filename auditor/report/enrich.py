"""Give a supplier's bill of materials back with what the audit found; every byte of it stays.

The text is patched, never parsed and written again: properties, and where they are absent the
evidence, licenses, supplier and manufacturer, are inserted before the closing brackets of their
component. SPDX packages get an annotation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from auditor.identify.documents import json_text, spdx3_nodes
from auditor.identify.documents.json_tokens import Parser
from auditor.identify.documents.notes import Notes
from auditor.limits import Limits
from auditor.report import bom_facts as facts
from auditor.report import enrich_spdx, enrich_xml
from auditor.report.bom_licenses import choice

if TYPE_CHECKING:
    from auditor.report.schema import Report, ReportComponent


Additions = tuple[dict[str, Any], dict[str, list[Any]]]
"""Fields to add to a component, and items to append to its lists."""


class NotEnriched(ValueError):
    """The document is of a kind that cannot be enriched, or nothing of the report speaks about it."""


class _Finder(Parser):
    """Notes where containers close: pointer -> (position of the bracket, whether it is empty)."""

    def __init__(self, text: str, limits: Limits, notes: Notes) -> None:
        super().__init__(text, limits, notes)
        self.ends: dict[str, tuple[int, bool]] = {}

    def mark(self, text: str, expect: str, start: int) -> str:
        """Take a bracket, comma or colon; remember where a container ends."""
        if text in "}]" and self.stack:
            parts = []
            for node, key in zip(self.stack[:-1], self.keys[:-1], strict=True):
                parts.append(key if key is not None else str(len(node) - 1))
            where = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
            self.ends.setdefault(where, (start, not self.stack[-1]))
        return super().mark(text, expect, start)


def enrich(data: bytes, report: Report, limits: Limits | None = None) -> bytes:
    """Return the document with the audit's facts about its components.

    `data` are the bytes of a CycloneDX JSON or XML, SPDX 2 JSON or tag-value, or SPDX 3 JSON-LD document
    that was an input of the report; its components are found by the pointers of their evidence. Raises NotEnriched, and
    Unreadable for malformed text. Properties exist from CycloneDX 1.3 on; XML gets properties only.
    """
    found = components(report, hashlib.sha256(data).hexdigest())
    if not found:
        raise NotEnriched("no component of the report was declared by this document")
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] not in (b"{", b"["):
        return _text(data, found, report, limits or Limits())

    own = facts.files(report)

    def add(tree: dict[str, Any], pointer: str, node: dict[str, Any]) -> Additions:
        if "spdxVersion" not in tree and "specVersion" not in tree:
            raise NotEnriched("only CycloneDX, SPDX 2 and the graph of SPDX 3 can be enriched, out of their wrappers")
        one = found[pointer]
        fields, items = additions(tree, node, one, report, own.get(one.id, ()))
        # a service has no maker of its own, its provider is one
        return ({}, items) if "/services/" in pointer else (fields, items)

    if b"@graph" in data and any(pointer.startswith("/@graph/") for pointer in found):
        return insert(
            data, [""], lambda tree, pointer, node: ({}, _annotations(tree, found, report)), limits or Limits()
        )
    return insert(data, found, add, limits or Limits())


def _text(data: bytes, found: Mapping[str, ReportComponent], report: Report, limits: Limits) -> bytes:
    """Return an XML or tag-value document with what was found; raises NotEnriched with the reason."""
    own = facts.files(report)
    pairs = {place: sorted(set(facts.properties(one, own.get(one.id, ())))) for place, one in found.items()}
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        enriched = enrich_xml.insert(data, pairs, limits)
        reason = "XML takes properties from CycloneDX 1.3 on; send it as 1.3 or later, or as JSON"
    else:
        comments = {place: _comment(one) for place, one in pairs.items()}
        enriched = enrich_spdx.tag_value(data, comments, *_signed(report))
        reason = "of the text forms only SPDX tag-value in UTF-8 can be enriched"
    if enriched is None:
        raise NotEnriched(reason)
    return enriched


def _annotations(tree: dict[str, Any], found: Mapping[str, ReportComponent], report: Report) -> dict[str, list[Any]]:
    """Return what to append to the graph of an SPDX 3 document."""
    own = facts.files(report)
    places = [(f"/@graph/{index}", node) for index, node in enumerate(tree["@graph"])]
    graph = spdx3_nodes.collect(places, Notes())
    comments = {
        pointer: _comment(sorted(set(facts.properties(one, own.get(one.id, ()))))) for pointer, one in found.items()
    }
    return {"@graph": enrich_spdx.elements(graph, comments, *_signed(report))}


def _comment(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name}={value}" for name, value in pairs)


def _signed(report: Report) -> tuple[str, str]:
    """Return who annotates and when."""
    return f"{report.tool.name}-{report.tool.version}", f"{report.run.as_of}T00:00:00Z"


def insert(
    data: bytes,
    pointers: Iterable[str],
    add: Callable[[dict[str, Any], str, dict[str, Any]], Additions],
    limits: Limits,
) -> bytes:
    """Return the document with what `add(tree, pointer, node)` gives for each pointer; nothing else changes."""
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        text = data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotEnriched("only UTF-8 documents can be enriched") from error
    finder = _Finder(text, limits, Notes())
    with json_text.collector_off():
        tree = finder.parse()
    if not isinstance(tree, dict):
        raise NotEnriched("the document is no JSON object")
    inserts: list[tuple[int, str]] = []
    for pointer in sorted(pointers):
        node = lookup(tree, pointer)
        if isinstance(node, dict) and pointer in finder.ends:
            patch(finder.ends, pointer, node, *add(tree, pointer, node), inserts)
    return mark + spliced(text, inserts).encode()


def components(report: Report, digest: str) -> dict[str, ReportComponent]:
    """Return JSON pointer or line -> component for what a document declared."""
    found: dict[str, ReportComponent] = {}
    for one in report.components:
        for vote in one.evidence:
            if vote.sha256 == digest and vote.pointer:
                found.setdefault(vote.pointer, one)
    return found


def lookup(tree: Any, pointer: str) -> Any:
    """Return the node of a JSON pointer, None when there is none."""
    node = tree
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node


def additions(
    tree: dict[str, Any],
    node: dict[str, Any],
    one: ReportComponent,
    report: Report,
    own: tuple[tuple[str, str], ...],
) -> Additions:
    """Return (fields to add, items to append to lists) for one component with its own files."""
    pairs = sorted(set(facts.properties(one, own)))
    digest = facts.digest(own)
    if "spdxVersion" in tree:
        tool, created = _signed(report)
        note = {
            "annotationDate": created,
            "annotationType": "OTHER",
            "annotator": f"Tool: {tool}",
            "comment": _comment(pairs),
        }
        checksums = [{"algorithm": "SHA256", "checksumValue": digest}]
        return {"checksums": checksums} if digest and "checksums" not in node else {}, {"annotations": [note]}
    version = str(tree.get("specVersion"))
    fields: dict[str, Any] = {}
    if "hashes" not in node and digest:
        fields["hashes"] = [{"alg": "SHA-256", "content": digest}]
    if "licenses" not in node and one.licenses.concluded and facts.simple(one.licenses.concluded):
        made = choice(one.licenses.concluded, "concluded")
        if version < "1.6":
            (made.get("license") or made).pop("acknowledgement")
        fields["licenses"] = [made]
    for role, first in (("supplier", "1.2"), ("manufacturer", "1.6")):
        actor = one.supplier if role == "supplier" else one.manufacturer
        if role not in node and actor is not None and actor.name and version >= first:
            fields[role] = facts.organization(actor.name, actor.country if version >= "1.6" else None)
    places = facts.locations({entry.id: entry.path for entry in report.inputs}, one)
    if "evidence" not in node and version >= "1.5" and places and one.observed:
        fields["evidence"] = {"occurrences": [{"location": where} for where in dict(places)]}
    properties = [{"name": name, "value": value} for name, value in pairs]
    return fields, {"properties": properties} if version >= "1.3" else {}


def patch(
    ends: dict[str, tuple[int, bool]],
    pointer: str,
    node: dict[str, Any],
    fields: dict[str, Any],
    items: dict[str, list[Any]],
    inserts: list[tuple[int, str]],
) -> None:
    """Add the insertions of one component."""
    for key, values in items.items():
        if isinstance(node.get(key), list):
            position, empty = ends[f"{pointer}/{key}"]
            body = ", ".join(_json(value) for value in values)
            inserts.append((position, body if empty else ", " + body))
        elif key not in node:
            fields[key] = values
    if fields:
        position, empty = ends[pointer]
        body = ", ".join(f"{_json(key)}: {_json(value)}" for key, value in fields.items())
        inserts.append((position, body if empty else ", " + body))


def spliced(text: str, inserts: list[tuple[int, str]]) -> str:
    """Return the text with every insertion in its place."""
    parts, at = [], 0
    for position, body in sorted(inserts):
        parts += [text[at:position], body]
        at = position
    return "".join([*parts, text[at:]])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
