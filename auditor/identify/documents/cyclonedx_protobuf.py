"""CycloneDX protobuf, binary or text: recognized, so that the answer is a clear word instead of silence."""

from __future__ import annotations

import re

from auditor.identify.documents import sniffing
from auditor.identify.documents.notes import Unreadable
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "cyclonedx-protobuf"
TITLE = "CycloneDX protobuf (recognized, not read)"

BINARY = re.compile(rb"\x0a\x03[12]\.[0-9][\x10\x1a\x22]")
"""Field 1 (spec_version) with a text of three bytes, then the key of field 2, 3 or 4."""
TEXT = re.compile(rb"""^[ \t]*spec_version[ \t]*:[ \t]*["'][12]\.[0-9]+["']""", re.MULTILINE)


def sniff(sample: Sample) -> bool:
    """Tell whether the sample begins like a CycloneDX message, or has its first field as text."""
    if BINARY.match(sample.head) is not None and sample.view.size <= sample.limits.document_size:
        return True
    return sniffing.is_text(sample) and b"spec_version" in sample.head and TEXT.search(sample.head) is not None


def read(sample: Sample) -> Document:
    """Refuse the document."""
    raise Unreadable("unsupported-document", "CycloneDX protobuf is not read: send JSON or XML", 0)
