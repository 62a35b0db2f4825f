"""UBIFS: all nodes of the volume are read, the newest of each key counts, as in a log.

Reading the nodes instead of the index needs no journal replay and survives a damaged index.
Layout as in the kernel's `fs/ubifs/ubifs-media.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from auditor.unpack import codec
from auditor.unpack.inodes import Inode, Tree
from auditor.unpack.segments import BadChecksum
from auditor.unpack.ubi import checksum
from auditor.unpack.view import Budget, Container, Damaged, Truncated, View

NAME = "ubifs"
TITLE = "UBIFS (lzo, zlib, zstd)"
MAGICS = ((0, b"\x31\x18\x10\x06"),)
ANYWHERE = False
KIND = "filesystem"
MADE_BY = "mkfs.ubifs"

COMMON = struct.Struct("<IIQIBB2x")
"""magic, CRC, sequence number, length, type, group"""
SUPERBLOCK = struct.Struct("<2xBBIIII")
INODE = struct.Struct("<II8xQQQQQIIIIIIIII8x4xIH26x")
DATA = struct.Struct("<II8xIHH")
ENTRY = struct.Struct("<II8xQBBHI")
INODE_NODE, DATA_NODE, ENTRY_NODE, PADDING_NODE, SUPERBLOCK_NODE = 0, 1, 2, 5, 6
BLOCK = 4096
CODECS = {1: "lzo", 2: "deflate", 3: "zstd"}
ROOT = 1


def open(view: View, budget: Budget) -> Container | None:
    """Read the superblock, then every node of every logical erase block."""
    if view.size < 4096:
        return None
    magic, _, _, _, kind, _ = view.unpack(COMMON, 0)
    if magic != 0x06101831 or kind != SUPERBLOCK_NODE:
        return None
    _, _, flags, _, block_size, blocks = view.unpack(SUPERBLOCK, COMMON.size)
    if not 4096 <= block_size <= 1 << 24 or block_size % 8:
        raise Damaged(f"logical erase blocks of {block_size} bytes", 40)
    extent = min(view.size, block_size * blocks)
    container = Container(extent=extent)
    if flags & 0x08:
        container.problems.append(Damaged("encrypted names are shown as stored", 36))
    reader = _Reader(view.slice(0, extent), budget, container.problems)
    # behind the superblock its block holds at most a signature, of which no file depends
    for start in range(block_size, extent, block_size):
        reader.block(start, min(start + block_size, extent))
    container.entries = reader.tree.entries(ROOT, reader.content)
    return container


class _Reader:
    """The newest inode, directory entry and data block of each key."""

    def __init__(self, view: View, budget: Budget, problems: list[Damaged]) -> None:
        self.view = view
        self.budget = budget
        self.problems = problems
        self.tree = Tree()
        self.sequences: dict[tuple[int, int, bytes], int] = {}
        self.data: dict[int, dict[int, int]] = {}

    def block(self, start: int, end: int) -> None:
        """Read the nodes of one erase block; it ends at the first place without one."""
        view, cursor = self.view, start
        while cursor + COMMON.size <= end:
            magic, expected, sequence, length, kind, _ = view.unpack(COMMON, cursor)
            if magic != 0x06101831:
                return
            if not COMMON.size <= length <= end - cursor:
                self.problems.append(Truncated(f"node of {length} bytes runs out of its block", cursor))
                return
            if checksum(view.data[cursor + 8 : cursor + length]) != expected:
                self.problems.append(BadChecksum("checksum of a node is wrong", cursor))
            else:
                self.checked(kind, sequence, cursor, length)
            if kind == PADDING_NODE and length >= 28:
                length += view.unpack(struct.Struct("<I"), cursor + COMMON.size)[0]
            cursor += (length + 7) & ~7

    def checked(self, kind: int, sequence: int, offset: int, length: int) -> None:
        """Read a node whose checksum is right; one that is too short for its kind is reported."""
        try:
            self.node(kind, sequence, offset, self.view.slice(offset + COMMON.size, length - COMMON.size))
        except Truncated as damage:
            self.problems.append(Truncated(f"node of type {kind}: {damage.message}", offset))

    def node(self, kind: int, sequence: int, offset: int, body: View) -> None:
        if kind == INODE_NODE:
            fields = body.unpack(INODE, 0)
            if self.newest((fields[0], 0, b""), sequence):
                self.inode(fields, body)
        elif kind == DATA_NODE:
            number, key, *_ = body.unpack(DATA, 0)
            if self.newest((number, key, b""), sequence):
                self.data.setdefault(number, {})[key & 0x1FFFFFFF] = offset
        elif kind == ENTRY_NODE:
            parent, key, target, _, _, length, _ = body.unpack(ENTRY, 0)
            name = body.copy(ENTRY.size, length)
            if self.newest((parent, key, name), sequence):
                self.tree.link(parent, name, target)

    def newest(self, key: tuple[int, int, bytes], sequence: int) -> bool:
        """Tell whether this is the newest node of its key so far."""
        if self.sequences.get(key, -1) >= sequence:
            return False
        self.sequences[key] = sequence
        return True

    def inode(self, fields: tuple[int, ...], body: View) -> None:
        number, size, mode, length = fields[0], fields[3], fields[13], fields[15]
        inline = body.copy(INODE.size, length)
        self.tree.inodes[number] = Inode(mode, size, inline if mode & 0xF000 == 0xA000 else None)

    def content(self, number: int, size: int) -> Callable[[], View]:
        """Return what decompresses a file."""

        def read() -> View:
            return self.file(number, size)

        return read

    def file(self, number: int, size: int) -> View:
        blocks = {key: place for key, place in self.data.get(number, {}).items() if key * BLOCK < size}
        stored = sum(self.view.unpack(COMMON, place)[3] for place in blocks.values())
        codec.take_sparse(self.budget, size, min(size, BLOCK * len(blocks)), stored)
        out = bytearray(size)
        for key, place in sorted(blocks.items()):
            (length,) = self.view.unpack(struct.Struct("<I"), place + 16)
            body = self.view.slice(place + COMMON.size, length - COMMON.size)
            _, _, plain_size, method, _ = body.unpack(DATA, 0)
            if plain_size > BLOCK:
                raise Damaged(f"block of {plain_size} bytes", place)
            packed = body.data[DATA.size :]
            plain = bytes(packed) if method == 0 else codec.block(CODECS.get(method, str(method)), packed, plain_size)
            start = key * BLOCK
            piece = plain[: min(plain_size, size - start)]
            out[start : start + len(piece)] = piece
        return View(out)
