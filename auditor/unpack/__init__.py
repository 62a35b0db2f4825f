"""Bytes to a virtual tree of artifacts: one module per container format, nothing written to disk."""

from auditor.unpack.names import display, resolve_link
from auditor.unpack.walker import settle, walk

__all__ = ["display", "resolve_link", "settle", "walk"]
