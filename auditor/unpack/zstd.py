"""Zstandard frames (RFC 8878): the extent comes from the block headers, the content is decoded on demand."""

from __future__ import annotations

from auditor.unpack import codec, stream
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "zstd"
TITLE = "Zstandard stream"
MAGICS = ((0, b"\x28\xb5\x2f\xfd"),)
ANYWHERE = True
KIND = "stream"
MADE_BY = "zstd"

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"
BLOCK_LIMIT = 128 << 10
ID_SIZES = (0, 1, 2, 4)
CONTENT_SIZES = (0, 2, 4, 8)


def open(view: View, budget: Budget) -> Container | None:
    """Walk the frames; skippable frames between them belong to the stream."""
    position = 0
    problems: list[Damaged] = []
    try:
        while True:
            magic = bytes(view.data[position : position + 4])
            if magic == MAGIC:
                position = _frame(view, position)
            elif len(magic) == 4 and magic[1:] == SKIPPABLE and magic[0] >> 4 == 5:
                size = int.from_bytes(view.copy(position + 4, 4), "little")
                view.need(position + 8, size)
                position += 8 + size
            else:
                break
    except Truncated as damage:
        position = view.size
        problems.append(damage)
    except Damaged as damage:
        if position == 0:
            return None
        problems.append(damage)
    data = view.slice(0, position)
    entry = Entry(name=stream.CONTENT, data=lambda: codec.complete(codec.zstd_stream(data, budget)))
    return Container(extent=position, entries=(entry,), problems=problems)


def _frame(view: View, position: int) -> int:
    """Return where the frame at `position` ends."""
    descriptor = view.copy(position + 4, 1)[0]
    if descriptor & 0x08:
        raise Damaged("zstd frame with its reserved bit set", position)
    single = descriptor >> 5 & 1
    sizes = CONTENT_SIZES[descriptor >> 6] or single
    position += 5 + (0 if single else 1) + ID_SIZES[descriptor & 3] + sizes
    last = False
    while not last:
        header = int.from_bytes(view.copy(position, 3), "little")
        last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
        if kind == 3 or (kind != 1 and size > BLOCK_LIMIT):
            raise Damaged("zstd block of a reserved type or too large", position)
        stored = 1 if kind == 1 else size
        view.need(position + 3, stored)
        position += 3 + stored
    if descriptor & 0x04:
        view.need(position, 4)
        position += 4
    return position
