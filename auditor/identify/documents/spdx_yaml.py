"""SPDX 2 YAML."""

from __future__ import annotations

import re

from auditor.identify.documents import sniffing, spdx2, yaml_text
from auditor.identify.documents.notes import Unreadable
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "spdx-yaml"
TITLE = "SPDX 2.1 to 2.3, YAML"

MARKER = re.compile(rb"^[ \t]{0,8}[\"']?spdxVersion[\"']?[ \t]*:", re.MULTILINE)
WORD = re.compile(rb"spdxVersion")
NOT_YAML = re.compile(rb"\s*[{\[<]")
NAMED = (".spdx.yaml", ".spdx.yml")


def sniff(sample: Sample) -> bool:
    """Tell whether a text has `spdxVersion` as a key of the top level, or the name of such a file."""
    head = sniffing.head_of(sample)
    if not head or NOT_YAML.match(head):
        return False
    if sample.name.lower().endswith(NAMED) or (b"spdxVersion" in head and MARKER.search(head) is not None):
        return True
    return WORD.search(sample.view.data) is not None and MARKER.search(sample.view.data) is not None


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    tree, notes = yaml_text.parse(sample.data, sample.limits)
    if not isinstance(tree, dict):
        raise Unreadable("damaged", "the document is no mapping", pointer="line 1")
    return spdx2.check(tree, "", spdx2.map_document(tree, "", notes, sample.limits, NAME))
