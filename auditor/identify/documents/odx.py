"""ODX: the flash memories and variants of controllers with the identifications they carry."""

from __future__ import annotations

from auditor.identify.documents import pruned_xml, xml_text
from auditor.identify.documents.notes import Notes
from auditor.identify.documents.xml_text import Element
from auditor.identify.sample import Sample
from auditor.model import Declared, Document

NAME = "odx"
TITLE = "ODX: ECU-MEM, DATABLOCK, BASE-VARIANT, ECU-VARIANT with identifications"

WANTED = frozenset({"ECU-MEM", "BASE-VARIANT", "ECU-VARIANT"})


def sniff(sample: Sample) -> bool:
    """Tell whether the root is ODX."""
    root = xml_text.root_of(sample)
    return root is not None and root[0] == "ODX"


def read(sample: Sample) -> Document:
    """Read memories and variants; raises Unreadable."""
    notes = Notes()
    components = [declared(element) for element in pruned_xml.find(sample, WANTED)]
    if not components:
        notes.add("empty-document", "the file describes no memory and no variant of a controller", "line 1")
    return Document(format=NAME, version="", subject=None, components=tuple(components), problems=notes.all())


def declared(element: Element) -> Declared:
    """Map one memory or variant; identifications become properties."""
    found = [("odx:element", element.name)]
    waiting = list(reversed(element.children))
    while waiting:
        node = waiting.pop()
        if node.name == "IDENT-VALUE" and node.text.strip():
            found.append(("odx:ident", node.text.strip()))
        elif node.name == "DATABLOCK":
            found.append(("odx:datablock", node.get("SHORT-NAME") or ""))
        waiting += reversed(node.children)
    name = element.get("SHORT-NAME") or element.attributes.get("ID", "")
    return Declared(pointer=f"line {element.line}", name=name, type="firmware", properties=tuple(found))
