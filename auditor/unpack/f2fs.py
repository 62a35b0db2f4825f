"""F2FS: recognized by its superblock, not read."""

from __future__ import annotations

import struct

from auditor.unpack.view import Budget, Container, Opaque, View

NAME = "f2fs"
TITLE = "F2FS (recognized)"
MAGICS = ((0x400, b"\x10\x20\xf5\xf2"),)
ANYWHERE = True
ALIGNMENT = 512
KIND = "opaque"
MADE_BY = "mkfs.f2fs"


def open(view: View, budget: Budget) -> Container | None:
    """Take the extent from the superblock, which counts blocks of 4 KiB (or 16 KiB)."""
    if view.size < 0x500:
        return None
    log_block = struct.unpack_from("<I", view.head(0x480), 0x400 + 16)[0]
    blocks = struct.unpack_from("<Q", view.head(0x480), 0x400 + 36)[0]
    if log_block not in (12, 13, 14, 15, 16) or not 0 < blocks < 1 << 40:
        return None
    return Container(blocks << log_block, understood=3072, problems=[Opaque("F2FS is recognized, not read", 0x400)])
