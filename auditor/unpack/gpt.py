"""GUID partition tables, sectors of 512 or 4096 bytes.

Layout as in the UEFI Specification 2.10, chapter 5.3.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterator

from auditor.unpack.partitions import gaps
from auditor.unpack.segments import BadChecksum, Overlap
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "gpt"
TITLE = "GUID partition table"
MAGICS = ((512, b"EFI PART"), (4096, b"EFI PART"))
ANYWHERE = False
KIND = "flash"
MADE_BY = "sfdisk, sgdisk"

HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
PARTITION = struct.Struct("<16s16sQQQ72s")
MAX_PARTITIONS = 1024


def open(view: View, budget: Budget) -> Container | None:
    """Read the primary table; one region per partition."""
    sector = next((size for size in (512, 4096) if bytes(view.data[size : size + 8]) == b"EFI PART"), 0)
    if not sector or view.size < 2 * sector:
        return None
    fields = view.unpack(HEADER, sector)
    header_size, checksum, backup = fields[2], fields[3], fields[6]
    table, count, entry_size, table_checksum = fields[10:14]
    if not HEADER.size <= header_size <= sector:
        raise Damaged(f"partition table header of {header_size} bytes", sector + 12)
    if count > MAX_PARTITIONS or not PARTITION.size <= entry_size <= 4096:
        raise Damaged(f"partition table with {count} entries of {entry_size} bytes", sector + 80)
    problems: list[Damaged] = []
    header = bytearray(view.copy(sector, header_size))
    header[16:20] = bytes(4)
    if crc32(header) != checksum:
        problems.append(BadChecksum("checksum of the header is wrong", sector + 16))
    rows = view.slice(table * sector, count * entry_size)
    if crc32(rows.data) != table_checksum:
        problems.append(BadChecksum("checksum of the partition entries is wrong", table * sector))
    extent = min(view.size, max((backup + 1) * sector, table * sector + rows.size))
    if (backup + 1) * sector > view.size:
        problems.append(Truncated("the backup table lies behind the end", sector + 32))
    entries = list(_partitions(view, rows, entry_size, sector, problems))
    spans = [((entry.offset or 0), (entry.offset or 0) + entry.size) for entry in entries]
    extent = max([extent, *(end for _, end in spans)])
    spans += [(0, 2 * sector), (table * sector, table * sector + rows.size)]
    spans.append((min(extent, max(0, backup * sector - rows.size)), min(extent, (backup + 1) * sector)))
    return Container(extent=extent, entries=[*entries, *gaps(view, spans, extent)], problems=problems)


def _partitions(view: View, rows: View, entry_size: int, sector: int, problems: list[Damaged]) -> Iterator[Entry]:
    """Yield the used entries of the table, cut where the bytes end."""
    taken: list[tuple[int, int]] = []
    for index in range(rows.size // entry_size):
        kind, _, first, last, _, raw_name = rows.unpack(PARTITION, index * entry_size)
        if kind == bytes(16):
            continue
        start, size = first * sector, (last - first + 1) * sector
        if size <= 0 or start >= view.size:
            problems.append(Truncated(f"partition {index + 1} lies behind the end", start))
            continue
        if start + size > view.size:
            problems.append(Truncated(f"partition {index + 1} runs over the end", start))
            size = view.size - start
        if any(start < end and begin < start + size for begin, end in taken):
            problems.append(Overlap(f"partition {index + 1} overlaps another one", start))
        taken.append((start, start + size))
        text = raw_name.decode("utf-16-le", "replace").split("\0")[0]
        name = f"{index + 1}.{text}" if text else f"{index + 1}"
        data = view.slice(start, size)
        yield Entry(name=name.encode("utf-8", "replace"), kind="region", size=size, data=data, offset=start)
