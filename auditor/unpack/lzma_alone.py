"""The LZMA_Alone format (`.lzma`): 5 bytes of properties, 8 bytes of size, then raw LZMA.

It has no magic; the usual properties byte and a plausible size stand in for one.
"""

from __future__ import annotations

from auditor.unpack import stream
from auditor.unpack.view import Budget, Container, View

NAME = "lzma-alone"
TITLE = "LZMA_Alone stream"
MAGICS = ((0, b"\x5d\0\0"), (0, b"\x5d\xff\xff\xff\xff"))
ANYWHERE = False
KIND = "stream"
MADE_BY = "xz --format=lzma"

UNKNOWN_SIZE = 0xFFFFFFFFFFFFFFFF


def open(view: View, budget: Budget) -> Container | None:
    """Decode the stream; the first byte of the coded data is always zero."""
    head = view.head(14)
    if len(head) < 14 or head[0] >= 225 or head[13]:
        return None
    size = int.from_bytes(head[5:13], "little")
    if size != UNKNOWN_SIZE and size > 1 << 40:
        return None
    dictionary = int.from_bytes(head[1:5], "little")
    if dictionary.bit_count() > 2 and dictionary != 0xFFFFFFFF:
        return None
    return stream.single("lzma", view, budget)
