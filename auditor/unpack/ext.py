"""ext2, ext3 and ext4: extents, indirect blocks, inline data, 64bit, flex_bg, meta_bg.

Layout after the kernel's `Documentation/filesystems/ext4`. The journal is not replayed: the
tree is the one on the medium. Files of one extent are plain ranges of the image.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator

from auditor.unpack.cpio import KINDS
from auditor.unpack.ext_blocks import Inode, Medium, content, file_runs
from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, Truncated, View

NAME = "ext"
TITLE = "ext2, ext3, ext4"
MAGICS = ((0x438, b"\x53\xef"),)
ANYWHERE = True
ALIGNMENT = 512
KIND = "filesystem"
MADE_BY = "mke2fs"

ROOT = 2
ENCRYPTED_INODE = 0x800
ENTRY_KINDS = ("file", "file", "directory", "char-device", "block-device", "fifo", "socket", "symlink")
DIRECTORY_LIMIT = 64 << 20
INCOMPATIBLE = (
    0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
)
"""Features a reader must know: filetype, recover, meta_bg, extents, 64bit, mmp, flex_bg, ea_inode,
dirdata, csum_seed, largedir, inline_data, encrypt, casefold."""


def open(view: View, budget: Budget) -> Container | None:
    """Validate the superblock; the tree is read while it is walked."""
    if view.size < 2048:
        return None
    head = view.head(2048)
    inodes, blocks = struct.unpack_from("<II", head, 1024)
    log_block, log_cluster = struct.unpack_from("<II", head, 1024 + 24)
    per_group, _, inodes_per_group = struct.unpack_from("<III", head, 1024 + 32)
    state, errors = struct.unpack_from("<HH", head, 1024 + 58)
    revision, first_block = (
        struct.unpack_from("<I", head, 1024 + 76)[0],
        struct.unpack_from("<I", head, 1044)[0],
    )
    if state > 7 or errors > 3 or revision > 1 or first_block > 1 or not (inodes and blocks):
        return None
    if log_block > 6 or log_cluster > 30 or not (per_group and inodes_per_group):
        raise Damaged("ext superblock without block size or groups", 1024)
    if per_group > 8 << (10 + log_block + log_cluster):
        raise Damaged(f"ext superblock with {per_group} blocks in a group", 1024)
    (inode_size,) = struct.unpack_from("<H", head, 1024 + 88) if revision else (128,)
    (incompatible,) = struct.unpack_from("<I", head, 1024 + 96) if revision else (0,)
    if not 128 <= inode_size <= 1024 << log_block or inode_size & (inode_size - 1):
        return None
    wide = bool(incompatible & 0x80)
    if wide:
        blocks |= struct.unpack_from("<I", head, 1024 + 0x150)[0] << 32
    extent = blocks << (10 + log_block)
    if incompatible & ~INCOMPATIBLE:
        problem = Opaque(f"ext feature flags {incompatible & ~INCOMPATIBLE:#x} are not supported", 1024 + 96)
        return Container(min(extent, view.size), understood=1024, problems=[problem])
    descriptor = max(32, struct.unpack_from("<H", head, 1024 + 0xFE)[0]) if wide else 32
    medium = Medium(
        view=view,
        block_size=1024 << log_block,
        first_block=first_block,
        blocks=blocks,
        blocks_per_group=per_group,
        inodes=inodes,
        inodes_per_group=inodes_per_group,
        inode_size=inode_size,
        descriptor_size=descriptor,
        meta_group=struct.unpack_from("<I", head, 1024 + 0x104)[0] if incompatible & 0x10 else None,
    )
    container = Container(extent=min(extent, view.size), entries=_tree(medium, budget))
    if extent > view.size:
        container.problems.append(Truncated(f"ext of {extent} bytes, {view.size} are there", view.size))
    return container


def _tree(medium: Medium, budget: Budget) -> Iterator[Entry]:
    """Yield the entries depth-first; each directory is entered once, so a cycle ends."""
    seen = {ROOT}
    stack = [(b"", _listing(medium, medium.inode(ROOT), budget))]
    while stack:
        prefix, listing = stack[-1]
        try:
            found = next(listing, None)
        except Damaged as damage:
            yield _broken(prefix + b".", damage, "directory")
            found = None
        if found is None:
            stack.pop()
            continue
        number, kind, name = found
        path = prefix + name
        try:
            inode = medium.inode(number)
        except Damaged as damage:
            yield _broken(path, damage, ENTRY_KINDS[kind & 7])
            continue
        yield _entry(medium, path, inode, budget)
        if stat.S_ISDIR(inode.mode) and number not in seen:
            seen.add(number)
            stack.append((path + b"/", _listing(medium, inode, budget)))


def _broken(path: bytes, damage: Damaged, kind: str) -> Entry:
    def lost() -> View:
        raise damage

    return Entry(name=path, kind=kind, data=lost)


def _entry(medium: Medium, path: bytes, inode: Inode, budget: Budget) -> Entry:
    kind = KINDS.get(stat.S_IFMT(inode.mode), "file")
    mode = stat.S_IMODE(inode.mode)
    if kind == "symlink":
        try:
            return Entry(name=path, kind=kind, mode=mode, target=_target(medium, inode, budget))
        except Damaged as damage:
            return _broken(path, damage, kind)
    if kind != "file":
        return Entry(name=path, kind=kind, mode=mode)

    def data() -> View:
        if inode.flags & ENCRYPTED_INODE:
            raise Opaque("encrypted file of ext4")
        return content(medium, inode, budget)

    return Entry(name=path, size=inode.size, mode=mode, data=data)


def _target(medium: Medium, inode: Inode, budget: Budget) -> bytes:
    if inode.size > budget.limits.name_length:
        raise Damaged("link target too long")
    if inode.size < 60 and not inode.inline and not inode.extents:
        return inode.map[: inode.size]
    return bytes(content(medium, inode, budget).data)


def _listing(medium: Medium, inode: Inode, budget: Budget) -> Iterator[tuple[int, int, bytes]]:
    """Yield (inode number, kind, name) of a directory, block by block."""
    if inode.size > DIRECTORY_LIMIT:
        raise Damaged(f"ext directory of {inode.size} bytes")
    if inode.inline:
        # the first 4 bytes are the parent; the rest has no `.` and `..`
        yield from _entries(inode.map[4:])
        yield from _entries(inode.more)
        return
    for _, block, count in file_runs(medium, inode, budget):
        if block is None:
            continue
        for number in range(block, block + count):
            budget.grow(medium.block_size, 0)
            yield from _entries(medium.view.copy(number * medium.block_size, medium.block_size))


def _entries(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 0
    while position + 8 <= len(data):
        number, length, size, kind = struct.unpack_from("<IHBB", data, position)
        if length == 0xFFFF or (length == 0 and len(data) == 65536):
            length = 65536
        if length < 8 or position + length > len(data) or size + 8 > length:
            if not any(data[position:]):
                return
            raise Damaged("ext directory entry breaks its block")
        name = data[position + 8 : position + 8 + size]
        if number and name not in (b".", b"..", b""):
            yield number, kind if kind < 8 else 0, name
        position += length
