"""lzop files: a header, then blocks that name both their sizes."""

from __future__ import annotations

import struct

from auditor.unpack import codec, stream
from auditor.unpack.view import Budget, Container, Damaged, Entry, View

NAME = "lzo"
TITLE = "LZO stream (lzop)"
MAGICS = ((0, b"\x89LZO\0\r\n\x1a\n"),)
ANYWHERE = True
KIND = "stream"
MADE_BY = "lzop"

HEADER = struct.Struct(">HHHBBI")
"""Version, library version, version needed, method, level, flags; follows the 9 bytes of magic."""
DATA_ADLER, STORED_ADLER, EXTRA, DATA_CRC, STORED_CRC, FILTER = 0x1, 0x2, 0x40, 0x100, 0x200, 0x800
BLOCK_LIMIT = 64 << 20
METHODS = (1, 2, 3)
"""LZO1X-1, LZO1X-1(15), LZO1X-999: one decoder reads all three."""


def open(view: View, budget: Budget) -> Container | None:
    """Walk the blocks; the stored name becomes the name of the member."""
    if view.size < 64:
        return None
    version, _, _, method, _, flags = view.unpack(HEADER, 9)
    if not 0x0940 <= version < 0x2000 or method not in METHODS:
        return None
    position = 9 + HEADER.size + (4 if flags & FILTER else 0) + 12
    length = view.copy(position, 1)[0]
    name = view.copy(position + 1, length).rsplit(b"/", 1)[-1] or stream.CONTENT
    position += 1 + length + 4
    if flags & EXTRA:
        position += 8 + int.from_bytes(view.copy(position, 4), "big")
    problems: list[Damaged] = []
    blocks: list[tuple[int, int, int]] = []
    try:
        position = _blocks(view, position, flags, blocks)
    except Damaged as damage:
        problems.append(damage)
        position = view.size
    entry = Entry(name=name, data=lambda: _decode(view, blocks, budget))
    return Container(extent=position, entries=(entry,), problems=problems)


def _blocks(view: View, position: int, flags: int, blocks: list[tuple[int, int, int]]) -> int:
    """Append (offset, stored size, size) of each block; returns where the file ends."""
    while True:
        size = int.from_bytes(view.copy(position, 4), "big")
        position += 4
        if size == 0:
            return position
        stored = int.from_bytes(view.copy(position, 4), "big")
        if size > BLOCK_LIMIT or stored > size:
            raise Damaged("lzop block sizes out of range", position)
        position += 4 + 4 * bool(flags & DATA_ADLER) + 4 * bool(flags & DATA_CRC)
        if stored < size:
            position += 4 * bool(flags & STORED_ADLER) + 4 * bool(flags & STORED_CRC)
        view.need(position, stored)
        blocks.append((position, stored, size))
        position += stored


def _decode(view: View, blocks: list[tuple[int, int, int]], budget: Budget) -> View:
    output = bytearray()
    compressed = 0
    try:
        for position, stored, size in blocks:
            data = view.slice(position, stored).data
            output += data if stored == size else codec.block("lzo", data, size)
            compressed += stored
            budget.grow(size, len(output), compressed, position)
    except Damaged as damage:
        damage.partial = View(output)
        raise
    return View(output)
