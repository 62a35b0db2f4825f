"""tar archives: v7, ustar, GNU and pax, sparse members included."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.unpack.stream import cut
from auditor.unpack.tar_sparse import Span, expand, header_spans, number, pax_content
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "tar"
TITLE = "tar archive (v7, ustar, GNU, pax)"
MAGICS = ((257, b"ustar"), (0, b""))
ANYWHERE = True
KIND = "archive"
MADE_BY = "tar"

BLOCK = 512
EMPTY = bytes(BLOCK)
HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s")
KINDS = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"S": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "char-device",
    b"4": "block-device",
    b"5": "directory",
    b"6": "fifo",
}
RECORD_LIMIT = 1 << 20
"""Bytes of an extended header or long name."""
SPAN_LIMIT = 1 << 20


def open(view: View, budget: Budget) -> Container | None:
    """Walk the headers to the end mark; the members are plain ranges."""
    if view.size < BLOCK or not _checksum(view.head(BLOCK)):
        return None
    container = Container(extent=BLOCK)
    entries: list[Entry] = []
    reader = _Reader(view, budget)
    try:
        for entry in reader.entries():
            if len(entries) > budget.limits.members:
                reader.position = view.size  # one entry more than allowed: the walk meets the limit
                break
            entries.append(entry)
    except Damaged as damage:
        container.problems.append(damage)
    container.extent = max(BLOCK, min(reader.position, view.size))
    container.entries = entries
    return container


def _checksum(head: bytes) -> bool:
    """Tell whether the sum of the header's bytes, its own field as spaces, is the stored one."""
    stored = head[148:156].strip(b"\0 ")
    if not stored or stored.strip(b"01234567") or not head[0]:
        return False
    unsigned = sum(head) - sum(head[148:156]) + 8 * 32
    return int(stored, 8) in (unsigned, unsigned - 256 * sum(byte > 127 for byte in head[:148] + head[156:]))


@dataclass(slots=True)
class _Extra:
    """What extended headers say about the next member."""

    name: bytes | None = None
    target: bytes | None = None
    pax: dict[bytes, bytes] = field(default_factory=dict)


class _Reader:
    """Reads headers from one position on."""

    def __init__(self, view: View, budget: Budget) -> None:
        self.view = view
        self.budget = budget
        self.position = 0
        self.common: dict[bytes, bytes] = {}

    def entries(self) -> Iterator[Entry]:
        extra = _Extra()
        while True:
            if self.position >= self.view.size:
                raise Truncated("tar archive without its end mark", self.position)
            head = self.view.copy(self.position, min(BLOCK, self.view.size - self.position))
            if head == EMPTY:
                self.position += 2 * BLOCK
                return
            if len(head) < BLOCK or not _checksum(head):
                raise Damaged("tar header with a wrong checksum", self.position)
            kind = head[156:157]
            if kind in b"LKxgX" and kind:
                self.extend(head, kind, extra)
                continue
            entry = self.member(head, kind, extra)
            extra = _Extra()
            if entry.name not in (b".", b"./"):
                yield entry

    def extend(self, head: bytes, kind: bytes, extra: _Extra) -> None:
        """Read a long name or extended header into `extra`."""
        size = number(head[124:136], self.position)
        if size > RECORD_LIMIT:
            raise Damaged(f"tar extended header of {size} bytes", self.position)
        record = self.view.copy(self.position + BLOCK, size)
        if kind == b"L":
            extra.name = record.rstrip(b"\0")
        elif kind == b"K":
            extra.target = record.rstrip(b"\0")
        elif kind == b"g":
            self.common.update(_pax(record, self.position))
        else:
            extra.pax.update(_pax(record, self.position))
        self.position += BLOCK + _padded(size)

    def member(self, head: bytes, kind: bytes, extra: _Extra) -> Entry:
        """Read one member and step behind its content."""
        fields = HEADER.unpack_from(head)
        start = self.position
        pax = {**self.common, **extra.pax}
        name = extra.name or fields[0].rstrip(b"\0")
        if fields[9] == b"ustar\0" and fields[15].rstrip(b"\0") and extra.name is None:
            name = fields[15].rstrip(b"\0") + b"/" + name
        name = pax.get(b"path", name)
        target = pax.get(b"linkpath", extra.target or fields[8].rstrip(b"\0"))
        size = number(pax[b"size"], start, 10) if b"size" in pax else number(fields[4], start)
        what = KINDS.get(kind, "file")
        if what == "file" and name.endswith(b"/"):
            what = "directory"
        stored = size if what == "file" else 0
        self.position += BLOCK
        spans = self.sparse_maps(head) if kind == b"S" else []
        data = self.view.slice(self.position, min(stored, self.view.size - self.position))
        self.position += _padded(stored)
        name = name.removeprefix(b"./").rstrip(b"/") or name
        mode = number(fields[1], start) & 0o7777
        if what != "file":
            return Entry(name=name, kind=what, mode=mode, target=target if "link" in what else None, offset=start)
        budget = self.budget
        if kind == b"S":
            size = number(head[483:495], start)
            return Entry(
                name=name, size=size, mode=mode, data=lambda: expand(data, spans, size, budget, start), offset=start
            )
        if any(key.startswith(b"GNU.sparse") for key in pax):
            name = pax.get(b"GNU.sparse.name", name).removeprefix(b"./")
            return Entry(
                name=name, size=stored, mode=mode, data=lambda: pax_content(data, pax, budget, start), offset=start
            )
        if data.size < stored:
            return Entry(name=name, size=stored, mode=mode, data=cut(data, start), offset=start)
        return Entry(name=name, size=stored, mode=mode, data=data, offset=start)

    def sparse_maps(self, head: bytes) -> list[Span]:
        """Return the spans of an old GNU sparse member and step over its further maps."""
        spans = list(header_spans(head[386:482], self.position))
        more = head[482]
        while more:
            block = self.view.copy(self.position, BLOCK)
            spans.extend(header_spans(block[:504], self.position))
            if len(spans) > SPAN_LIMIT:
                raise Damaged("tar sparse map too long", self.position)
            more = block[504]
            self.position += BLOCK
        return spans


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _pax(record: bytes, offset: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (keyword, value) of the lines `length keyword=value`."""
    position = 0
    while position < len(record) and record[position]:
        digits, _, _ = record[position : position + 12].partition(b" ")
        length = number(digits, offset, 10)
        if length <= len(digits) + 2 or position + length > len(record):
            raise Damaged("pax record with a wrong length", offset)
        keyword, _, value = record[position + len(digits) + 1 : position + length - 1].partition(b"=")
        yield keyword, value
        position += length
