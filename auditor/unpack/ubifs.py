"""UBIFS: all nodes of the volume are read, the newest of each key counts, as in a log.

Reading the nodes instead of the index needs no journal replay and survives a damaged index. The index
is only asked whether a node it names is gone: a block that is missing must not read as an empty one.
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
KEY = struct.Struct("<II")
SUPERBLOCK = struct.Struct("<2xBBIIII")
INODE = struct.Struct("<II8xQQQQQIIIIIIIII8x4xIH26x")
DATA = struct.Struct("<II8xIHH")
ENTRY = struct.Struct("<II8xQBBHI")
MASTER = struct.Struct("<QQIIIII")
"""highest inode, commit, flags, log block; block, offset and length of the root of the index"""
INDEX = struct.Struct("<HH")
"""branches, level"""
BRANCH = struct.Struct("<IIIII")
"""block, offset, length; inode, kind and block or hash of the key"""
INODE_NODE, DATA_NODE, ENTRY_NODE, PADDING_NODE, SUPERBLOCK_NODE, MASTER_NODE, INDEX_NODE = 0, 1, 2, 5, 6, 7, 9
MASTER_BLOCKS = (1, 2)
AUTHENTICATED = 0x10
"""Flag of a file system whose branches carry hashes: their length is not in the nodes, the index is not asked."""
EXTENDED_KIND = 3
"""Kind of keys of extended attributes, which are not read."""
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
    if not flags & AUTHENTICATED and (gone := reader.missing(block_size)) is not None:
        container.problems.append(gone)
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
        self.keys: set[tuple[int, int]] = set()
        """Inode and second word of the key of every node that was read."""

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
        if kind in (INODE_NODE, DATA_NODE, ENTRY_NODE):
            self.keys.add(body.unpack(KEY, 0))
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

    def missing(self, block_size: int) -> Damaged | None:
        """Say that the index names nodes which are nowhere in the volume, or cannot be followed itself."""
        root = self.root(block_size)
        if root is None:
            return Truncated("no master node is left: what is missing cannot be told", block_size)
        pending, met, gone = [root], {root}, 0
        while pending:
            place = pending.pop()
            branches = self.branches(place)
            if branches is None:
                return Truncated("the index leads to a block that is missing or damaged", min(place, self.view.size))
            level, rows = branches
            for block, offset, _, inode, word in rows:
                below = block * block_size + offset
                if level == 0:
                    extended = word >> 29 == EXTENDED_KIND
                    gone += not extended and (inode, word) not in self.keys
                elif below not in met:
                    met.add(below)
                    pending.append(below)
        return Truncated(f"{gone} nodes that the index names are missing", root) if gone else None

    def root(self, block_size: int) -> int | None:
        """Return where the root of the index stands, by the last whole master node."""
        found = None
        for block in MASTER_BLOCKS:
            cursor, end = block * block_size, min((block + 1) * block_size, self.view.size)
            while cursor + COMMON.size + MASTER.size <= end:
                magic, expected, sequence, length, kind, _ = self.view.unpack(COMMON, cursor)
                if magic != 0x06101831 or not COMMON.size + MASTER.size <= length <= end - cursor:
                    break
                if kind == MASTER_NODE and checksum(self.view.data[cursor + 8 : cursor + length]) == expected:
                    fields = self.view.unpack(MASTER, cursor + COMMON.size)
                    row = (sequence, fields[4] * block_size + fields[5])
                    found = row if found is None or row > found else found
                cursor += (length + 7) & ~7
        return None if found is None else found[1]

    def branches(self, place: int) -> tuple[int, list[tuple[int, ...]]] | None:
        """Return level and branches of an index node; None when there is none at that place."""
        view = self.view
        if place + COMMON.size + INDEX.size > view.size:
            return None
        magic, expected, _, length, kind, _ = view.unpack(COMMON, place)
        if magic != 0x06101831 or kind != INDEX_NODE or not COMMON.size + INDEX.size <= length <= view.size - place:
            return None
        if checksum(view.data[place + 8 : place + length]) != expected:
            return None
        count, level = view.unpack(INDEX, place + COMMON.size)
        first = place + COMMON.size + INDEX.size
        if first + count * BRANCH.size > place + length:
            return None
        return level, [view.unpack(BRANCH, first + index * BRANCH.size) for index in range(count)]

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
