"""Master boot records with primary and logical partitions.

Layout as described in the UEFI Specification 2.10, chapter 5.2; logical partitions are a chain of
records of the same shape inside an extended partition.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

from auditor.unpack.partitions import Span, gaps
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "mbr"
TITLE = "MBR partition table with logical partitions"
MAGICS = ((510, b"\x55\xaa"),)
ANYWHERE = False
KIND = "flash"
MADE_BY = "sfdisk"

SECTOR = 512
ROW = struct.Struct("<B3sB3sII")
EXTENDED = (0x05, 0x0F, 0x85)
PROTECTIVE = 0xEE
MAX_LOGICAL = 128
Row = tuple[int, int, int]
"""type, first sector, sectors"""


def _rows(view: View, offset: int) -> list[Row] | None:
    """Return the four rows of a record; None when they cannot be a partition table."""
    rows = []
    for index in range(4):
        status, _, kind, _, first, count = view.unpack(ROW, offset + 446 + 16 * index)
        if status not in (0, 0x80) or (kind != 0 and count == 0):
            return None
        rows.append((kind, first, count))
    return rows


def open(view: View, budget: Budget) -> Container | None:
    """Read the table; a protective record (GPT) and boot sectors of file systems are not claimed."""
    if view.size < 2 * SECTOR or bytes(view.data[510:512]) != b"\x55\xaa":
        return None
    head = view.head(SECTOR)
    if head[54:57] == b"FAT" or head[82:85] == b"FAT" or head[3:7] in (b"NTFS", b"EXFA"):
        return None
    rows = _rows(view, 0)
    if rows is None:
        return None
    used = [row for row in rows if row[0]]
    spans = sorted((first, first + count) for _, first, count in used)
    overlapping = any(before[1] > after[0] for before, after in itertools.pairwise(spans))
    inside = [0 < first * SECTOR < view.size for _, first, _ in used]
    if not any(inside) or overlapping or not all(row[1] for row in used) or any(row[0] == PROTECTIVE for row in used):
        return None
    problems: list[Damaged] = []
    records = [(0, SECTOR)]
    entries = list(_partitions(view, rows, problems, records))
    spans = [((entry.offset or 0), (entry.offset or 0) + entry.size) for entry in entries]
    extent = max([SECTOR, *(end for _, end in spans)])
    between = [gap for gap in gaps(view, [*records, *spans], extent) if gap.size > SECTOR]
    return Container(extent=extent, entries=[*entries, *between], problems=problems)


def _partitions(view: View, rows: list[Row], problems: list[Damaged], records: list[Span]) -> Iterator[Entry]:
    """Yield the partitions of a record; `records` takes where further records of the chain stand."""
    for index, (kind, first, count) in enumerate(rows):
        if kind in EXTENDED:
            yield from _logical(view, first, problems, records)
        elif kind:
            yield _entry(view, index + 1, first, count, problems)


def _logical(view: View, extended: int, problems: list[Damaged], records: list[Span]) -> Iterator[Entry]:
    """Follow the chain of logical partitions; it ends at a cycle, at the limit or at the end."""
    number, current = 5, extended
    seen: set[int] = set()
    while current not in seen and len(seen) < MAX_LOGICAL:
        seen.add(current)
        offset = current * SECTOR
        if offset + SECTOR > view.size or bytes(view.data[offset + 510 : offset + 512]) != b"\x55\xaa":
            problems.append(Truncated("chain of logical partitions leads nowhere", min(offset, view.size)))
            return
        records.append((offset, offset + SECTOR))
        rows = _rows(view, offset) or [(0, 0, 0)] * 4
        kind, first, count = rows[0]
        if kind and (current + first) * SECTOR < view.size:
            yield _entry(view, number, current + first, count, problems)
            number += 1
        if not rows[1][0]:
            return
        current = extended + rows[1][1]
    problems.append(Damaged("chain of logical partitions has a cycle or is too long", current * SECTOR))


def _entry(view: View, number: int, first: int, count: int, problems: list[Damaged]) -> Entry:
    start = min(first * SECTOR, view.size)
    size = min(count * SECTOR, view.size - start)
    if size < count * SECTOR:
        problems.append(Truncated(f"partition {number} runs over the end", start))
    return Entry(name=b"%d" % number, kind="region", size=size, data=view.slice(start, size), offset=start)
