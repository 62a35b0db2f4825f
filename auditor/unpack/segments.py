"""Addressed bytes of flash files: joined where they touch, never flattened into one buffer."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from auditor.unpack.view import Budget, Damaged, Entry, LimitHit, View

PIECE = 1 << 20
MAX_LINE = 4096
"""Bytes; the longest record of the formats read here has 523."""
MAX_RUNS = 100_000
"""Runs of addresses that do not touch; a real file has a few dozen."""


class Overlap(Damaged):
    """Two records claim the same addresses."""

    code = "overlap"


class Wrap(Damaged):
    """A record runs over the end of the address space."""

    code = "address-wrap"


class BadChecksum(Damaged):
    """A checksum does not fit the bytes it covers."""

    code = "bad-checksum"


class Segments:
    """Collects records in the order of the file.

    `bits` is the width of the address space; a record that runs over its end continues at 0 and is
    counted as a wrap. `count` keeps the first place of each kind of fault and how often it was met.
    """

    def __init__(self, budget: Budget, bits: int = 32) -> None:
        self.limit = self.room = budget.limits.member_size
        self.space = 1 << bits
        self.runs: list[tuple[int, bytearray]] = []
        self.end = -1
        self.faults: dict[type[Damaged], tuple[str, int, int]] = {}

    def add(self, address: int, data: bytes, offset: int) -> None:
        """Add the bytes of one record that stands at `offset` of the file."""
        if not data:
            return
        self.room -= len(data)
        if self.room < 0:
            raise LimitHit("member-size", self.limit, "segments exceed member-size", offset)
        if address + len(data) > self.space:
            self.count(Wrap, f"record at {address:#x} runs over the end of the address space", offset)
            room = max(0, self.space - address)
            self.add(address, data[:room], offset)
            self.add(0 if room else address % self.space, data[room:], offset)
        elif address == self.end:
            self.runs[-1][1].extend(data)
            self.end += len(data)
        elif len(self.runs) >= MAX_RUNS:
            raise LimitHit("segments", MAX_RUNS, f"more than {MAX_RUNS} runs of addresses", offset)
        else:
            self.runs.append((address, bytearray(data)))
            self.end = address + len(data)

    def count(self, kind: type[Damaged], message: str, offset: int) -> None:
        """Note a fault that does not stop the reading."""
        first, place, times = self.faults.get(kind, (message, offset, 0))
        self.faults[kind] = (first, place, times + 1)

    def joined(self) -> list[tuple[int, bytearray]]:
        """Return (address, bytes) by address; overlapping runs stay apart, so that no byte is lost."""
        done: list[tuple[int, bytearray]] = []
        last: tuple[int, bytearray] | None = None
        for address, data in sorted(self.runs, key=itemgetter(0)):
            end = -1 if last is None else last[0] + len(last[1])
            if last is not None and address == end:
                last[1].extend(data)
                continue
            overlapped = last is not None and address < end
            if overlapped:
                self.count(Overlap, f"addresses from {address:#x} are written more than once", 0)
            if overlapped and address + len(data) <= end:
                done.append((address, data))
                continue
            if last is not None:
                done.append(last)
            last = (address, data)
        if last is not None:
            done.append(last)
        return sorted(done, key=itemgetter(0))

    def problems(self) -> list[Damaged]:
        """Return one problem per kind of fault, with the first place and the number of them."""
        found = []
        for kind, (message, offset, times) in sorted(self.faults.items(), key=lambda item: item[0].__name__):
            found.append(kind(message if times == 1 else f"{message} ({times} times)", offset))
        return found


def entries(joined: list[tuple[int, bytearray]], budget: Budget) -> list[Entry]:
    """Make the regions `segment@0x08000000`; a second one at the same address gets `#2`."""
    budget.take(sum(len(data) for _, data in joined))
    seen: dict[int, int] = {}
    made = []
    for address, data in joined:
        seen[address] = seen.get(address, 0) + 1
        suffix = f"#{seen[address]}" if seen[address] > 1 else ""
        name = f"segment@{address:#010x}{suffix}".encode()
        made.append(Entry(name=name, kind="region", size=len(data), data=View(data)))
    return made


def lines(view: View) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, stripped line) of a text; empty lines are left out, the text is read in pieces."""
    rest, start = b"", 0
    for piece in range(0, view.size, PIECE):
        text = rest + bytes(view.data[piece : piece + PIECE]).replace(b"\r", b"\n")
        *whole, rest = text.split(b"\n")
        for line in whole:
            if line.strip():
                yield start, line.strip()
            start += len(line) + 1
        if len(rest) > MAX_LINE:
            raise Damaged("line longer than any record", start)
    if rest.strip():
        yield start, rest.strip()
