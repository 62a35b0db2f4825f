"""Motorola S-records: lines `STLL<address><data>CC`, read line by line into addressed segments.

Record types as in the Motorola M68000 family documentation (appendix "S-record output format").
"""

from __future__ import annotations

from binascii import Error as HexError
from binascii import unhexlify

from auditor.model import Evidence
from auditor.unpack.segments import BadChecksum, Segments, entries, lines
from auditor.unpack.view import Budget, Container, Damaged, Truncated, View

NAME = "srec"
TITLE = "Motorola S-record (S1, S2, S3) as addressed segments"
MAGICS = ((0, b"S0"), (0, b"S1"), (0, b"S2"), (0, b"S3"))
ANYWHERE = False
KIND = "ecu"
MADE_BY = "arm-none-eabi-objcopy, srec_cat"

ADDRESS_SIZES = {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 6: 3, 7: 4, 8: 3, 9: 2}
"""Type of the record -> bytes of its address (or count)."""
HEAD = 1024


def parse(line: bytes) -> tuple[int, bytes] | None:
    """Return (type, bytes from the length on); None when the line is no record."""
    if line[:1] != b"S" or not line[1:2].isdigit():
        return None
    kind = line[1] - 0x30
    try:
        record = unhexlify(line[2:])
    except (HexError, ValueError):
        return None
    if kind not in ADDRESS_SIZES or not record or len(record) != record[0] + 1:
        return None
    return (kind, record) if len(record) >= ADDRESS_SIZES[kind] + 2 else None


class _Reader:
    """State of one file: segments by address width, records counted, header text."""

    def __init__(self, budget: Budget) -> None:
        self.segments = Segments(budget)
        self.data_records = 0
        self.header = b""
        self.ended = False
        self.counted = False
        """The last record is a count that fits: some tools write no other end."""

    def record(self, line: bytes, offset: int) -> None:
        parsed = parse(line)
        if parsed is None:
            self.segments.count(Damaged, "line is no S-record", offset)
            return
        if self.ended:
            self.segments.count(Damaged, "records behind the end record", offset)
            self.ended = False
        kind, record = parsed
        if sum(record) & 0xFF != 0xFF:
            self.segments.count(BadChecksum, "checksum of the record is wrong", offset)
        width = ADDRESS_SIZES[kind]
        address, data = int.from_bytes(record[1 : 1 + width], "big"), record[1 + width : -1]
        self.counted = kind in (5, 6) and address == self.data_records & ((1 << (8 * width)) - 1)
        if kind in (1, 2, 3):
            self.data_records += 1
            self.segments.space = 1 << (8 * width)
            self.segments.add(address, data, offset)
        elif kind == 0:
            self.header = self.header or data
        elif kind in (7, 8, 9):
            self.ended = True
        elif not self.counted:
            self.segments.count(Damaged, f"count record says {address}, there are {self.data_records}", offset)


def open(view: View, budget: Budget) -> Container | None:
    """Read a file whose first line is a record; one entry per run of addresses."""
    head = view.head(HEAD).splitlines()
    if not head or parse(head[0].strip()) is None:
        return None
    reader = _Reader(budget)
    for offset, line in lines(view):
        reader.record(line, offset)
    joined = reader.segments.joined()
    problems = reader.segments.problems()
    if not reader.ended and not reader.counted:
        problems.append(Truncated("no end record", view.size))
    return Container(extent=view.size, entries=entries(joined, budget), problems=problems, evidence=_facts(reader))


def _facts(reader: _Reader) -> tuple[Evidence, ...]:
    """Return the text of the header record as a fact about the file."""
    text = reader.header.split(b"\0")[0].decode("ascii", "replace").strip()
    if not text or not text.isprintable():
        return ()
    return (
        Evidence(subject="file:", claim="name", value=text, detector=NAME, method="header", grade="weak", offset=0),
    )
