"""AUTOSAR ARXML: the implementations of basic software modules and software components."""

from __future__ import annotations

from auditor.identify.documents import pruned_xml, xml_text
from auditor.identify.documents.notes import Notes
from auditor.identify.documents.xml_text import Element
from auditor.identify.sample import Sample
from auditor.model import Declared, Document

NAME = "arxml"
TITLE = "AUTOSAR ARXML: BSW-IMPLEMENTATION, SWC-IMPLEMENTATION"

WANTED = frozenset({"BSW-IMPLEMENTATION", "SWC-IMPLEMENTATION"})
PROPERTIES = (
    ("VENDOR-ID", "autosar:vendorId"),
    ("VENDOR-API-INFIX", "autosar:infix"),
    ("AR-RELEASE-VERSION", "autosar:release"),
    ("USED-CODE-GENERATOR", "autosar:codeGenerator"),
    ("PROGRAMMING-LANGUAGE", "autosar:language"),
)


def sniff(sample: Sample) -> bool:
    """Tell whether the root is AUTOSAR."""
    root = xml_text.root_of(sample)
    return root is not None and root[0] == "AUTOSAR"


def read(sample: Sample) -> Document:
    """Read the implementations; raises Unreadable."""
    notes = Notes()
    components = []
    for element in pruned_xml.find(sample, WANTED):
        declared = implementation(element, notes)
        if declared is not None:
            components.append(declared)
    if not components:
        notes.add("empty-document", "the file describes no implementation of a module or component", "line 1")
    return Document(format=NAME, version="", subject=None, components=tuple(components), problems=notes.all())


def implementation(element: Element, notes: Notes) -> Declared | None:
    """Map one implementation; the module is named by its behavior, else by the implementation."""
    where = f"line {element.line}"
    short, behavior = element.get("SHORT-NAME"), element.get("BEHAVIOR-REF")
    parts = behavior.strip("/").split("/") if behavior else []
    name = parts[-2] if len(parts) >= 2 else short
    if name is None:
        notes.add("missing-name", "an implementation without a name", where)
        return None
    found = [(key, value) for tag, key in PROPERTIES if (value := element.get(tag))]
    found.append(("autosar:element", element.name))
    if short and short != name:
        found.append(("autosar:implementation", short))
    return Declared(
        pointer=where,
        name=name,
        version=element.get("SW-VERSION"),
        type="firmware",
        ref="/".join([*parts[:-1], short or name]) if parts else short,
        properties=tuple(found),
    )
