"""Inodes and block maps of ext2/3/4: from an inode to the runs of blocks that hold its bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack.pieces import Joined
from auditor.unpack.view import Budget, Damaged, LimitHit, View

EXTENTS, INLINE = 0x80000, 0x10000000
EXTENT_MAGIC = 0xF30A
EXTENT_DEPTH = 5
UNWRITTEN = 32768
LONGEST_RUN = 1 << 20
"""Blocks joined into one run: a hole of a file that says it is huge must not be counted to its end."""
INODE = struct.Struct("<HHIIIIIHHIII60sIII")
Run = tuple[int, int | None, int]
"""(first block of the file, first block of the image or None for a hole, blocks)."""


@dataclass(slots=True)
class Inode:
    """What the walk needs of an inode."""

    mode: int
    size: int
    flags: int
    map: bytes
    """The 60 bytes that hold the block map, a short link target or inline data."""
    more: bytes = b""
    """Inline data behind them, from the attribute `system.data`."""

    @property
    def extents(self) -> bool:
        """True when the map is an extent tree."""
        return bool(self.flags & EXTENTS)

    @property
    def inline(self) -> bool:
        """True when the content stands in the inode."""
        return bool(self.flags & INLINE)


@dataclass(slots=True)
class Medium:
    """The geometry of one file system."""

    view: View
    block_size: int
    first_block: int
    blocks: int
    blocks_per_group: int
    inodes: int
    inodes_per_group: int
    inode_size: int
    descriptor_size: int
    meta_group: int | None
    """First group whose descriptors stand in the group itself (meta_bg)."""

    def inode(self, number: int) -> Inode:
        """Read inode `number` (from 1)."""
        if not 1 <= number <= self.inodes:
            raise Damaged(f"ext inode {number} of {self.inodes}")
        group, index = divmod(number - 1, self.inodes_per_group)
        start = self._inode_table(group) * self.block_size + index * self.inode_size
        fields = self.view.unpack(INODE, start)
        mode, size_low, flags, area, size_high = fields[0], fields[2], fields[10], fields[12], fields[15]
        size = size_low | (size_high << 32 if mode & 0xF000 == 0x8000 else 0)
        inode = Inode(mode, size, flags, area)
        if inode.inline and self.inode_size > 128:
            inode.more = _inline_rest(self.view.copy(start, self.inode_size))
        return inode

    def _inode_table(self, group: int) -> int:
        per_block = self.block_size // self.descriptor_size
        block, index = divmod(group, per_block)
        if self.meta_group is not None and block >= self.meta_group:
            first = self.first_block + block * per_block * self.blocks_per_group
            place = (first + self._has_super(block * per_block)) * self.block_size
        else:
            place = (self.first_block + 1 + block) * self.block_size
        place += index * self.descriptor_size
        (low,) = struct.unpack("<I", self.view.copy(place + 8, 4))
        high = struct.unpack("<I", self.view.copy(place + 0x28, 4))[0] if self.descriptor_size >= 64 else 0
        return int(low | high << 32)

    def _has_super(self, group: int) -> int:
        """Return 1 for a group with a copy of the superblock (0, 1 and powers of 3, 5, 7)."""
        if group <= 1:
            return 1
        for base in (3, 5, 7):
            power = base
            while power < group:
                power *= base
            if power == group:
                return 1
        return 0


def _inline_rest(raw: bytes) -> bytes:
    """Return the value of `system.data` among the attributes inside the inode."""
    extra = int.from_bytes(raw[128:130], "little")
    start = 128 + extra
    if raw[start : start + 4] != b"\0\0\x02\xea":
        return b""
    first = start + 4
    position = first
    while position + 16 <= len(raw):
        length, index, offset = struct.unpack_from("<BBH", raw, position)
        size = int.from_bytes(raw[position + 8 : position + 12], "little")
        if not length and not index:
            break
        if index == 7 and raw[position + 16 : position + 16 + length] == b"data":
            return raw[first + offset : first + offset + size]
        position += (16 + length + 3) & ~3
    return b""


def file_runs(medium: Medium, inode: Inode, budget: Budget) -> Iterator[Run]:
    """Yield the runs of a file in its order, holes between extents left out; map blocks draw from the budget."""
    wanted = (inode.size + medium.block_size - 1) // medium.block_size
    if inode.extents:
        runs = _extent_runs(medium, inode.map, EXTENT_DEPTH, budget)
    else:
        runs = _mapped_runs(medium, inode.map, wanted, budget)
    done = 0
    for first, block, count in runs:
        if first < done or count == 0:
            raise Damaged("ext extents overlap or stand out of order")
        done = first + count
        if block is not None and block + count > medium.blocks:
            raise Damaged(f"ext block {block + count} of {medium.blocks}")
        if first >= wanted:
            return
        yield first, block, min(count, wanted - first)


def _extent_runs(medium: Medium, node: bytes, depth: int, budget: Budget) -> Iterator[Run]:
    """Walk an extent tree of at most five levels."""
    magic, count, _, level = struct.unpack_from("<HHHH", node)
    if magic != EXTENT_MAGIC or level > depth or 12 * (count + 1) > len(node):
        raise Damaged("ext extent node is broken")
    for place in range(12, 12 * (count + 1), 12):
        if level == 0:
            first, length, high, low = struct.unpack_from("<IHHI", node, place)
            unwritten = length > UNWRITTEN
            yield first, None if unwritten else low | high << 32, length - UNWRITTEN if unwritten else length
        else:
            low, high = struct.unpack_from("<IH", node, place + 4)
            budget.grow(medium.block_size, 0)
            child = medium.view.copy((low | high << 32) * medium.block_size, medium.block_size)
            if struct.unpack_from("<H", child, 6)[0] != level - 1:
                raise Damaged("ext extent tree of uneven depth")
            yield from _extent_runs(medium, child, level - 1, budget)


def _mapped_runs(medium: Medium, area: bytes, wanted: int, budget: Budget) -> Iterator[Run]:
    """Join the block numbers of the ext2 map into runs."""
    first, block, count = 0, 0, 0
    for start, number in enumerate(_numbers(medium, area, wanted, budget)):
        if 0 < count < LONGEST_RUN and (number == block + count if block else number == 0):
            count += 1
        else:
            if count:
                yield first, block or None, count
            first, block, count = start, number, 1
    if count:
        yield first, block or None, count


def _numbers(medium: Medium, area: bytes, wanted: int, budget: Budget) -> Iterator[int]:
    """Yield the numbers of the first `wanted` blocks, 0 for a hole."""
    words = struct.unpack("<15I", area)
    left = wanted
    for number in words[:12]:
        if left <= 0:
            return
        left -= 1
        yield number
    for depth in (1, 2, 3):
        if left <= 0:
            return
        for number in _indirect(medium, words[11 + depth], depth, left, budget):
            left -= 1
            yield number


def _indirect(medium: Medium, block: int, depth: int, wanted: int, budget: Budget) -> Iterator[int]:
    fan = medium.block_size // 4
    covers = fan ** (depth - 1)
    if block == 0:
        for _ in range(min(wanted, fan * covers)):
            yield 0
        return
    budget.grow(medium.block_size, 0)
    words = struct.unpack(f"<{fan}I", medium.view.copy(block * medium.block_size, medium.block_size))
    for word in words:
        if wanted <= 0:
            return
        if depth == 1:
            yield word
        else:
            yield from _indirect(medium, word, depth - 1, wanted, budget)
        wanted -= covers


def content(medium: Medium, inode: Inode, budget: Budget) -> View:
    """Return the bytes of a file: a slice of the image when they stand in one run."""
    if inode.inline:
        return View((inode.map + inode.more)[: inode.size])
    size, unit, view = inode.size, medium.block_size, medium.view
    runs = iter(file_runs(medium, inode, budget))
    run = next(runs, None)
    if run is not None and run[0] == 0 and run[1] is not None and run[2] * unit >= size:
        return view.slice(run[1] * unit, size)
    if size > budget.limits.member_size:
        limit = budget.limits.member_size
        raise LimitHit("member-size", limit, f"a scattered member of {size} bytes exceeds member-size")
    output = Joined()
    try:
        while run is not None and output.size < size:
            first, block, count = run
            gap = min(first * unit, size) - output.size
            more = min(count * unit, size - output.size - gap)
            output.hole(gap + (more if block is None else 0))
            if block is not None:
                output.add(view.slice(block * unit, more).data)
                budget.grow(more, output.size)
            run = next(runs, None)
        output.hole(size - output.size)
    except Damaged as damage:
        damage.partial = output.view()
        raise
    return output.view()
