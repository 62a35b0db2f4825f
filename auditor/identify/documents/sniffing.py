"""Cheap questions every text format asks first: an image has ten thousand files that are no document."""

from __future__ import annotations

from auditor.identify.documents import json_text
from auditor.identify.sample import Sample

TABLES = (".csv", ".tsv", ".txt")


def is_text(sample: Sample) -> bool:
    """Tell whether the first 4 KiB have no control characters and the size is a document's."""
    return 0 < sample.view.size <= sample.limits.document_size and sample.is_text


def head_of(sample: Sample) -> bytes:
    """Return the first 4 KiB of a text as UTF-8 without its byte order mark; empty when it is no text."""
    if not 0 < sample.view.size <= sample.limits.document_size:
        return b""
    mark, name = json_text.encoding(sample.head)
    if name == "utf-8":
        return sample.head[len(mark) :] if sample.is_text else b""
    head = sample.head[len(mark) : len(sample.head) // 4 * 4].decode(name, "ignore")
    return b"" if any(character < " " and character not in "\t\n\r\f" for character in head) else head.encode()


def may_be_table(sample: Sample) -> bool:
    """Tell whether a table is worth looking for: an input of its own, or a file named like one."""
    return sample.artifact.parent is None or sample.name.lower().endswith(TABLES)
