"""Legacy U-Boot images (uImage): a 64-byte header with two checksums, then one or more parts.

Layout and codes as in U-Boot's `include/image.h` (struct legacy_img_hdr).
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "uimage"
TITLE = "U-Boot legacy image (uImage), single and multi-file"
MAGICS = ((0, b"\x27\x05\x19\x56"),)
ANYWHERE = True
KIND = "boot"
MADE_BY = "mkimage"
ALIGNMENT = 4

HEADER = struct.Struct(">7I4B32s")
MULTI, SCRIPT = 4, 6
TYPES = {
    1: "standalone",
    2: "kernel",
    3: "ramdisk",
    4: "multi",
    5: "firmware",
    6: "script",
    7: "filesystem",
    8: "device-tree",
}
COMPRESSIONS = {1: "gzip", 2: "bzip2", 3: "lzma-alone", 4: "lzo", 5: "lz4", 6: "zstd"}
MAX_PARTS = 64


def open(view: View, budget: Budget) -> Container | None:
    """Check header and data checksum; one entry per part, compressed as stored."""
    if view.size < HEADER.size:
        return None
    _, checksum, _, size, _, _, data_checksum, _, _, kind, compression, raw_name = view.unpack(HEADER, 0)
    header = bytearray(view.head(HEADER.size))
    header[4:8] = bytes(4)
    if crc32(header) != checksum:
        return None
    problems: list[Damaged] = []
    available = min(size, view.size - HEADER.size)
    if available < size:
        problems.append(Truncated(f"data of {size} bytes, only {available} are there", HEADER.size))
    body = view.slice(HEADER.size, available)
    if available == size and crc32(body.data) != data_checksum:
        problems.append(BadChecksum("checksum of the data is wrong", HEADER.size))
    label = TYPES.get(kind, f"type-{kind}").encode()
    return Container(
        extent=HEADER.size + available,
        entries=_parts(body, kind, label, COMPRESSIONS.get(compression)),
        problems=problems,
        evidence=_facts(raw_name),
    )


def _parts(body: View, kind: int, label: bytes, compression: str | None) -> Iterator[Entry]:
    """Yield the data, or its parts: multi-file images and scripts start with a list of sizes."""
    if kind not in (MULTI, SCRIPT):
        yield Entry(name=label, size=body.size, data=body, offset=HEADER.size, format=compression)
        return
    sizes: list[int] = []
    while True:
        (size,) = body.unpack(struct.Struct(">I"), 4 * len(sizes))
        if size == 0:
            break
        sizes.append(size)
        if len(sizes) > MAX_PARTS:
            raise Damaged(f"more than {MAX_PARTS} parts", HEADER.size)
    cursor = 4 * len(sizes) + 4
    for index, size in enumerate(sizes):
        part = body.slice(cursor, size)
        name = b"%s-%d" % (label, index)
        yield Entry(name=name, size=size, data=part, offset=HEADER.size + cursor, format=compression)
        cursor += (size + 3) & ~3


def _facts(raw_name: bytes) -> tuple[Evidence, ...]:
    """Return the image name of the header."""
    name = raw_name.split(b"\0")[0].decode("ascii", "replace").strip()
    if not name or not name.isprintable():
        return ()
    return (
        Evidence(subject="file:", claim="name", value=name, detector=NAME, method="header", grade="weak", offset=32),
    )
