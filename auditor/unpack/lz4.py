"""LZ4 frames and the legacy frame of the Linux kernel."""

from __future__ import annotations

from auditor.unpack import codec, stream
from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Truncated, View

NAME = "lz4"
TITLE = "LZ4 stream (frame, legacy)"
MAGICS = ((0, b"\x04\x22\x4d\x18"), (0, b"\x02\x21\x4c\x18"))
ANYWHERE = True
KIND = "stream"
MADE_BY = "lz4"

FRAME, LEGACY = b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"
LEGACY_BLOCK = 8 << 20
"""Output of one legacy block; the last one may be shorter."""
LEGACY_BOUND = LEGACY_BLOCK + LEGACY_BLOCK // 255 + 16


def open(view: View, budget: Budget) -> Container | None:
    """Validate the header; a legacy frame ends where the next block size makes no sense."""
    head = view.head(7)
    if head[:4] == FRAME:
        if len(head) < 7 or head[4] >> 6 != 1 or head[4] & 0x02 or head[5] & 0x8F or head[5] >> 4 < 4:
            return None
        return stream.single("lz4", view, budget)
    if head[:4] != LEGACY:
        return None
    blocks = list(_blocks(view))
    if not blocks or not _starts(view, *blocks[0]):
        return None
    position, size = blocks[-1]
    problems: list[Damaged] = []
    if position + size > view.size:
        problems.append(Truncated("legacy LZ4 block goes past the end", position))
        blocks.pop()
    entry = Entry(name=stream.CONTENT, data=lambda: _decode(view, blocks, budget))
    return Container(extent=min(position + size, view.size), entries=(entry,), problems=problems)


def _starts(view: View, position: int, size: int) -> bool:
    """Tell whether the first block decodes, or ends behind the view: the magic alone is no proof."""
    if position + size > view.size:
        return True
    try:
        return bool(codec.block("lz4", view.slice(position, size).data, LEGACY_BLOCK))
    except Damaged:
        return False


def _blocks(view: View) -> list[tuple[int, int]]:
    """Return (offset, size) of the blocks; the last may reach past the end."""
    found = []
    position = 4
    while position + 4 <= view.size:
        word = view.copy(position, 4)
        if word == LEGACY:
            position += 4
            continue
        size = int.from_bytes(word, "little")
        if not 0 < size <= LEGACY_BOUND:
            break
        found.append((position + 4, size))
        position += 4 + size
    return found


def _decode(view: View, blocks: list[tuple[int, int]], budget: Budget) -> View:
    output = bytearray()
    compressed = 0
    try:
        for position, size in blocks:
            piece = codec.block("lz4", view.slice(position, size).data, LEGACY_BLOCK)
            output += piece
            compressed += size
            budget.grow(len(piece), len(output), compressed, position)
    except Damaged as damage:
        if isinstance(damage, LimitHit) and damage.limit == "total-size":
            raise
        # the word behind the last block may be anything, so a block that does not decode ends the data
        if not (isinstance(damage, codec.Undecodable) and output):
            damage.partial = View(output)
            raise
    return View(output)
