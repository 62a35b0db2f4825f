"""cpio archives: newc, newc with checksum, odc (portable ASCII)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace

from auditor.unpack.stream import cut
from auditor.unpack.view import Budget, Container, Damaged, Entry, View

NAME = "cpio"
TITLE = "cpio archive (newc, crc, odc)"
MAGICS = ((0, b"070701"), (0, b"070702"), (0, b"070707"))
ANYWHERE = True
KIND = "archive"
MADE_BY = "cpio"

TRAILER = b"TRAILER!!!"
KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char-device",
    stat.S_IFBLK: "block-device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


def open(view: View, budget: Budget) -> Container | None:
    """Walk the headers to the trailer; the members are plain ranges."""
    if not _plausible(view.head(110)):
        return None
    entries: list[Entry] = []
    groups: list[tuple[int, ...]] = []
    container = Container(extent=0)
    try:
        for entry, link, end in _headers(view):
            if len(entries) > budget.limits.members:
                container.extent = view.size  # one entry more than allowed: the walk meets the limit
                break
            container.extent = end
            if entry.name == TRAILER and entry.size == 0:
                break
            entries.append(entry)
            groups.append(link)
    except Damaged as damage:
        if not entries:
            raise  # the magic and a hundred digits behind it are no accident
        container.problems.append(damage)
    if container.problems:
        container.extent = max(container.extent, 1)
    container.entries = _linked(entries, groups)
    return container


def _plausible(head: bytes) -> bool:
    width = 8 if head[:6] != b"070707" else 0
    digits = head[6:110] if width else head[6:76]
    allowed = b"0123456789abcdefABCDEF" if width else b"01234567"
    return len(digits) == (104 if width else 70) and not digits.strip(allowed)


def _headers(view: View) -> Iterator[tuple[Entry, tuple[int, ...], int]]:
    """Yield (entry, what hard links share, end of the member) for each header."""
    position = 0
    while True:
        magic = view.copy(position, 6)
        if magic in (b"070701", b"070702"):
            entry, link, position = _newc(view, position)
        elif magic == b"070707":
            entry, link, position = _odc(view, position)
        else:
            raise Damaged("cpio header without its magic", position)
        yield entry, link, position


def _number(digits: bytes, base: int, offset: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise Damaged("cpio field is no number", offset) from None


def _newc(view: View, position: int) -> tuple[Entry, tuple[int, ...], int]:
    head = view.copy(position, 110)
    fields = [_number(head[place : place + 8], 16, position) for place in range(6, 110, 8)]
    inode, mode, _, _, links, _, size, major, minor, _, _, length = fields[:12]
    name = view.copy(position + 110, length).rstrip(b"\0")
    data = (position + 110 + length + 3) & ~3
    entry = _entry(view, name, mode, data, size)
    link = (inode, major, minor) if links > 1 else ()
    return entry, link, min((data + size + 3) & ~3, view.size)


def _odc(view: View, position: int) -> tuple[Entry, tuple[int, ...], int]:
    head = view.copy(position, 76)
    device, inode, mode = (_number(head[place : place + 6], 8, position) for place in (6, 12, 18))
    links, length, size = (
        _number(head[36:42], 8, position),
        _number(head[59:65], 8, position),
        _number(head[65:76], 8, position),
    )
    name = view.copy(position + 76, length).rstrip(b"\0")
    data = position + 76 + length
    return _entry(view, name, mode, data, size), (inode, device) if links > 1 else (), data + size


def _entry(view: View, name: bytes, mode: int, data: int, size: int) -> Entry:
    kind = KINDS.get(stat.S_IFMT(mode), "file")
    content = view.slice(data, min(size, max(0, view.size - data)))
    name = name.removeprefix(b"./") or name
    if kind == "symlink":
        return Entry(name=name, kind=kind, mode=stat.S_IMODE(mode), target=content.head(size), offset=data)
    if kind != "file":
        return Entry(name=name, kind=kind, mode=stat.S_IMODE(mode), offset=data)
    whole = content if content.size == size else cut(content, data)
    return Entry(name=name, kind=kind, size=size, mode=stat.S_IMODE(mode), data=whole, offset=data)


def _linked(entries: list[Entry], groups: list[tuple[int, ...]]) -> Iterator[Entry]:
    """Yield the entries; the data of hard links stands at one of them and belongs to all."""
    content: dict[tuple[int, ...], Entry] = {}
    for entry, link in zip(entries, groups, strict=True):
        if link and entry.kind == "file" and entry.size:
            content[link] = entry
    for entry, link in zip(entries, groups, strict=True):
        source = content.get(link) if link and entry.kind == "file" and not entry.size else None
        if entry.name != b".":
            yield entry if source is None else replace(entry, size=source.size, data=source.data, offset=source.offset)
