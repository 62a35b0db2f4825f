"""UBI images: erase blocks with two headers each, put together to volumes.

Layout as in the kernel's `drivers/mtd/ubi/ubi-media.h`.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Callable, Iterator
from typing import NamedTuple

from auditor.unpack import codec
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "ubi"
TITLE = "UBI image, static and dynamic volumes"
MAGICS = ((0, b"UBI#"),)
ANYWHERE = True
KIND = "flash"
MADE_BY = "ubinize"
ALIGNMENT = 512

ERASE_HEADER = struct.Struct(">4sB3xQIII32xI")
VOLUME_HEADER = struct.Struct(">4sBBBBII4xIIII4xQ12xI")
TABLE_ROW = struct.Struct(">IIIBBH128sB23xI")
TABLE_VOLUME = 0x7FFFEFFF
STATIC = 2
BLOCK_SIZES = tuple(1 << bits for bits in range(11, 24))
MAX_VOLUMES = 128


class Block(NamedTuple):
    """The newest copy of one logical block of a volume."""

    sequence: int
    data: int
    """Offset of its data in the image."""
    size: int
    """Bytes used; static volumes fill their blocks only in part."""
    static: bool
    total: int
    """Blocks of the whole volume; 0 where the header of a dynamic one does not say."""


class Volume(NamedTuple):
    """What the volume table says."""

    name: bytes
    blocks: int
    padding: int


def checksum(data: bytes | memoryview) -> int:
    """Return the CRC-32 of UBI and UBIFS: initial value all ones, not inverted at the end."""
    return crc32(data) ^ 0xFFFFFFFF


def _is_header(view: View, offset: int) -> bool:
    if offset + ERASE_HEADER.size > view.size or bytes(view.data[offset : offset + 4]) != b"UBI#":
        return False
    return bool(checksum(view.data[offset : offset + 60]) == view.unpack(ERASE_HEADER, offset)[6])


def open(view: View, budget: Budget) -> Container | None:
    """Find the size of the erase blocks and read all of them; one region per volume."""
    if not _is_header(view, 0):
        return None
    # the smallest distance at which a second valid header stands; a lone block is as long as the bytes
    size = next((size for size in BLOCK_SIZES if _is_header(view, size)), view.size)
    _, _, _, header_place, data_place, _, _ = view.unpack(ERASE_HEADER, 0)
    if not ERASE_HEADER.size <= header_place < data_place < size:
        raise Damaged("offsets in the erase header are out of range", 16)
    volumes: dict[int, dict[int, Block]] = {}
    problems: list[Damaged] = []
    count = 0
    while count * size + data_place <= view.size and _is_mapped(view, count * size):
        _block(view, count * size, size, volumes, problems)
        count += 1
    end = min(count * size, view.size)
    if count * size > view.size or (bytes(view.data[end : end + 4]) == b"UBI#" and view.size - end < size):
        problems.append(Truncated("the last erase block is cut", end))
    table = _table(view, volumes.pop(TABLE_VOLUME, {}))
    entries = _entries(view, budget, volumes, table, count, size - data_place)
    return Container(extent=min(view.size, count * size), entries=entries, problems=problems)


def _is_mapped(view: View, start: int) -> bool:
    """Tell whether an erase block starts here; an erased one is part of the image too."""
    return bytes(view.data[start : start + 4]) in (b"UBI#", b"\xff\xff\xff\xff")


def _block(view: View, start: int, size: int, volumes: dict[int, dict[int, Block]], problems: list[Damaged]) -> None:
    """Note one erase block for its volume; the copy with the higher sequence number counts."""
    if bytes(view.data[start : start + 4]) != b"UBI#":
        return
    if not _is_header(view, start):
        problems.append(BadChecksum("checksum of an erase header is wrong", start))
        return
    _, _, _, header_place, data_place, _, _ = view.unpack(ERASE_HEADER, start)
    place = start + header_place
    if bytes(view.data[place : place + 4]) != b"UBI!":
        return
    fields = view.unpack(VOLUME_HEADER, place)
    if checksum(view.data[place : place + 60]) != fields[12] or data_place >= size:
        problems.append(BadChecksum("checksum of a volume header is wrong", place))
        return
    kind, identity, number, used, padding, sequence = fields[2], fields[5], fields[6], fields[7], fields[9], fields[11]
    total = fields[8] if kind == STATIC else 0
    room = min(size - data_place, view.size - start - data_place)
    length = min(used, room) if kind == STATIC else max(0, room - padding)
    block = Block(sequence, start + data_place, length, kind == STATIC, total)
    kept = volumes.setdefault(identity, {}).get(number)
    if kept is None or kept.sequence < sequence:
        volumes[identity][number] = block


def _table(view: View, copies: dict[int, Block]) -> dict[int, Volume]:
    """Return the volumes by id, from the first copy of the table with valid rows."""
    for _, block in sorted(copies.items()):
        found: dict[int, Volume] = {}
        for index in range(min(MAX_VOLUMES, block.size // TABLE_ROW.size)):
            place = block.data + index * TABLE_ROW.size
            reserved, _, padding, _, _, length, name, _, expected = view.unpack(TABLE_ROW, place)
            if reserved and checksum(view.data[place : place + TABLE_ROW.size - 4]) == expected:
                found[index] = Volume(name[:length].split(b"\0")[0], reserved, padding)
        if found:
            return found
    return {}


def _entries(
    view: View, budget: Budget, volumes: dict[int, dict[int, Block]], table: dict[int, Volume], count: int, room: int
) -> Iterator[Entry]:
    """Yield the volumes by id; numbers of blocks past the volume's end are not followed."""
    for identity, blocks in sorted(volumes.items()):
        known = table.get(identity)
        limit = known.blocks if known is not None else count
        padding = known.padding if known is not None else 0
        inside = {number: block for number, block in blocks.items() if number < limit}
        name = known.name if known is not None and known.name else b"volume-%d" % identity
        block_size = max(1, room - padding)
        yield Entry(name=name, kind="region", data=_volume(view, budget, inside, block_size))
        if len(inside) < len(blocks):
            raise Damaged(f"volume {identity} has blocks behind its end")
        wanted = max((block.total for block in blocks.values()), default=0)
        if len(inside) < wanted:
            raise Truncated(f"volume {identity} has {len(inside)} of its {wanted} blocks")


def _volume(view: View, budget: Budget, blocks: dict[int, Block], size: int) -> Callable[[], View]:
    """Return what puts the volume together; a block that is missing reads as erased flash."""

    def join() -> View:
        total = (max(blocks) + 1) * size if blocks else 0
        codec.take_sparse(budget, total, len(blocks) * size, len(blocks) * size)
        out = bytearray()
        for number in range(max(blocks) + 1 if blocks else 0):
            block = blocks.get(number)
            if block is None:
                out += b"\xff" * size
            else:
                out += view.data[block.data : block.data + block.size]
        return View(out)

    return join
