"""ISO 9660: recognized by its volume descriptor, not read."""

from __future__ import annotations

from auditor.unpack.view import Budget, Container, Opaque, View

NAME = "iso9660"
TITLE = "ISO 9660 (recognized)"
MAGICS = ((0x8001, b"CD001"),)
ANYWHERE = True
ALIGNMENT = 512
KIND = "opaque"
MADE_BY = "xorriso"


def open(view: View, budget: Budget) -> Container | None:
    """Take the extent from the primary volume descriptor."""
    head = view.copy(0x8000, 2048) if view.size >= 0x8800 else b""
    if not head or head[0] > 3 or head[6] != 1:
        return None
    blocks, size = int.from_bytes(head[80:84], "little"), int.from_bytes(head[128:130], "little")
    if size not in (512, 1024, 2048) or blocks * size < 0x8800:
        return None
    return Container(blocks * size, understood=2048, problems=[Opaque("ISO 9660 is recognized, not read", 0x8000)])
