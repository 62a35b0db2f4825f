"""QNX6 file system: recognized by its superblock behind the boot block, not read."""

from __future__ import annotations

import struct

from auditor.unpack.view import Budget, Container, Opaque, View

NAME = "qnx6"
TITLE = "QNX6 file system (recognized)"
MAGICS = ((0x2000, b"\x22\x11\x19\x68"), (0x2000, b"\x68\x19\x11\x22"))
ANYWHERE = True
ALIGNMENT = 512
KIND = "opaque"
MADE_BY = "a sample of dissect.qnxfs"

AREA = 0x3000
"""Boot block and first superblock, in front of the blocks; the second superblock follows them."""
SECOND = 0x1000


def open(view: View, budget: Budget) -> Container | None:
    """Take the extent from block size and count."""
    if view.size < AREA:
        return None
    order = "<" if view.copy(0x2000, 1) == b"\x22" else ">"
    size, _, _, blocks = struct.unpack_from(order + "4I", view.data, 0x2000 + 48)
    if size not in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536) or not blocks:
        return None
    extent = AREA + size * blocks + SECOND
    return Container(extent, understood=512, problems=[Opaque("QNX6 is recognized, not read", 0x2000)])
