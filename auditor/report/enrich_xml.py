"""Give a supplier's CycloneDX XML back with properties inserted; every byte of it stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from auditor.identify.documents import xml_text
from auditor.identify.documents.xml_text import Builder
from auditor.limits import Limits

AFTER = frozenset(
    {"components", "evidence", "releaseNotes", "modelCard", "data", "cryptoProperties", "tags", "signature"}
    | {"omniborId", "swhid", "patentAssertions"}
)
"""What stands behind `properties` in the sequence of a component; other name spaces do too."""
NEVER = frozenset({"1.0", "1.1", "1.2"})
"""Versions without properties."""


class _Places(Builder):
    """Notes for each component, by its line, where properties can be inserted."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.open: list[dict[str, Any] | None] = []
        self.places: dict[str, list[dict[str, Any]]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        super().start(name, attributes)
        element = self.stack[-1]
        parent = self.open[-1] if self.open else None
        if parent is not None and "at" not in parent:
            if element.name == "properties" and element.namespace == parent["namespace"]:
                parent["inside"] = True
            elif element.name in AFTER or element.namespace != parent["namespace"]:
                parent["at"] = self.parser.CurrentByteIndex
        place = None
        if element.name == "component":
            place = {"namespace": element.namespace, "line": element.line}
            self.places.setdefault(f"line {element.line}", []).append(place)
        self.open.append(place)

    def end(self, name: str) -> None:
        """Close an element."""
        element = self.stack[-1]
        place = self.open.pop()
        parent = self.open[-1] if self.open else None
        here = self.parser.CurrentByteIndex
        if place is not None:
            place.setdefault("at", here)
        if parent is not None and element.name == "properties" and parent.pop("inside", False):
            parent["at"], parent["list"] = here, True
        super().end(name)


def insert(data: bytes, properties: Mapping[str, list[tuple[str, str]]], limits: Limits) -> bytes | None:
    """Insert (name, value) properties into the components that start on a line (`line N`).

    Returns None when nothing can be inserted: a version without properties, another encoding than
    UTF-8, or no component that stands alone on its line and is not written as an empty element.
    """
    text = xml_text.decode(data)
    xml_text.refuse_document_type(text)
    body = text.encode()
    if not data.endswith(body):
        return None
    head = len(data) - len(body)
    version = re.search(rb"cyclonedx\.org/schema/bom/([0-9.]+)", body[:4096])
    if version is None or version.group(1).decode() in NEVER:
        return None
    prefix = re.search(rb"<(?:([\w.-]+):)?bom[\s>]", body)
    tag = f"{prefix.group(1).decode()}:" if prefix and prefix.group(1) else ""
    finder = _Places(limits)
    finder.run(text)
    inserts = []
    for line, pairs in properties.items():
        places = finder.places.get(line, [])
        if len(places) == 1 and body[places[0]["at"] : places[0]["at"] + 1] == b"<":
            inner = "".join(
                f"<{tag}property name={quoteattr(name)}>{escape(value)}</{tag}property>" for name, value in pairs
            )
            whole = inner if "list" in places[0] else f"<{tag}properties>{inner}</{tag}properties>"
            inserts.append((places[0]["at"], whole.encode()))
    parts, at = [data[:head]], 0
    for position, piece in sorted(inserts):
        parts += [body[at:position], piece]
        at = position
    return b"".join([*parts, body[at:]]) if inserts else None
