"""YAFFS2: recognized by the object header of its first chunk, not read (the layout is in the spare area)."""

from __future__ import annotations

from auditor.unpack.view import Budget, Container, Opaque, View

NAME = "yaffs2"
TITLE = "YAFFS2 (recognized)"
MAGICS = tuple(
    (0, kind.to_bytes(4, order) + (1).to_bytes(4, order) + b"\xff\xff")
    for kind in (1, 2, 3)
    for order in ("little", "big")
)
ANYWHERE = False
KIND = "opaque"
MADE_BY = None

NAME_FIELD = slice(10, 266)


def open(view: View, budget: Budget) -> Container | None:
    """Check the name of the first object, which is text filled up with zeros or 0xFF."""
    head = view.head(512)
    if len(head) < 512:
        return None
    name, _, rest = head[NAME_FIELD].partition(b"\0")
    if rest.strip(b"\0") or b"\xff" in name:
        return None
    return Container(view.size, understood=512, problems=[Opaque("YAFFS2 is recognized, not read", 0)])
