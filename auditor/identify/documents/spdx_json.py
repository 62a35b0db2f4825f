"""SPDX 2 JSON."""

from __future__ import annotations

from auditor.identify.documents import json_document, spdx2
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "spdx-json"
TITLE = "SPDX 2.1 to 2.3, JSON"


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is SPDX 2 JSON, wrapped or not, broken or not."""
    return json_document.is_kind(sample, "spdx2")


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = json_document.load(sample)
    return spdx2.map_document(found.value, found.base, found.notes, sample.limits, NAME)


def check(sample: Sample, document: Document) -> Document:
    """Add what violates SPDX, and the minimum elements."""
    found = json_document.load(sample)
    return spdx2.check(found.value, found.base, document)
