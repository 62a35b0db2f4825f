"""Bounds-checked access to bytes, and what a format module hands back.

A format is one module of this package with the constants

    NAME      short name, also `Artifact.format` (`squashfs`)
    TITLE     one line for docs/formats.md
    MAGICS    tuple of (offset of the magic from the format's start, magic bytes)
    ANYWHERE  True when the magic is searched inside unknown regions too
    KIND      filesystem | archive | stream | boot | flash | ecu | opaque
    MADE_BY   the tool whose output the tests read (`mksquashfs`), or None = by specification only
    ALIGNMENT optional, bytes: where ANYWHERE finds it, its start is a multiple of this

and one function `open(view, budget) -> Container | None` that validates header and extent.
None means "not mine"; `Damaged` means "mine, but broken". Modules are found by name order;
there is nothing to register.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.limits import Limits
from auditor.model import Evidence


class Damaged(Exception):
    """The bytes claim to be a format and break its rules."""

    code = "damaged"
    partial: View | None = None
    """What was read before the damage; kept as the (incomplete) content."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Truncated(Damaged):
    """A length or offset points past the end of the bytes."""

    code = "truncated"


class Opaque(Damaged):
    """Recognized, but its content cannot be read (encrypted, sealed, unsupported codec)."""

    code = "opaque"


class LimitHit(Damaged):
    """A limit of the run stopped the reading; `code` is `limit-<name>`."""

    def __init__(self, limit: str, value: int, message: str, offset: int | None = None) -> None:
        super().__init__(message, offset)
        self.limit = limit
        self.value = value
        self.code = f"limit-{limit}"


class View:
    """A zero-copy window on bytes; every read is checked against its end.

    Offsets are relative to the window. `data` is a memoryview of unsigned bytes.
    """

    __slots__ = ("data", "size")

    def __init__(self, data: Any) -> None:
        self.data = memoryview(data).cast("B") if not isinstance(data, memoryview) else data
        self.size = len(self.data)

    def need(self, offset: int, size: int) -> None:
        """Raise Truncated unless [offset, offset+size) lies inside."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise Truncated(f"needs {size} bytes at {offset:#x}, has {self.size}", offset)

    def slice(self, offset: int, size: int) -> View:
        """Return the window [offset, offset+size) without copying."""
        self.need(offset, size)
        return View(self.data[offset : offset + size])

    def copy(self, offset: int, size: int) -> bytes:
        """Copy out `size` bytes."""
        self.need(offset, size)
        return bytes(self.data[offset : offset + size])

    def head(self, size: int = 64) -> bytes:
        """Copy out at most `size` leading bytes."""
        return bytes(self.data[:size])

    def windows(self) -> Iterator[Any]:
        """Yield all bytes in order, in as many buffers as they stand in."""
        yield self.data

    def unpack(self, layout: struct.Struct, offset: int) -> tuple[Any, ...]:
        """Decode a struct at `offset`."""
        self.need(offset, layout.size)
        return layout.unpack_from(self.data, offset)

    def leb128(self, offset: int) -> tuple[int, int]:
        """Return (unsigned base-128 number of DWARF or protobuf, position behind it); at most ten bytes."""
        value = 0
        for count in range(10):
            byte = self.copy(offset + count, 1)[0]
            value |= (byte & 0x7F) << 7 * count
            if not byte & 0x80:
                return value, offset + count + 1
        raise Truncated("number of more than ten bytes", offset)


class Budget:
    """What is left of the limits of one input; readers of compressed data draw from it."""

    __slots__ = ("limits", "members", "total")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.total = 0
        self.members = 0

    def take(self, size: int, compressed: int | None = None, offset: int | None = None) -> None:
        """Account `size` decompressed bytes that came from `compressed` bytes.

        Raises LimitHit when a member, the ratio or the total is over its limit.
        """
        self.grow(size, size, compressed, offset)

    def grow(self, more: int, size: int, compressed: int | None = None, offset: int | None = None) -> None:
        """Account `more` bytes of a member that is decoded in pieces and has `size` bytes so far.

        Raises LimitHit as `take` does.
        """
        limits = self.limits
        if size > limits.member_size:
            raise LimitHit("member-size", limits.member_size, f"a member of {size} bytes exceeds member-size", offset)
        if compressed is not None and size > limits.ratio_floor and size > limits.ratio * max(compressed, 1):
            # nobody knows how far it would go: it counts with the largest size, so a tree of bombs ends early
            self.total += limits.member_size
            raise LimitHit("ratio", limits.ratio, f"{size} bytes out of {compressed} exceed ratio", offset)
        self.total += more
        if self.total > limits.total_size:
            raise LimitHit("total-size", limits.total_size, "unpacked bytes exceed total-size", offset)

    def member(self, offset: int | None = None) -> None:
        """Account one entry of a container."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitHit("members", self.limits.members, "entries exceed members", offset)


@dataclass(slots=True, frozen=True)
class Entry:
    """One member of a container. `name` keeps its bytes; nothing is created on disk."""

    name: bytes
    """Path inside the container, parts joined by `/`, no leading slash added or removed."""
    kind: str = "file"
    """file, directory, symlink, hardlink, char-device, block-device, fifo, socket, region"""
    size: int = 0
    mode: int | None = None
    data: View | Callable[[], View] | None = None
    """The content, or how to get it; None for nodes without content."""
    target: bytes | None = None
    offset: int | None = None
    """Where it stands in the container, in bytes, when it stands in one place."""
    format: str | None = None
    """A format the container declares for it (`lzma-alone`), tried first."""


@dataclass(slots=True)
class Container:
    """A recognized format with what is inside.

    `entries` may raise Damaged half way: what came before is kept and the artifact is
    marked incomplete.
    """

    extent: int
    """Bytes from the format's start that belong to it, header to trailer."""
    entries: Iterable[Entry] = ()
    understood: int | None = None
    """Bytes of the extent that were understood; None = all."""
    problems: list[Damaged] = field(default_factory=list)
    """What is wrong without stopping the reading."""
    evidence: tuple[Evidence, ...] = ()
    """Facts in headers (part numbers, image names, machine); path and artifact are filled by the walker."""
