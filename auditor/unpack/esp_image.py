"""Application images of the ESP32 family: segments with load addresses, checksum, digest.

Layout as in the ESP-IDF documentation "App Image Format" (docs.espressif.com).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from functools import reduce
from operator import xor

from auditor.model import Evidence, Grade
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "esp_image"
TITLE = "ESP-IDF application image"
MAGICS = ((0, b"\xe9"),)
ANYWHERE = False
KIND = "flash"
MADE_BY = "esptool"

HEADER = struct.Struct("<BBBBIB3xHB2x2x4xB")
SEGMENT = struct.Struct("<II")
DESCRIPTION = struct.Struct("<II8x32s32s16s16s32s")
DESCRIPTION_MAGIC = 0xABCD5432
DESCRIPTION_PLACE = 0x20
MAX_SEGMENTS = 16
SEED = 0xEF


def open(view: View, budget: Budget) -> Container | None:
    """Walk the segments; without application description the checksum must be right to be believed."""
    if view.size < HEADER.size + SEGMENT.size or view.data[0] != 0xE9:
        return None
    _, count, mode, _, _, _, _, _, hashed = view.unpack(HEADER, 0)
    if not 1 <= count <= MAX_SEGMENTS or mode > 5 or hashed > 1:
        return None
    described = view.size >= 0x120 and view.unpack(struct.Struct("<I"), DESCRIPTION_PLACE)[0] == DESCRIPTION_MAGIC
    problems: list[Damaged] = []
    try:
        entries, end, checksum = _segments(view, count)
    except Truncated:
        if described:
            raise
        return None
    end = (end | 15) + 1
    if end > view.size or view.data[end - 1] != checksum:
        if not described:
            return None
        problems.append(BadChecksum("checksum of the segments is wrong", min(end, view.size) - 1))
    extent = min(end, view.size)
    if hashed and end + 32 <= view.size:
        extent = end + 32
        if hashlib.sha256(view.data[:end]).digest() != bytes(view.data[end:extent]):
            problems.append(BadChecksum("appended sha256 is wrong", end))
    elif hashed:
        problems.append(Truncated("appended sha256 is missing", view.size))
    facts = tuple(_facts(view)) if described else ()
    return Container(extent=extent, entries=entries, problems=problems, evidence=facts)


def _segments(view: View, count: int) -> tuple[list[Entry], int, int]:
    """Return the segments, the offset behind the last one and the checksum of their bytes."""
    cursor, checksum = HEADER.size, SEED
    made = []
    for index in range(count):
        address, size = view.unpack(SEGMENT, cursor)
        start = cursor + SEGMENT.size
        data = view.slice(start, size)
        checksum = _fold(data, checksum)
        name = b"segment%d@%#010x" % (index, address)
        made.append(Entry(name=name, kind="region", size=size, data=data, offset=start))
        cursor = start + size
    return made, cursor, checksum


def _fold(data: View, checksum: int) -> int:
    """Combine all bytes by exclusive or, eight at a time."""
    whole = data.size // 8 * 8
    word = reduce(xor, data.data[:whole].cast("Q") if whole else (), 0)
    return reduce(xor, word.to_bytes(8, "little") + bytes(data.data[whole:]), checksum)


def _facts(view: View) -> Iterator[Evidence]:
    """Return names and versions of the application description."""
    _, _, version, project, _, _, framework = view.unpack(DESCRIPTION, DESCRIPTION_PLACE)
    rows: tuple[tuple[str, str, bytes, Grade, int], ...] = (
        ("file:", "version", version, "supporting", 0x30),
        ("file:", "name", project, "supporting", 0x50),
        ("esp-idf", "version", framework, "decisive", 0x90),
    )
    for subject, claim, raw, grade, offset in rows:
        text = raw.split(b"\0")[0].decode("utf-8", "replace").strip()
        if subject != "file:":
            text = text.removeprefix("v")
        if text and text.isprintable():
            yield Evidence(
                subject=subject, claim=claim, value=text, detector=NAME, method="header", grade=grade, offset=offset
            )
