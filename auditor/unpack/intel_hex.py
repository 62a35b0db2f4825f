"""Intel HEX: lines `:LLAAAATT<data>CC`, read line by line into addressed segments.

Record types as in Intel's "Hexadecimal Object File Format Specification" (revision A, 1988).
"""

from __future__ import annotations

from binascii import Error as HexError
from binascii import unhexlify

from auditor.unpack.segments import BadChecksum, Segments, Wrap, entries, lines
from auditor.unpack.view import Budget, Container, Damaged, Truncated, View

NAME = "intel_hex"
TITLE = "Intel HEX as addressed segments"
MAGICS = ((0, b":"), (3, b":"))
ANYWHERE = False
KIND = "ecu"
MADE_BY = "arm-none-eabi-objcopy, srec_cat"

DATA, END, SEGMENT_BASE, SEGMENT_START, LINEAR_BASE, LINEAR_START = range(6)
FIXED_SIZES = {END: 0, SEGMENT_BASE: 2, SEGMENT_START: 4, LINEAR_BASE: 2, LINEAR_START: 4}
HEAD = 1024


def parse(line: bytes) -> bytes | None:
    """Return the bytes of a record without its checksum byte checked; None when it is none."""
    if line[:1] != b":":
        return None
    try:
        record = unhexlify(line[1:])
    except (HexError, ValueError):
        return None
    return record if len(record) >= 5 and len(record) == record[0] + 5 else None


class _Reader:
    """State of one file: base address, mode, whether the end record was met."""

    def __init__(self, budget: Budget) -> None:
        self.segments = Segments(budget)
        self.base = 0
        self.window = 0
        self.ended = False

    def record(self, line: bytes, offset: int) -> None:
        record = parse(line)
        if record is None:
            self.segments.count(Damaged, "line is no record of Intel HEX", offset)
            return
        if self.ended:
            self.segments.count(Damaged, "records behind the end record", offset)
            self.ended = False
        if sum(record) & 0xFF:
            self.segments.count(BadChecksum, "checksum of the record is wrong", offset)
        address, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == DATA:
            self.data(address, data, offset)
        elif kind not in FIXED_SIZES or len(data) != FIXED_SIZES[kind]:
            self.segments.count(Damaged, f"record of type {kind} with {len(data)} bytes", offset)
        elif kind == END:
            self.ended = True
        elif kind == SEGMENT_BASE:
            self.base, self.window = int.from_bytes(data, "big") << 4, 1 << 16
        elif kind == LINEAR_BASE:
            self.base, self.window = int.from_bytes(data, "big") << 16, 0

    def data(self, address: int, data: bytes, offset: int) -> None:
        """Add data; with a segment base the 16-bit offset wraps inside its 64 KiB."""
        room = self.window - address if self.window else len(data)
        if len(data) > room:
            self.segments.count(Wrap, "record runs over the end of its 64 KiB segment", offset)
            self.segments.add(self.base, data[room:], offset)
        self.segments.add(self.base + address, data[:room], offset)


def open(view: View, budget: Budget) -> Container | None:
    """Read a file whose first line is a record; one entry per run of addresses."""
    head = view.head(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").splitlines()
    if not head or parse(head[0].strip()) is None:
        return None
    reader = _Reader(budget)
    for offset, line in lines(view):
        reader.record(line.removeprefix(b"\xef\xbb\xbf") if offset == 0 else line, offset)
    joined = reader.segments.joined()
    problems = reader.segments.problems()
    if not reader.ended:
        problems.append(Truncated("no end record", view.size))
    return Container(extent=view.size, entries=entries(joined, budget), problems=problems)
