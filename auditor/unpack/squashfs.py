"""squashfs 4, little and big endian, all six codecs; version 3 and older are recognized only.

Layout after the kernel's `Documentation/filesystems/squashfs.rst`: superblock, data and fragment
blocks, then inode, directory, fragment, export and id tables in metadata blocks of 8 KiB.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack.codec import append_hole
from auditor.unpack.squashfs_tables import Cursor, Tables
from auditor.unpack.view import Budget, Container, Damaged, Entry, LimitHit, Opaque, Truncated, View

NAME = "squashfs"
TITLE = "squashfs 4 (gzip, lzma, lzo, xz, lz4, zstd)"
MAGICS = tuple((0, magic) for magic in (b"hsqs", b"sqsh", b"shsq", b"qshs", b"tqsh", b"hsqt", b"sqlz"))
ANYWHERE = True
KIND = "filesystem"
MADE_BY = "mksquashfs"

CODECS = {1: "zlib", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}
KINDS = ("directory", "file", "symlink", "block-device", "char-device", "fifo", "socket")
"""By inode type 1-7; the extended types 8-14 follow the same order."""
NO_FRAGMENT = 0xFFFFFFFF
STORED = 1 << 24
"""Set in a block size when the block is not compressed."""
NAME_LIMIT = 256
TARGET_LIMIT = 65536


def open(view: View, budget: Budget) -> Container | None:
    """Validate the superblock; the tree is read while it is walked."""
    if view.size < 96:
        return None
    head = view.head(96)
    for order in "<>":
        major, minor = struct.unpack_from(order + "HH", head, 28)
        if major in (1, 2, 3) and minor < 10:
            return _old(view, order, major)
        if (major, minor) == (4, 0):
            break
    else:
        return None
    fields = struct.unpack_from(order + "4xIIIIHHHHHHQQQQQQQQ", head, 0)
    _, _, block_size, fragments, codec, block_log, _, _, _, _, root, used = fields[:12]
    _, _, inodes, directories, fragment_table, _ = fields[12:]
    if block_log > 20 or block_size != 1 << block_log or block_size < 4096 or used < 96:
        return None
    if codec not in CODECS:
        return Container(min(used, view.size), understood=96, problems=[Opaque(f"squashfs with codec {codec}", 20)])
    tables = Tables(view, order, CODECS[codec], block_size, inodes, directories, fragment_table, fragments)
    container = Container(extent=min(used, view.size), entries=_tree(tables, root, budget))
    if used > view.size:
        container.problems.append(Truncated(f"squashfs of {used} bytes, {view.size} are there", view.size))
    return container


def _old(view: View, order: str, major: int) -> Container | None:
    """Recognize versions 1 to 3, whose tables are built differently."""
    (used,) = struct.unpack_from(order + ("Q" if major == 3 else "I"), view.head(96), 63 if major == 3 else 8)
    (block_log,) = struct.unpack_from(order + "H", view.head(96), 34)
    if not 12 <= block_log <= 20 or used < 96:
        return None
    problem = Opaque(f"squashfs version {major} is recognized, not read", 28)
    return Container(extent=min(used, view.size), understood=96, problems=[problem])


@dataclass(slots=True)
class _Inode:
    """What the walk needs of an inode."""

    kind: str
    mode: int
    size: int = 0
    start: int = 0
    """First block: of the data in the image, of the listing in the directory table."""
    fragment: int = NO_FRAGMENT
    offset: int = 0
    """Of the tail in its fragment, of the listing in its first block."""
    sizes: tuple[int, ...] = ()
    target: bytes | None = None


def _inode(tables: Tables, reference: int, budget: Budget) -> _Inode:
    """Read the inode at `reference` (block << 16 | offset)."""
    cursor = Cursor(tables, tables.inodes, reference >> 16, reference & 0xFFFF)
    kind, mode = cursor.read("HH8x4x")
    if not 1 <= kind <= 14:
        raise Damaged(f"squashfs inode of type {kind}", tables.inodes + (reference >> 16))
    inode = _Inode(KINDS[(kind - 1) % 7], mode)
    if kind == 1:
        inode.start, inode.size, inode.offset = cursor.read("I4xHH4x")
    elif kind == 8:
        inode.size, inode.start, inode.offset = cursor.read("4xII4x2xH4x")
    elif kind == 2:
        inode.start, inode.fragment, inode.offset, inode.size = cursor.read("IIII")
    elif kind == 9:
        inode.start, inode.size, inode.fragment, inode.offset = cursor.read("QQ8x4xII4x")
    elif kind in (3, 10):
        (inode.size,) = cursor.read("4xI")
        if inode.size > TARGET_LIMIT:
            raise Damaged("squashfs link target too long")
        inode.target = cursor.take(inode.size)
        inode.size = 0
    if inode.kind == "file" and inode.size <= budget.limits.member_size:
        blocks = inode.size // tables.block_size
        if inode.fragment == NO_FRAGMENT and inode.size % tables.block_size:
            blocks += 1
        budget.grow(4 * blocks, 0)
        inode.sizes = cursor.read(f"{blocks}I")
    return inode


def _listing(tables: Tables, inode: _Inode) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, inode reference, type) of a directory; its stored size counts 3 too many."""
    cursor = Cursor(tables, tables.directories, inode.start, inode.offset)
    left = inode.size - 3
    while left > 0:
        count, start = cursor.read("II4x")
        left -= 12
        if count >= NAME_LIMIT:
            raise Damaged("squashfs directory header counts more than 256 entries", cursor.place)
        for _ in range(count + 1):
            offset, kind, length = cursor.read("H2xHH")
            if length >= NAME_LIMIT:
                raise Damaged("squashfs name longer than 256 bytes", cursor.place)
            name = cursor.take(length + 1)
            left -= 8 + len(name)
            yield name, start << 16 | offset, kind


def _tree(tables: Tables, root: int, budget: Budget) -> Iterator[Entry]:
    """Yield the entries depth-first; each directory is entered once, so a cycle ends."""
    seen = {root}
    stack = [(b"", _listing(tables, _inode(tables, root, budget)))]
    while stack:
        prefix, listing = stack[-1]
        found = next(listing, None)
        if found is None:
            stack.pop()
            continue
        name, reference, kind = found
        path = prefix + name
        try:
            inode = _inode(tables, reference, budget)
        except Damaged as damage:
            yield _broken(path, KINDS[(kind - 1) % 7], damage)
            continue
        yield _entry(tables, path, inode, budget)
        if inode.kind == "directory":
            if reference in seen:
                raise Damaged("squashfs directory is its own descendant or has two parents")
            seen.add(reference)
            stack.append((path + b"/", _listing(tables, inode)))


def _broken(path: bytes, kind: str, damage: Damaged) -> Entry:
    def lost() -> View:
        raise damage

    return Entry(name=path, kind=kind, data=lost)


def _entry(tables: Tables, path: bytes, inode: _Inode, budget: Budget) -> Entry:
    if inode.kind == "file":
        return Entry(
            name=path, kind="file", size=inode.size, mode=inode.mode, data=lambda: _content(tables, inode, budget)
        )
    return Entry(name=path, kind=inode.kind, mode=inode.mode, target=inode.target)


def _content(tables: Tables, inode: _Inode, budget: Budget) -> View:
    """Decode a file: whole blocks (0 = a hole), then the tail out of a shared fragment."""
    limit = budget.limits.member_size
    if inode.size > limit:
        raise LimitHit("member-size", limit, f"a member of {inode.size} bytes exceeds member-size", inode.start)
    if len(inode.sizes) == 1 and inode.sizes[0] & STORED and inode.sizes[0] & (STORED - 1) == inode.size:
        return tables.view.slice(inode.start, inode.size)
    output = bytearray()
    position, compressed, decoded = inode.start, 0, 0
    try:
        for word in inode.sizes:
            stored = word & (STORED - 1)
            expected = min(tables.block_size, inode.size - len(output))
            if stored == 0:
                append_hole(output, expected)
                continue
            piece = tables.data_block(position, word, expected)
            output += piece
            position += stored
            compressed += stored
            decoded += len(piece)
            budget.grow(len(piece), decoded, compressed, inode.start)
        if len(output) < inode.size:
            tail = inode.size - len(output)
            fragment, stored = tables.fragment(inode.fragment)
            if inode.offset + tail > len(fragment):
                raise Truncated("squashfs tail goes past its fragment", inode.start)
            if not output:
                budget.grow(tail, tail, stored, inode.start)
                return View(memoryview(fragment)[inode.offset : inode.offset + tail])
            output += fragment[inode.offset : inode.offset + tail]
            budget.grow(tail, decoded + tail, compressed + stored, inode.start)
    except Damaged as damage:
        damage.partial = View(output)
        raise
    return View(output)
