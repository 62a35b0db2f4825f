"""SPDX 2 XML, the flat form in which lists are repeated elements."""

from __future__ import annotations

from typing import Any

from auditor.identify.documents import spdx2, xml_text
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes
from auditor.identify.documents.xml_text import Element
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "spdx-xml"
TITLE = "SPDX 2.2 to 2.3, XML"

LISTS = frozenset(
    {"packages", "files", "snippets", "relationships", "documentDescribes", "externalDocumentRefs", "annotations"}
    | {"hasExtractedLicensingInfos", "checksums", "externalRefs", "hasFiles", "creators", "attributionTexts"}
    | {"licenseInfoFromFiles", "licenseInfoInFiles", "fileTypes", "fileContributors", "seeAlsos", "crossRefs"}
)


def sniff(sample: Sample) -> bool:
    """Tell whether the root is an SPDX `Document`."""
    root = xml_text.root_of(sample)
    if root is None or root[0] not in ("Document", "d"):
        return False
    if sample.artifact.parent is None and b"<!DOCTYPE" in xml_text.narrow(sample.head):
        return True  # refused when it is read, whatever its entities hide
    return b"spdxVersion" in xml_text.narrow(sample.data) or (
        sample.name.endswith(".spdx.xml") and root[0] == "Document"
    )


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = convert(xml_text.load(sample))
    tree = found if isinstance(found, dict) else {}
    return spdx2.check(tree, "", spdx2.map_document(tree, "", Notes(), sample.limits, NAME))


def convert(element: Element) -> Any:
    """Convert an element into the shape of JSON; depth is bounded by the parser."""
    if not element.children:
        return element.text.strip()
    node = Located()
    node.place = f"line {element.line}"
    for child in element.children:
        if child.name in LISTS:
            node.setdefault(child.name, []).append(convert(child))
        else:
            node.setdefault(child.name, convert(child))
    return node
