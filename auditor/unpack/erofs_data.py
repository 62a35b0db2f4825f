"""Inodes and data layouts of EROFS."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack import codec
from auditor.unpack.view import Budget, Damaged, LimitHit, Opaque, View

PLAIN, COMPRESSED_FULL, INLINE, COMPRESSED_COMPACT, CHUNKED = range(5)
COMPACT_INODE = struct.Struct("<HHHHI4xI")
EXTENDED_INODE = struct.Struct("<HHH2xQI")
HOLE = 0xFFFFFFFF
CHUNK_INDEXES = 0x20
TWO_BYTES, BIG_PHYSICAL, INTERLACED = 0x01, 0x06, 0x10
TAILS = 0x08 | 0x20
"""Advice bits of files whose tail stands in the inode or in a shared fragment."""
STORED, HEAD, NOT_HEAD, HEAD2 = range(4)
BLOCK_COUNT = 1 << 11
"""In the first non-head entry: the rest counts the blocks of the cluster."""


@dataclass(slots=True)
class Inode:
    """What the walk needs of an inode."""

    mode: int
    size: int
    layout: int
    start: int
    """The union field: first block, or the chunk format."""
    after: int
    """Place behind the inode and its attributes."""


@dataclass(slots=True)
class Medium:
    """The geometry of one file system."""

    view: View
    bits: int
    meta: int
    incompatible: int

    def inode(self, number: int) -> Inode:
        """Read inode `number`, which counts slots of 32 bytes."""
        place = self.meta + number * 32
        (word,) = struct.unpack("<H", self.view.copy(place, 2))
        layout = word >> 1 & 7
        if word & 1:
            _, attributes, mode, size, start = self.view.unpack(EXTENDED_INODE, place)
            after = place + 64
        else:
            _, attributes, mode, _, size, start = self.view.unpack(COMPACT_INODE, place)
            after = place + 32
        if layout > CHUNKED:
            raise Damaged(f"EROFS inode of layout {layout}", place)
        if attributes:
            after += 12 + 4 * (attributes - 1)
        return Inode(mode, size, layout, start, after)


def content(medium: Medium, inode: Inode, budget: Budget) -> View:
    """Return the bytes of a file, directory or link."""
    size, unit = inode.size, 1 << medium.bits
    if inode.layout == PLAIN:
        return medium.view.slice(inode.start * unit, size) if size else View(b"")
    if size > budget.limits.member_size:
        limit = budget.limits.member_size
        raise LimitHit("member-size", limit, f"a member of {size} bytes exceeds member-size")
    if inode.layout == INLINE:
        whole = max(0, (size + unit - 1) // unit - 1) * unit
        tail = medium.view.slice(inode.after, size - whole)
        if not whole:
            return tail
        return View(medium.view.copy(inode.start * unit, whole) + bytes(tail.data))
    pieces = _chunks(medium, inode) if inode.layout == CHUNKED else _clusters(medium, inode)
    output = bytearray()
    compressed = decoded = 0
    try:
        for piece, stored in pieces:
            output += piece
            compressed += stored
            decoded += len(piece) if stored else 0
            budget.grow(len(piece) if stored else 0, decoded, compressed + 1)
        if len(output) != size:
            raise Damaged(f"EROFS file gives {len(output)} of {size} bytes")
    except Damaged as damage:
        damage.partial = View(output)
        raise
    return View(output)


def _chunks(medium: Medium, inode: Inode) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes, stored bytes) of each chunk."""
    bits = medium.bits + (inode.start & 0x1F)
    indexes = bool(inode.start & CHUNK_INDEXES)
    width = 8 if indexes else 4
    place = (inode.after + width - 1) & ~(width - 1)
    for start in range(0, inode.size, 1 << bits):
        more = min(1 << bits, inode.size - start)
        word = medium.view.copy(place, width)
        block = int.from_bytes(word[-4:], "little")
        if indexes and word[2:4] != b"\0\0" and block != HOLE:
            raise Opaque("EROFS chunk on another device", place)
        place += width
        if block == HOLE:
            yield bytes(more), 0
        else:
            yield medium.view.copy(block << medium.bits, more), more


@dataclass(slots=True)
class _Head:
    """Start of a cluster: place in the file, first block, blocks, kind."""

    start: int
    block: int
    blocks: int
    kind: int


def _clusters(medium: Medium, inode: Inode) -> Iterator[tuple[bytes, int]]:
    """Yield (output, stored bytes) of each compressed cluster in the order of the file."""
    header = (inode.after + 7) & ~7
    advice, algorithms, bits = struct.unpack("<4xHBB", medium.view.copy(header, 8))
    if advice & TAILS or bits & 0x80:
        raise Opaque("EROFS file with its tail packed elsewhere", header)
    cluster_bits = medium.bits + (bits & 7)
    if inode.layout == COMPRESSED_FULL:
        heads = list(_full_index(medium, inode, header + 16, cluster_bits))
    else:
        heads = list(_compact_index(medium, inode, header + 8, cluster_bits, advice))
    for head, following in zip(heads, [*heads[1:], None], strict=False):
        length = (inode.size if following is None else following.start) - head.start
        if length == 0 and following is None:
            return
        if length <= 0 or length > 1 << 24:
            raise Damaged("EROFS clusters out of order", header)
        stored = head.blocks << medium.bits
        data = medium.view.copy(head.block << medium.bits, stored)
        if head.kind == STORED:
            if advice & INTERLACED:
                turn = head.start & ((1 << medium.bits) - 1)
                data = data[turn:] + data[:turn]
            if length > len(data):
                raise Damaged("EROFS stored cluster is too short", header)
            yield data[:length], stored
            continue
        algorithm = algorithms & 15 if head.kind == HEAD else algorithms >> 4
        if algorithm:
            raise Opaque(f"EROFS compression {algorithm} is not supported", header)
        # padded in front since Linux 5.3 (no block starts with a zero byte), before that behind
        padded = medium.incompatible & 1
        output = codec.block("lz4", data.lstrip(b"\0"), length) if padded else _lz4_start(data, length)
        if len(output) != length:
            raise Damaged("EROFS cluster gives too few bytes", header)
        yield output, stored


def _lz4_start(data: bytes, length: int) -> bytes:
    """Decode the first `length` bytes of an LZ4 block that may go on; the library reads whole blocks only."""
    output = bytearray()
    position = 0
    while position < len(data):
        token = data[position]
        position, literals = _lz4_length(data, position + 1, token >> 4)
        output += data[position : position + literals]
        position += literals
        if len(output) >= length or position + 2 > len(data):
            break
        back = int.from_bytes(data[position : position + 2], "little")
        position, match = _lz4_length(data, position + 2, token & 15)
        if not 0 < back <= len(output):
            raise codec.Undecodable("lz4 block: match before its start")
        more = min(match + 4, length - len(output))
        start = len(output) - back
        piece = output[start : start + more]
        output += (piece * (more // len(piece) + 1))[:more]
        if len(output) >= length:
            break
    return bytes(output[:length])


def _lz4_length(data: bytes, position: int, value: int) -> tuple[int, int]:
    """Return (place behind a length, its value): 15 goes on in bytes until one is not 255."""
    if value == 15:
        while position < len(data):
            value += data[position]
            position += 1
            if data[position - 1] != 255:
                break
    return position, value


def _full_index(medium: Medium, inode: Inode, place: int, bits: int) -> Iterator[_Head]:
    """Read the index of 8 bytes a logical cluster."""
    head: _Head | None = None
    for number in range((inode.size + (1 << bits) - 1) >> bits):
        kind, offset, word = struct.unpack("<HHI", medium.view.copy(place + 8 * number, 8))
        if kind & 3 == NOT_HEAD:
            if head is not None and word & 0xFFFF & BLOCK_COUNT:
                head.blocks = word & 0xFFFF & ~BLOCK_COUNT
            continue
        if head is not None:
            yield head
        head = _Head((number << bits) + offset, word, 1, kind & 3)
    if head is not None:
        yield head


def _compact_index(medium: Medium, inode: Inode, place: int, bits: int, advice: int) -> Iterator[_Head]:
    """Read the index of 4 or 2 bytes a logical cluster, packed around a common block number."""
    total = (inode.size + (1 << bits) - 1) >> bits
    initial = (32 - place % 32) // 4 & 7
    doubles = (total - initial) // 16 * 16 if advice & TWO_BYTES and initial < total else 0
    number = 0
    head: _Head | None = None
    while number < total:
        packed = initial <= number < initial + doubles
        count, size = (16, 32) if packed else (2, 8)
        # a pack of 4-byte entries holds two; the initial ones end where 32-byte packs may start
        for index, kind, low, block, blocks in _pack(medium.view.copy(place, size), count, bits, advice):
            if number + index >= total:
                break
            if kind == NOT_HEAD:
                if head is not None and low & BLOCK_COUNT and advice & BIG_PHYSICAL:
                    head.blocks = low & ~BLOCK_COUNT
                continue
            if head is not None:
                yield head
            head = _Head(((number + index) << bits) + low, block, blocks, kind)
        number += count
        place += size
    if head is not None:
        yield head


def _pack(raw: bytes, count: int, bits: int, advice: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (index, kind, low bits, block, blocks) of the entries of one pack."""
    width = (len(raw) - 4) * 8 // count
    low_bits = max(bits, 12)
    base = int.from_bytes(raw[-4:], "little")
    packed = int.from_bytes(raw[:-4], "little")
    entries = [packed >> width * index & ((1 << width) - 1) for index in range(count)]
    kinds = [entry >> low_bits & 3 for entry in entries]
    lows = [entry & ((1 << low_bits) - 1) for entry in entries]
    for index in range(count):
        block = 0
        if kinds[index] != NOT_HEAD:
            ahead = _blocks_before(kinds, lows, index, bool(advice & BIG_PHYSICAL))
            block = base + ahead
        yield index, kinds[index], lows[index], block, 1


def _blocks_before(kinds: list[int], lows: list[int], index: int, big: bool) -> int:
    """Count the blocks of the clusters that start before entry `index` of the pack."""
    count = 0 if big else 1
    while index > 0:
        index -= 1
        if kinds[index] != NOT_HEAD:
            count += 1
        elif not big:
            index -= lows[index]
            count += index >= 0
        elif lows[index] & BLOCK_COUNT:
            index -= 1
            count += lows[index + 1] & ~BLOCK_COUNT
        elif lows[index] <= 1:
            raise Damaged("EROFS index is broken")
        else:
            index -= lows[index] - 2
    return count
