"""An earlier report of this program as an input: somebody else's file, so what it says is declared."""

from __future__ import annotations

from typing import Any

from auditor.identify.documents import cyclonedx_parts as parts
from auditor.identify.documents import json_document
from auditor.identify.documents.cyclonedx_parts import text_or_none
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.sample import Sample
from auditor.model import SCHEMA_VERSION, Declared, DeclaredLicense, Document

NAME = "auditor-report"
TITLE = "Report of this program, JSON"

TYPES = {
    "os-kernel": "operating-system",
    "os-distribution": "operating-system",
    "rtos": "operating-system",
    "middleware": "framework",
    "application": "application",
    "firmware": "firmware",
    "chip": "device",
    "ai-model": "machine-learning-model",
    "dataset": "data",
    "service": "service",
}
"""Component kind to the nearest CycloneDX type; the rest are libraries."""


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is a report."""
    return json_document.is_kind(sample, "report")


def read(sample: Sample) -> Document:
    """Read the components; raises Unreadable for a schema version of another age."""
    found = json_document.load(sample)
    tree, notes = found.value, found.notes
    version = tree.get("schemaVersion")
    if version != SCHEMA_VERSION:
        said = "no schemaVersion is given" if version is None else f"reports of schema {shown(version)} are not read"
        message = f"{said}, {SCHEMA_VERSION} is read"
        raise Unreadable("unsupported-document", message, pointer=f"{found.base}/schemaVersion")
    components: list[Declared] = []
    for index, node in enumerate(parts.listed(tree.get("components"), f"{found.base}/components", notes)):
        pointer = f"{found.base}/components/{index}"
        if len(components) >= sample.limits.components:
            most = sample.limits.components
            raise Unreadable("limit-components", "too many components", pointer=pointer, limit="components", value=most)
        if isinstance(node, dict) and text_or_none(node.get("name")):
            components.append(component(node, pointer, notes))
        else:
            notes.add("missing-name", "a component without a name", pointer)
    if not components:
        notes.add("empty-document", "the report lists no component", found.base or "/")
    return Document(NAME, version, None, tuple(components), problems=notes.all())


def component(node: dict[str, Any], pointer: str, notes: Notes) -> Declared:
    """Map one component."""
    licenses = node.get("licenses")
    concluded = text_or_none(licenses.get("concluded")) if isinstance(licenses, dict) else None
    quantity = node.get("quantity")
    return Declared(
        pointer=pointer,
        name=node["name"],
        version=text_or_none(node.get("version")),
        type=TYPES.get(str(node.get("kind")), "library"),
        ref=text_or_none(node.get("id")),
        purl=text_or_none(node.get("purl")),
        cpe=text_or_none(node.get("cpe")),
        mpn=text_or_none(node.get("mpn")),
        licenses=(DeclaredLicense(concluded, "concluded"),) if concluded else (),
        supplier=parts.actor(node.get("supplier"), f"{pointer}/supplier", notes),
        manufacturer=parts.actor(node.get("manufacturer"), f"{pointer}/manufacturer", notes),
        quantity=float(quantity) if isinstance(quantity, (int, float)) else None,
    )
