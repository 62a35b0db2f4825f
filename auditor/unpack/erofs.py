"""EROFS: plain, inline and chunk-based files, and LZ4; other codecs are opaque file by file.

Layout after the kernel's `fs/erofs/erofs_fs.h` and `Documentation/filesystems/erofs.rst`.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator

from auditor.unpack.cpio import KINDS
from auditor.unpack.erofs_data import Inode, Medium, content
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "erofs"
TITLE = "EROFS (uncompressed, LZ4)"
MAGICS = ((0x400, b"\xe2\xe1\xf5\xe0"),)
ANYWHERE = True
ALIGNMENT = 512
KIND = "filesystem"
MADE_BY = "mkfs.erofs"

DIRECTORY_LIMIT = 64 << 20
DIRENT = struct.Struct("<QHBx")


def open(view: View, budget: Budget) -> Container | None:
    """Validate the superblock; the tree is read while it is walked."""
    if view.size < 0x480:
        return None
    head = view.head(0x480)
    bits, slots, root = struct.unpack_from("<BBH", head, 0x400 + 12)
    blocks, meta = struct.unpack_from("<II", head, 0x400 + 36)
    (incompatible,) = struct.unpack_from("<I", head, 0x400 + 80)
    if not 9 <= bits <= 16 or not blocks or slots > 64:
        return None
    extent = blocks << bits
    medium = Medium(view=view, bits=bits, meta=meta << bits, incompatible=incompatible)
    container = Container(extent=min(extent, view.size), entries=_tree(medium, root, budget))
    if extent > view.size:
        container.problems.append(Truncated(f"EROFS of {extent} bytes, {view.size} are there", view.size))
    return container


def _tree(medium: Medium, root: int, budget: Budget) -> Iterator[Entry]:
    """Yield the entries depth-first; each directory is entered once, so a cycle ends."""
    seen = {root}
    stack = [(b"", _listing(medium, medium.inode(root), budget))]
    while stack:
        prefix, listing = stack[-1]
        try:
            found = next(listing, None)
        except Damaged as damage:
            yield _broken(prefix + b".", damage)
            found = None
        if found is None:
            stack.pop()
            continue
        name, number = found
        path = prefix + name
        try:
            inode = medium.inode(number)
            entry = _entry(medium, path, inode, budget)
        except Damaged as damage:
            yield _broken(path, damage)
            continue
        yield entry
        if stat.S_ISDIR(inode.mode) and number not in seen:
            seen.add(number)
            stack.append((path + b"/", _listing(medium, inode, budget)))


def _broken(path: bytes, damage: Damaged) -> Entry:
    def lost() -> View:
        raise damage

    return Entry(name=path, data=lost)


def _entry(medium: Medium, path: bytes, inode: Inode, budget: Budget) -> Entry:
    kind = KINDS.get(stat.S_IFMT(inode.mode), "file")
    mode = stat.S_IMODE(inode.mode)
    if kind == "symlink":
        if inode.size > budget.limits.name_length:
            raise Damaged("link target too long")
        return Entry(name=path, kind=kind, mode=mode, target=bytes(content(medium, inode, budget).data))
    if kind != "file":
        return Entry(name=path, kind=kind, mode=mode)
    return Entry(name=path, size=inode.size, mode=mode, data=lambda: content(medium, inode, budget))


def _listing(medium: Medium, inode: Inode, budget: Budget) -> Iterator[tuple[bytes, int]]:
    """Yield (name, inode number); each block has its entries first, then their names."""
    if inode.size > DIRECTORY_LIMIT:
        raise Damaged(f"EROFS directory of {inode.size} bytes")
    data = content(medium, inode, budget)
    budget.grow(data.size, 0)
    unit = 1 << medium.bits
    for start in range(0, data.size, unit):
        block = data.slice(start, min(unit, data.size - start))
        if block.size < DIRENT.size:
            raise Damaged("EROFS directory block is too short")
        count = block.unpack(DIRENT, 0)[1] // DIRENT.size
        rows = [block.unpack(DIRENT, index * DIRENT.size) for index in range(count)]
        ends = [row[1] for row in rows[1:]] + [block.size]
        for (number, place, _), end in zip(rows, ends, strict=False):
            if end < place:
                raise Damaged("EROFS directory names out of order")
            name = block.copy(place, end - place).partition(b"\0")[0]
            if name not in (b".", b"..", b""):
                yield name, number
