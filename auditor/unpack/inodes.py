"""Inodes and directory entries of log-structured file systems, walked from the root."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from auditor.unpack.view import Damaged, Entry, View

KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char-device",
    stat.S_IFBLK: "block-device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
MAX_PATH = 4096


class Inode(NamedTuple):
    """What an inode says of its file."""

    mode: int
    size: int
    target: bytes | None = None


class Tree:
    """Inodes by number and names by directory, as the log leaves them."""

    def __init__(self) -> None:
        self.inodes: dict[int, Inode] = {}
        self.children: dict[int, dict[bytes, int]] = {}

    def link(self, parent: int, name: bytes, inode: int) -> None:
        """Set the name; inode 0 takes it away."""
        if inode:
            self.children.setdefault(parent, {})[name] = inode
        else:
            self.children.get(parent, {}).pop(name, None)

    def entries(
        self, root: int, content: Callable[[int, int], Callable[[], View]], *, whole: bool = False
    ) -> Iterator[Entry]:
        """Yield everything below the root, parents first, by name.

        A directory is entered once, so that a cycle ends. Raises Damaged at the end when names
        point to inodes that are missing, directories are met twice, or, in a log that keeps every
        removal (`whole`), names stand in directories that nothing leads to.
        """
        pending = [(root, b"")]
        entered = {root}
        missing = twice = 0
        while pending:
            directory, prefix = pending.pop()
            below = []
            for name, number in sorted(self.children.get(directory, {}).items()):
                inode = self.inodes.get(number)
                path = prefix + name
                if inode is None or len(path) > MAX_PATH:
                    missing += 1
                    continue
                kind = KINDS.get(stat.S_IFMT(inode.mode), "file")
                data = content(number, inode.size) if kind == "file" else None
                size = inode.size if kind == "file" else 0
                yield Entry(
                    name=path, kind=kind, size=size, mode=stat.S_IMODE(inode.mode), data=data, target=inode.target
                )
                if kind == "directory" and number in entered:
                    twice += 1
                elif kind == "directory":
                    entered.add(number)
                    below.append((number, path + b"/"))
            pending.extend(reversed(below))
        lost = sum(len(names) for place, names in self.children.items() if place not in entered) if whole else 0
        if missing or twice or lost:
            raise Damaged(
                f"{missing} names without inode, {twice} directories met twice, {lost} names that nothing leads to"
            )
