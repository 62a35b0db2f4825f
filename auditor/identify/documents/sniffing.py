"""Cheap questions every text format asks first: an image has ten thousand files that are no document."""

from __future__ import annotations

from auditor.identify.sample import Sample

TABLES = (".csv", ".tsv", ".txt")


def is_text(sample: Sample) -> bool:
    """Tell whether the first 4 KiB have no control characters and the size is a document's."""
    return 0 < sample.view.size <= sample.limits.document_size and sample.is_text


def may_be_table(sample: Sample) -> bool:
    """Tell whether a table is worth looking for: an input of its own, or a file named like one."""
    return sample.artifact.parent is None or sample.name.lower().endswith(TABLES)
