"""gzip streams (RFC 1952), several members joined."""

from __future__ import annotations

from auditor.unpack import stream
from auditor.unpack.view import Budget, Container, View

NAME = "gzip"
TITLE = "gzip stream"
MAGICS = ((0, b"\x1f\x8b\x08"),)
ANYWHERE = True
KIND = "stream"
MADE_BY = "gzip"

RESERVED = 0xE0
EXTRA, HAS_NAME = 0x04, 0x08


def open(view: View, budget: Budget) -> Container | None:
    """Decode the stream; the member takes the last part of the stored name."""
    head = view.head(10)
    if len(head) < 10 or head[3] & RESERVED or head[8] not in (0, 2, 4) or (13 < head[9] < 255):
        return None
    return stream.single("gzip", view, budget, _name(view, head[3]))


def _name(view: View, flags: int) -> bytes:
    if not flags & HAS_NAME:
        return stream.CONTENT
    start = 10
    if flags & EXTRA:
        start += 2 + int.from_bytes(view.head(12)[10:12], "little")
    stored = bytes(view.data[start : start + 1024]).partition(b"\0")[0]
    return stored.replace(b"\\", b"/").rsplit(b"/", 1)[-1] or stream.CONTENT
