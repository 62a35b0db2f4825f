"""What lies between partitions: boot loaders are often written there, outside of every partition."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.unpack.search import is_padding
from auditor.unpack.view import Entry, View

Span = tuple[int, int]
"""First offset and the one behind the last."""


def gaps(view: View, spans: list[Span], extent: int) -> Iterator[Entry]:
    """Yield what no span covers up to `extent` as regions `gap@0x00008000`; padding is left out."""
    cursor = 0
    for start, end in [*sorted(spans), (extent, extent)]:
        if start > cursor and not is_padding(view, cursor, start):
            size = start - cursor
            name = b"gap@%#010x" % cursor
            yield Entry(name=name, kind="region", size=size, data=view.slice(cursor, size), offset=cursor)
        cursor = max(cursor, end)
