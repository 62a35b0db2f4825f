"""xz stream, several streams joined."""

from __future__ import annotations

from binascii import crc32

from auditor.unpack import stream
from auditor.unpack.view import Budget, Container, View

NAME = "xz"
TITLE = "xz stream"
MAGICS = ((0, b"\xfd7zXZ\0"),)
ANYWHERE = True
KIND = "stream"
MADE_BY = "xz"


def open(view: View, budget: Budget) -> Container | None:
    """Decode the stream; its flags are a zero byte and the type of the check, with a checksum of their own.

    Programs that read xz hold its magic among their constants: only the checksum tells a stream from that.
    """
    head = view.head(12)
    if (
        len(head) < 12
        or head[6]
        or head[7] not in (0, 1, 4, 10)
        or crc32(head[6:8]) != int.from_bytes(head[8:], "little")
    ):
        return None
    return stream.single("xz", view, budget)
