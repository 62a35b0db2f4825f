"""UF2: 512-byte blocks, each with its own target address.

Layout as in "USB Flashing Format (UF2)", github.com/microsoft/uf2.
"""

from __future__ import annotations

import struct

from auditor.unpack.segments import Segments, entries
from auditor.unpack.view import Budget, Container, Damaged, View

NAME = "uf2"
TITLE = "UF2 as addressed segments"
MAGICS = ((0, b"UF2\n\x57\x51\x5d\x9e"),)
ANYWHERE = True
KIND = "flash"
MADE_BY = "uf2utils"
ALIGNMENT = 4

BLOCK = 512
HEADER = struct.Struct("<8I")
FIRST, SECOND, LAST = 0x0A324655, 0x9E5D5157, 0x0AB16F30
NOT_FLASHED, IS_FILE = 0x0001, 0x1000
DATA_ROOM = 476


def open(view: View, budget: Budget) -> Container | None:
    """Read all blocks that follow each other; one entry per run of addresses."""
    segments = Segments(budget)
    cursor = expected = total = 0
    while cursor + BLOCK <= view.size:
        first, second, flags, address, size, number, total, _ = view.unpack(HEADER, cursor)
        (last,) = view.unpack(struct.Struct("<I"), cursor + BLOCK - 4)
        if (first, second, last) != (FIRST, SECOND, LAST):
            break
        if size > DATA_ROOM:
            segments.count(Damaged, f"block with {size} bytes of data", cursor)
        elif not flags & (NOT_FLASHED | IS_FILE):
            segments.add(address, view.copy(cursor + HEADER.size, size), cursor)
        if number != expected:
            segments.count(Damaged, f"block {number} stands where {expected} is due", cursor)
        expected, cursor = number + 1, cursor + BLOCK
    if not cursor:
        return None
    if expected != total:
        segments.count(Damaged, f"{expected} blocks of {total}", cursor)
    joined = segments.joined()
    return Container(extent=cursor, entries=entries(joined, budget), problems=segments.problems())
