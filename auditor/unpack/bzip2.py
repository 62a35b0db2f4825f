"""bzip2 stream, several streams joined."""

from __future__ import annotations

from auditor.unpack import stream
from auditor.unpack.view import Budget, Container, View

NAME = "bzip2"
TITLE = "bzip2 stream"
MAGICS = ((0, b"BZh"),)
ANYWHERE = True
KIND = "stream"
MADE_BY = "bzip2"


BLOCK, END = b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"
"""Magic of the first block (the digits of pi) and of an empty stream (those of its root)."""


def open(view: View, budget: Budget) -> Container | None:
    """Decode the stream."""
    head = view.head(10)
    if head[3:4] not in tuple(b"123456789"[i : i + 1] for i in range(9)) or head[4:] not in (BLOCK, END):
        return None
    return stream.single("bzip2", view, budget)
