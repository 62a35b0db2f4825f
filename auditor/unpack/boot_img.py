"""Android boot images, header versions 0 to 4, and vendor_boot images, versions 3 and 4.

Layouts as in `system/tools/mkbootimg/include/bootimg/bootimg.h` of the Android Open Source Project.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "boot_img"
TITLE = "Android boot.img v0-v4 and vendor_boot v3-v4"
MAGICS = ((0, b"ANDROID!"), (0, b"VNDRBOOT"))
ANYWHERE = True
KIND = "boot"
MADE_BY = "mkbootimg (up to v3; v4 by specification)"
ALIGNMENT = 512

OLD_HEADER = struct.Struct("<8s10I")
NEW_HEADER = struct.Struct("<8sIIII16xI")
VENDOR_HEADER = struct.Struct("<8sIIIII2048sI16sIIQ")
WORD = struct.Struct("<I")
TABLE_ROW = struct.Struct("<III32s64s")
TABLE_HEADER = struct.Struct("<IIII")
Part = tuple[bytes, int]
"""name and size; parts follow each other, each padded to a page"""


def open(view: View, budget: Budget) -> Container | None:
    """Read the header; one entry per part that is there."""
    if view.size < 4096:
        raise Truncated(f"boot image ends after {view.size} bytes, inside its header", view.size)
    if bytes(view.data[:8]) == b"VNDRBOOT":
        return _vendor(view)
    (version,) = view.unpack(WORD, 40)
    if version in (3, 4):
        _, kernel, ramdisk, os_version, header_size, _ = view.unpack(NEW_HEADER, 0)
        signature = view.unpack(WORD, 1580)[0] if version == 4 else 0
        page, parts = 4096, [(b"kernel", kernel), (b"ramdisk", ramdisk), (b"boot_signature", signature)]
    else:
        _, kernel, _, ramdisk, _, second, _, _, page, _, os_version = view.unpack(OLD_HEADER, 0)
        header_size = 1632
        parts = [(b"kernel", kernel), (b"ramdisk", ramdisk), (b"second", second)]
        if version > 4:
            parts.append((b"dt", version))  # before header versions this word was the size of a device tree table
        if version in (1, 2):
            parts.append((b"recovery_dtbo", view.unpack(WORD, 1632)[0]))
        if version == 2:
            parts.append((b"dtb", view.unpack(WORD, 1648)[0]))
    if page & (page - 1) or not 512 <= page <= 1 << 17:
        raise Damaged(f"pages of {page} bytes", 36)
    container = _container(view, parts, page, header_size)
    container.evidence = tuple(_facts(os_version, 20 if version in (3, 4) else 44))
    return container


def _container(view: View, parts: list[Part], page: int, header_size: int) -> Container:
    """Lay the parts out behind the header; what runs over the end is cut and reported."""
    container = Container(extent=min(view.size, _pad(header_size, page)))
    entries = []
    cursor = _pad(header_size, page)
    for name, size in parts:
        if size and cursor >= view.size:
            container.problems.append(Truncated(f"{name.decode()} lies behind the end", view.size))
        elif size:
            there = min(size, view.size - cursor)
            if there < size:
                container.problems.append(Truncated(f"{name.decode()} runs over the end", cursor))
            entries.append(Entry(name=name, size=there, data=view.slice(cursor, there), offset=cursor))
        cursor += _pad(size, page)
        container.extent = max(container.extent, min(view.size, cursor))
    container.entries = entries
    return container


def _pad(size: int, page: int) -> int:
    return (size + page - 1) // page * page


def _vendor(view: View) -> Container | None:
    """Read a vendor_boot image; version 4 splits its ramdisk by a table."""
    fields = view.unpack(VENDOR_HEADER, 0)
    version, page, ramdisk, header_size, dtb = fields[1], fields[2], fields[5], fields[9], fields[10]
    if version not in (3, 4) or page & (page - 1) or not 512 <= page <= 1 << 17 or header_size > view.size:
        raise Damaged(f"vendor_boot of version {version} with pages of {page} bytes", 8)
    parts = [(b"vendor_ramdisk", ramdisk), (b"dtb", dtb)]
    if version == 3 or header_size < VENDOR_HEADER.size + TABLE_HEADER.size:
        return _container(view, parts, page, header_size)
    table_size, count, row_size, configuration = view.unpack(TABLE_HEADER, 2112)
    if row_size < TABLE_ROW.size or count * row_size > table_size:
        raise Damaged("table of ramdisks is broken", 2112)
    parts += [(b"ramdisk_table", table_size), (b"bootconfig", configuration)]
    container = _container(view, parts, page, header_size)
    places = {entry.name: entry for entry in container.entries}
    whole, table = places.get(b"vendor_ramdisk"), places.get(b"ramdisk_table")
    if whole is None or table is None or not count:
        return container
    assert isinstance(whole.data, View) and isinstance(table.data, View)
    split = list(_ramdisks(whole.data, table.data, count, row_size, whole.offset or 0))
    container.entries = [*split, *(entry for name, entry in places.items() if name in (b"dtb", b"bootconfig"))]
    return container


def _ramdisks(whole: View, table: View, count: int, row_size: int, base: int) -> Iterator[Entry]:
    for index in range(count):
        size, start, _, raw_name, _ = table.unpack(TABLE_ROW, index * row_size)
        name = raw_name.split(b"\0")[0] or b"%d" % index
        yield Entry(name=b"vendor_ramdisk/" + name, size=size, data=whole.slice(start, size), offset=base + start)


def _facts(packed: int, offset: int) -> Iterator[Evidence]:
    """Return the operating system version that the header packs into 7-bit fields."""
    if packed >> 11:
        numbers = (packed >> 25 & 0x7F, packed >> 18 & 0x7F, packed >> 11 & 0x7F)
        yield Evidence(
            subject="android",
            claim="version",
            value=".".join(map(str, numbers)),
            detector=NAME,
            method="header",
            grade="supporting",
            offset=offset,
        )
