"""Android sparse images: chunks of raw blocks, fill patterns and holes.

Layout as in `libsparse/sparse_format.h` of the Android Open Source Project.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator

from auditor.unpack.codec import take_sparse
from auditor.unpack.pieces import Part, Pieces
from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Opaque, Truncated, View

NAME = "android_sparse"
TITLE = "Android sparse image"
MAGICS = ((0, b"\x3a\xff\x26\xed"),)
ANYWHERE = True
KIND = "flash"
MADE_BY = "img2simg"
ALIGNMENT = 4

HEADER = struct.Struct("<IHHHHIIII")
CHUNK = struct.Struct("<HHII")
RAW, FILL, HOLE, CHECKSUM = 0xCAC1, 0xCAC2, 0xCAC3, 0xCAC4
FILL_PIECE = 1 << 20
MAX_CHUNKS = 1 << 20
MAX_MAJOR = 15
"""Larger numbers are no version anybody may have meant; the only one in use is 1."""
Chunk = tuple[int, int, int]
"""kind, offset of the data, blocks"""


def open(view: View, budget: Budget) -> Container | None:
    """Check every chunk; the image itself is only made when it is asked for."""
    if view.size < HEADER.size:
        return None
    _, major, _, header_size, chunk_size, block, blocks, count, _ = view.unpack(HEADER, 0)
    if major > MAX_MAJOR and (header_size, chunk_size) != (HEADER.size, CHUNK.size):
        return None  # four bytes that noise holds, too
    if header_size < HEADER.size or chunk_size < CHUNK.size or block == 0 or block % 4:
        raise Damaged("header of the sparse image is broken", 8)
    if major != 1:
        raise Opaque(f"sparse image of version {major}", 4)
    size = block * blocks
    container = Container(extent=header_size)
    chunks: list[Chunk] = []
    try:
        container.extent = _chunks(view, header_size, chunk_size, block, count, chunks)
    except Truncated as damage:
        container.extent = view.size
        container.problems.append(damage)
    covered = sum(amount for _, _, amount in chunks)
    if covered > blocks:
        raise Damaged(f"chunks hold {covered} blocks, the header says {blocks}", 16)
    if covered < blocks and not container.problems:
        container.problems.append(Damaged(f"chunks hold {covered} blocks, the header says {blocks}", 16))

    def image() -> View:
        limits = budget.limits
        # what memory cannot hold is read in place; bounded, because every byte of it is looked at
        if limits.member_size < size <= min(limits.total_size, limits.ratio * view.size):
            return Pieces(list(_parts(view, chunks, block, size)), budget)
        return _image(view, budget, chunks, block, size)

    container.entries = (Entry(name=b"image", size=size, data=image),)
    return container


def _chunks(view: View, start: int, header: int, block: int, count: int, chunks: list[Chunk]) -> int:
    """Collect the chunks and return where the last one ends."""
    if count > MAX_CHUNKS:
        raise LimitHit("chunks", MAX_CHUNKS, f"sparse image of {count} chunks", 20)
    cursor = start
    for _ in range(count):
        kind, _, blocks, total = view.unpack(CHUNK, cursor)
        size = total - header
        expected = {RAW: blocks * block, FILL: 4, HOLE: 0, CHECKSUM: 4}.get(kind)
        if expected is None or size != expected:
            raise Damaged(f"chunk of type {kind:#x} with {size} bytes", cursor)
        view.need(cursor + header, size)
        if kind != CHECKSUM:
            chunks.append((kind, cursor + header, blocks))
        cursor += total
    return cursor


def _parts(view: View, chunks: list[Chunk], block: int, size: int) -> Iterator[Part]:
    """Yield the ranges and patterns of the image; blocks that no chunk holds are zeros."""
    missing = size
    for kind, offset, blocks in chunks:
        length = blocks * block
        missing -= length
        if length:
            data = (
                view.data[offset : offset + length] if kind == RAW else b"\0" if kind == HOLE else view.copy(offset, 4)
            )
            yield length, data
    if missing:
        yield missing, b"\0"


def _image(view: View, budget: Budget, chunks: list[Chunk], block: int, size: int) -> View:
    """Put the image together; holes cost no memory, the pages of the mapping are made when written."""
    decoded = sum(blocks for kind, _, blocks in chunks if kind != HOLE) * block
    take_sparse(budget, size, min(decoded, size), view.size)
    if size == 0:
        return View(b"")
    out = memoryview(mmap.mmap(-1, size))
    cursor = 0
    for kind, offset, blocks in chunks:
        length = blocks * block
        if kind == RAW:
            out[cursor : cursor + length] = view.data[offset : offset + length]
        elif kind == FILL and any(pattern := view.copy(offset, 4)):
            piece = pattern * (min(length, FILL_PIECE) // 4)
            for place in range(cursor, cursor + length, FILL_PIECE):
                part = min(FILL_PIECE, cursor + length - place)
                out[place : place + part] = piece[:part]
        cursor += length
    return View(out.toreadonly())
