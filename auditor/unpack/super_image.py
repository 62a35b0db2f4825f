"""Android `super`: logical partitions made of linear and zero extents.

Layout as in `fs_mgr/liblp/include/liblp/metadata_format.h` of the Android Open Source Project.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator

from auditor.unpack import codec
from auditor.unpack.pieces import Joined
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "super"
TITLE = "Android super image (logical partitions)"
MAGICS = ((4096, b"gDla"),)
ANYWHERE = False
KIND = "flash"
MADE_BY = None

GEOMETRY = struct.Struct("<II32sIII")
HEADER = struct.Struct("<IHHI32sI32s12I")
PARTITION = struct.Struct("<36sIIII")
EXTENT = struct.Struct("<QIQI")
METADATA = 4096 + 2 * 4096
SECTOR = 512
LINEAR, ZERO = 0, 1
MAX_ROWS = 65536


def open(view: View, budget: Budget) -> Container | None:
    """Read slot 0 of the primary metadata; one region per logical partition."""
    if view.size < METADATA + HEADER.size:
        raise Truncated(f"super image ends after {view.size} bytes, before its metadata", view.size)
    problems: list[Damaged] = []
    _, size, checksum, _, _, _ = view.unpack(GEOMETRY, 4096)
    if not GEOMETRY.size <= size <= 4096:
        raise Damaged(f"geometry of {size} bytes", 4100)
    geometry = bytearray(view.copy(4096, size))
    geometry[8:40] = bytes(32)
    if hashlib.sha256(geometry).digest() != checksum:
        problems.append(BadChecksum("checksum of the geometry is wrong", 4096))
    magic, major, _, header_size, _, tables_size, tables_checksum, *tables = view.unpack(HEADER, METADATA)
    if magic != 0x414C5030 or major != 10:
        raise Damaged("no metadata behind the geometry", METADATA)
    body = view.slice(METADATA + header_size, tables_size)
    if hashlib.sha256(body.data).digest() != tables_checksum:
        problems.append(BadChecksum("checksum of the tables is wrong", METADATA))
    partitions = _rows(body, tables[0:3], PARTITION)
    extents = _rows(body, tables[3:6], EXTENT)
    ends = [(row[2] + row[0]) * SECTOR for row in extents if row[1] == LINEAR]
    extent = min(view.size, max([METADATA + header_size + tables_size, *ends]))
    return Container(extent=extent, entries=_partitions(view, budget, partitions, extents), problems=problems)


def _rows(body: View, descriptor: list[int], layout: struct.Struct) -> list[tuple[int, ...]]:
    offset, count, size = descriptor
    if count > MAX_ROWS or size < layout.size:
        raise Damaged(f"table of {count} rows of {size} bytes", METADATA)
    return [body.unpack(layout, offset + index * size) for index in range(count)]


def _partitions(
    view: View, budget: Budget, partitions: list[tuple[int, ...]], extents: list[tuple[int, ...]]
) -> Iterator[Entry]:
    for raw_name, _, first, count, _ in partitions:
        assert isinstance(raw_name, bytes)
        name = raw_name.split(b"\0")[0]
        pieces = extents[first : first + count]
        if len(pieces) != count:
            raise Damaged(f"extents {first} to {first + count} are not in the table", METADATA)
        size = sum(piece[0] for piece in pieces) * SECTOR
        if count == 0:
            continue
        if count == 1 and pieces[0][1] == LINEAR:
            start = pieces[0][2] * SECTOR
            yield Entry(name=name, kind="region", size=size, data=view.slice(start, size), offset=start)
        else:
            yield Entry(name=name, kind="region", size=size, data=_joined(view, budget, pieces, size))


def _joined(view: View, budget: Budget, pieces: list[tuple[int, ...]], size: int) -> Callable[[], View]:
    """Return what puts a partition of several extents together."""

    def join() -> View:
        decoded = sum(sectors for sectors, kind, _, _ in pieces if kind == LINEAR) * SECTOR
        codec.take_sparse(budget, size, decoded, view.size)
        out = Joined()
        for sectors, kind, start, _ in pieces:
            if kind == LINEAR:
                out.add(view.slice(start * SECTOR, sectors * SECTOR).data)
            elif kind == ZERO:
                out.hole(sectors * SECTOR)
            else:
                raise Damaged(f"extent of type {kind}", METADATA)
        return out.view()

    return join
