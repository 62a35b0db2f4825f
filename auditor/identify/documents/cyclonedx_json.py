"""CycloneDX JSON."""

from __future__ import annotations

import msgspec

from auditor.identify.documents import cyclonedx_keys as keys
from auditor.identify.documents import json_document, json_text, schemas
from auditor.identify.documents.cyclonedx import Mapper, minimum
from auditor.identify.documents.notes import Unreadable, shown
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "cyclonedx-json"
TITLE = "CycloneDX 1.2 to 1.7, JSON"


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is CycloneDX JSON, wrapped or not, broken or not."""
    return json_document.is_kind(sample, "cyclonedx")


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    found = json_document.load(sample)
    version = found.value.get("specVersion")
    if not isinstance(version, str) or version not in keys.VERSIONS:
        message = f"CycloneDX {shown(version)} is not supported: send {keys.VERSIONS[-1]} or older"
        raise Unreadable("unsupported-document", message, pointer=f"{found.base}/specVersion")
    with json_text.collector_off():
        return Mapper(found.value, found.base, found.notes, sample.limits).document(NAME)


def check(sample: Sample, document: Document) -> Document:
    """Add what violates the schema, and the minimum elements."""
    found = json_document.load(sample)
    violations = schemas.cyclonedx_json(found.value, document.version, found.base)
    return msgspec.structs.replace(document, violations=violations, elements=minimum(found.value, document))
