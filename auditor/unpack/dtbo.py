"""Android DTB/DTBO tables: a list of device trees with board ids.

Layout as in the AOSP documentation "DTB and DTBO partitions" (source.android.com).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from auditor.unpack.view import Budget, Container, Damaged, Entry, View

NAME = "dtbo"
TITLE = "Android DTB/DTBO table"
MAGICS = ((0, b"\xd7\xb7\xab\x1e"),)
ANYWHERE = True
KIND = "boot"
MADE_BY = None
ALIGNMENT = 4

HEADER = struct.Struct(">8I")
ROW = struct.Struct(">4I16s")
MAX_TREES = 4096
MAX_ROW = 4096


def open(view: View, budget: Budget) -> Container | None:
    """Read the table; one entry per device tree."""
    if view.size < HEADER.size:
        return None
    _, total, _, row_size, count, table, _, version = view.unpack(HEADER, 0)
    if version > 1 and count > MAX_TREES and not ROW.size <= row_size <= MAX_ROW:
        return None  # four bytes that noise holds, too
    if version > 1 or row_size < ROW.size or count > MAX_TREES or total < HEADER.size:
        raise Damaged(f"table of version {version} with {count} entries of {row_size} bytes", 4)
    view.need(0, total)
    rows = view.slice(table, count * row_size)
    return Container(extent=total, entries=_trees(view.slice(0, total), rows, row_size))


def _trees(view: View, rows: View, row_size: int) -> Iterator[Entry]:
    for index in range(rows.size // row_size):
        size, start, *_ = rows.unpack(ROW, index * row_size)
        yield Entry(name=b"%d.dtb" % index, size=size, data=view.slice(start, size), offset=start)
