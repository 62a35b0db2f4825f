"""A view put together from ranges of the mapping and repeated patterns: no byte of it is copied before it is read."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from auditor.unpack.side_by_side import MAX_PARTS, side_by_side
from auditor.unpack.view import Budget, LimitHit, View

WINDOW = 1 << 20
"""Bytes of a pattern that are made at once; a multiple of its length."""
HOLE = bytes(4096)
Part = tuple[int, memoryview | bytes]
"""Length in bytes, and a range of the mapping of that length or, as `bytes`, the pattern that is repeated."""


class Pieces(View):
    """Parts that follow each other.

    `data` is one buffer where member-size allows that, made when it is asked for; above, only slices of it
    can be read.
    """

    __slots__ = ("budget", "joined", "parts", "starts")

    def __init__(self, parts: list[Part], budget: Budget) -> None:
        self.parts = parts
        self.budget = budget
        self.joined: memoryview | None = None
        self.starts = []
        self.size = 0
        for length, _ in parts:
            self.starts.append(self.size)
            self.size += length

    @property
    def data(self) -> Any:  # type: ignore[override]
        """All bytes; what only slices can be read of when they are too many for memory."""
        if self.size > self.budget.limits.member_size:
            return Slices(self)
        if self.joined is None:
            self.budget.take(self.size)
            mapped = side_by_side(self.parts)
            self.joined = memoryview(b"".join(self.windows())) if mapped is None else mapped
        return self.joined

    def slice(self, offset: int, size: int) -> View:
        """Return the window; it copies nothing."""
        self.need(offset, size)
        found = list(self._parts(offset, size))
        if len(found) == 1 and isinstance(found[0][1], memoryview):
            return View(found[0][1])
        return Pieces(found, self.budget)

    def copy(self, offset: int, size: int) -> bytes:
        """Copy out `size` bytes."""
        self.need(offset, size)
        return b"".join(_windows(self._parts(offset, size)))

    def head(self, size: int = 64) -> bytes:
        """Copy out at most `size` leading bytes."""
        return self.copy(0, min(size, self.size))

    def unpack(self, layout: struct.Struct, offset: int) -> tuple[Any, ...]:
        """Decode a struct at `offset`."""
        return layout.unpack(self.copy(offset, layout.size))

    def windows(self) -> Iterator[memoryview | bytes]:
        """Yield all bytes in order."""
        return _windows(iter(self.parts))

    def _parts(self, offset: int, size: int) -> Iterator[Part]:
        index = max(0, bisect_right(self.starts, offset) - 1)
        end = offset + size
        while offset < end:
            length, part = self.parts[index]
            skip = offset - self.starts[index]
            more = min(length - skip, end - offset)
            if isinstance(part, memoryview):
                yield more, part[skip : skip + more]
            elif more:
                turn = skip % len(part)
                yield more, part[turn:] + part[:turn]
            offset += more
            index += 1


class Slices:
    """The bytes of pieces that do not fit into memory: only slices can be read."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces

    def __len__(self) -> int:
        return self.pieces.size

    def __getitem__(self, wanted: slice) -> bytes:
        start, stop, _ = wanted.indices(self.pieces.size)
        return self.pieces.copy(start, max(0, stop - start))

    def __bytes__(self) -> bytes:
        limit = self.pieces.budget.limits.member_size
        raise LimitHit("member-size", limit, f"a member of {self.pieces.size} bytes exceeds member-size")


class Joined:
    """One buffer of ranges that follow each other: mapped side by side where that can be, else copied."""

    __slots__ = ("copied", "parts", "size")

    def __init__(self) -> None:
        self.copied = bytearray()
        self.parts: list[Part] = []
        self.size = 0

    def add(self, part: memoryview) -> None:
        """Append a range."""
        self._add(len(part), part)

    def hole(self, size: int) -> None:
        """Append `size` zeros."""
        if size > 0:
            self._add(size, HOLE)

    def _add(self, length: int, part: memoryview | bytes) -> None:
        self.parts.append((length, part))
        self.size += length
        if len(self.parts) > MAX_PARTS:  # a list of many small ranges takes more memory than their bytes
            self._copy()

    def _copy(self) -> None:
        for window in _windows(iter(self.parts)):
            self.copied += window
        self.parts = []

    def view(self) -> View:
        """Return all of it."""
        found = None if self.copied else side_by_side(self.parts)
        if found is None:
            self._copy()
            return View(self.copied)
        return View(found)


def _windows(parts: Iterator[Part]) -> Iterator[memoryview | bytes]:
    for length, part in parts:
        if isinstance(part, memoryview):
            yield part
            continue
        whole = part * (min(length, WINDOW) // len(part) + 1)
        for place in range(0, length, WINDOW):
            yield whole[: min(WINDOW, length - place)]
