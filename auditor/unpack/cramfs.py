"""cramfs, both byte orders: 4 KiB blocks of zlib, inodes of 12 bytes in the directories."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.unpack import codec
from auditor.unpack.cpio import KINDS
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "cramfs"
TITLE = "cramfs"
MAGICS = ((0, b"\x45\x3d\xcd\x28"), (0, b"\x28\xcd\x3d\x45"))
ANYWHERE = True
KIND = "filesystem"
MADE_BY = "mkfs.cramfs"

BLOCK = 4096
EXTENDED = 0x800
"""Feature flag: block pointers carry their own flags."""
POINTER_MASK, STORED, DIRECT = 0x3FFFFFFF, 0x80000000, 0x40000000


@dataclass(slots=True)
class _Inode:
    mode: int
    size: int
    name: int
    offset: int


@dataclass(slots=True)
class _Image:
    view: View
    order: str
    extended: bool

    def inode(self, position: int) -> _Inode:
        one, two, three = self.view.unpack(struct.Struct(self.order + "III"), position)
        if self.order == "<":
            return _Inode(one & 0xFFFF, two & 0xFFFFFF, (three & 0x3F) * 4, (three >> 6) * 4)
        return _Inode(one >> 16, two >> 8, (three >> 26) * 4, (three & 0x3FFFFFF) * 4)

    def content(self, inode: _Inode, budget: Budget) -> View:
        """Decode the blocks of a file or link."""
        count = (inode.size + BLOCK - 1) // BLOCK
        pointers = struct.unpack(f"{self.order}{count}I", self.view.copy(inode.offset, 4 * count))
        output = bytearray()
        start, compressed = inode.offset + 4 * count, 0
        try:
            for pointer in pointers:
                expected = min(BLOCK, inode.size - len(output))
                piece, start, stored = self.block(pointer, start, expected)
                output += piece
                compressed += stored
                budget.grow(expected, len(output), compressed + 4 * count, inode.offset)
        except Damaged as damage:
            damage.partial = View(output)
            raise
        return View(output)

    def block(self, pointer: int, start: int, expected: int) -> tuple[bytes, int, int]:
        """Return (output, where the next block starts, stored bytes)."""
        stored_plain = False
        end = pointer
        if self.extended:
            stored_plain = bool(pointer & STORED)
            end = pointer & POINTER_MASK
            if pointer & DIRECT:
                start = end << 2
                end = start + (expected if stored_plain else 2 + int.from_bytes(self.view.copy(start, 2), "little"))
                start += 0 if stored_plain else 2
        if end == start:
            return bytes(expected), end, 0
        data = self.view.slice(start, end - start).data
        output = bytes(data) if stored_plain else codec.block("zlib", data, BLOCK)
        if len(output) != expected:
            raise Truncated(f"cramfs block gives {len(output)} bytes instead of {expected}", start)
        return output, end, end - start


def open(view: View, budget: Budget) -> Container | None:
    """Validate the superblock."""
    if view.size < 76 or view.copy(16, 16) != b"Compressed ROMFS":
        return None
    order = "<" if view.head(1) == b"\x45" else ">"
    size, flags = struct.unpack_from(order + "II", view.data, 4)
    if size < 76:
        return None
    image = _Image(view, order, bool(flags & EXTENDED))
    container = Container(extent=min(size, view.size), entries=_tree(image, budget))
    if size > view.size:
        container.problems.append(Truncated(f"cramfs of {size} bytes, {view.size} are there", view.size))
    return container


def _tree(image: _Image, budget: Budget) -> Iterator[Entry]:
    root = image.inode(64)
    seen = {root.offset}
    stack = [(b"", root.offset, root.offset + root.size)]
    while stack:
        prefix, position, end = stack.pop()
        if position >= end:
            continue
        inode = image.inode(position)
        path = prefix + image.view.copy(position + 12, inode.name).rstrip(b"\0")
        stack.append((prefix, position + 12 + inode.name, end))
        yield _entry(image, path, inode, budget)
        if stat.S_ISDIR(inode.mode) and inode.size and inode.offset not in seen:
            seen.add(inode.offset)
            stack.append((path + b"/", inode.offset, inode.offset + inode.size))


def _entry(image: _Image, path: bytes, inode: _Inode, budget: Budget) -> Entry:
    kind = KINDS.get(stat.S_IFMT(inode.mode), "file")
    mode = stat.S_IMODE(inode.mode)
    if kind == "symlink":
        try:
            return Entry(name=path, kind=kind, mode=mode, target=bytes(image.content(inode, budget).data))
        except Damaged as damage:
            failed = damage

            def lost() -> View:
                raise failed

            return Entry(name=path, kind=kind, mode=mode, data=lost)
    if kind != "file":
        return Entry(name=path, kind=kind, mode=mode)
    return Entry(name=path, size=inode.size, mode=mode, data=lambda: image.content(inode, budget), offset=inode.offset)
