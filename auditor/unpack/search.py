"""Which format claims which bytes: magics at the start, magics anywhere, what stays unknown."""

from __future__ import annotations

import importlib
import pkgutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import auditor.unpack
from auditor.unpack import plain
from auditor.unpack.noise import filled, is_noise, is_padding
from auditor.unpack.view import Budget, Container, Damaged, LimitHit, Truncated, View

__all__ = [
    "RAW",
    "READER_FAULTS",
    "Format",
    "ReaderFailed",
    "Region",
    "Survey",
    "attempt",
    "formats",
    "is_padding",
    "survey",
]

PIECE = 1 << 20
"""Bytes searched at once: fits the cache of the processor."""
STRONG_MAGIC = 4
"""Bytes from which on a magic at a random place is worth a report when the rest is broken."""
RAW = "raw-image"
"""What an input is called whose first bytes no format is to claim."""
HEAD = 640
"""Leading bytes in which most magics stand."""
READER_FAULTS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    BufferError,
    EOFError,
    OSError,
    struct.error,
)
"""What a reader with a fault of its own may raise; becomes a problem, never a traceback."""


class Format(Protocol):
    """What a format module offers; see `auditor.unpack.view`."""

    NAME: str
    TITLE: str
    MAGICS: tuple[tuple[int, bytes], ...]
    ANYWHERE: bool
    KIND: str
    MADE_BY: str | None

    def open(self, view: View, budget: Budget) -> Container | None:
        """Validate header and extent; None = not this format."""


class ReaderFailed(Damaged):
    """A reader met something it does not handle; a fault of the reader, not silence."""

    code = "reader-failed"


@dataclass(slots=True)
class Region:
    """Bytes of an artifact that one format claims, or that nobody does (`format` empty)."""

    offset: int
    size: int
    format: str = ""
    label: str = ""
    """What stands behind the offset in its name: the format, `unknown` or `high-entropy`."""
    understood: int = 0


@dataclass(slots=True)
class Survey:
    """What an artifact turned out to be."""

    format: str = ""
    container: Container | None = None
    """The format that starts at its first byte."""
    regions: list[Region] = field(default_factory=list)
    """What stands behind that, in the order of the bytes; empty when nothing is known."""
    understood: int = 0
    problems: list[Damaged] = field(default_factory=list)


@cache
def formats() -> tuple[Format, ...]:
    """Return all format modules of this package, by name of the module."""
    found: list[Any] = []
    for info in sorted(pkgutil.iter_modules(auditor.unpack.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"auditor.unpack.{info.name}")
        if hasattr(module, "MAGICS"):
            found.append(module)
    return tuple(found)


@cache
def _by_name() -> dict[str, Format]:
    return {module.NAME: module for module in formats()}


@cache
def _magics() -> tuple[tuple[int, bytes, Format], ...]:
    return tuple((offset, magic, module) for module in formats() for offset, magic in module.MAGICS)


@cache
def _by_first_byte() -> tuple[tuple[tuple[int, bytes, Format], ...], ...]:
    """For each first byte of a file the magics that may stand in it, in the order of `_magics`."""
    return tuple(tuple(row for row in _magics() if row[0] or not row[1] or row[1][0] == first) for first in range(256))


@cache
def _anywhere() -> tuple[tuple[int, bytes, Format], ...]:
    return tuple(row for row in _magics() if row[2].ANYWHERE and row[1])


@cache
def _database() -> Any:
    """Compile the magics that are searched anywhere: one pass finds all of them."""
    import hyperscan

    rows = _anywhere()
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = ["".join(f"\\x{byte:02x}" for byte in magic).encode() for _, magic, _ in rows]
    database.compile(
        expressions=expressions,
        ids=list(range(len(rows))),
        elements=len(rows),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(rows),
    )
    return database


def survey(view: View, budget: Budget, declared: str | None = None) -> Survey:
    """Find out what the bytes of one artifact are.

    `declared` is the format its container or the user names for it; it is tried first, and `RAW` says that no
    format starts here. LimitHit of the whole input (members, total-size) is raised, everything else is in `problems`.
    """
    result = Survey()
    if declared != RAW:
        _claim_start(view, budget, declared, result)
    if result.container is not None:
        start = result.container.extent
        known = result.container.understood
        result.understood = start if known is None else min(known, start)
    elif result.problems or declared == RAW:
        start = 1  # broken from its first byte, or said to be none; something whole may stand inside
    else:
        start = 0
        result.format = plain.sniff(view)
        if result.format:
            start = plain.end(view, result.format)
            result.understood = view.size
            result.regions = list(_search(view, start, budget, result.problems)) if start < view.size else []
            return result
    if is_padding(view, start, view.size):
        result.understood += view.size - start if start != 1 else 0
    else:
        regions = list(_search(view, start, budget, result.problems))
        if regions or result.container is not None:
            result.regions = list(_with_gaps(view, 0 if result.container is None else start, regions))
        result.understood += sum(region.understood for region in result.regions)
    return result


def _claim_start(view: View, budget: Budget, declared: str | None, result: Survey) -> None:
    """Let the formats whose magic stands at the start open the view; the longest extent wins."""
    broken: tuple[str, Damaged] | None = None
    for module in _candidates(view, declared):
        container, damage = attempt(module, view, budget)
        if damage is not None and broken is None:
            broken = (module.NAME, damage)
        if container is not None and (result.container is None or container.extent > result.container.extent):
            result.format, result.container = module.NAME, container
            if declared == module.NAME:
                break
    if result.container is not None:
        result.problems.extend(result.container.problems)
    elif broken is not None:
        result.format = broken[0]
        result.problems.append(broken[1])


def _candidates(view: View, declared: str | None) -> Iterator[Format]:
    first = _by_name().get(declared or "")
    if first is not None:
        yield first
    head = view.head(HEAD)
    seen = {declared}
    for offset, magic, module in _by_first_byte()[head[0]] if head else ():
        end = offset + len(magic)
        found = head.startswith(magic, offset) if end <= HEAD else bytes(view.data[offset:end]) == magic
        if found and module.NAME not in seen:
            seen.add(module.NAME)
            yield module


def attempt(module: Format, view: View, budget: Budget) -> tuple[Container | None, Damaged | None]:
    """Open `view` with one format; returns the container, or why its bytes are broken, or neither."""
    try:
        container = module.open(view, budget)
    except LimitHit as hit:
        if hit.limit in ("members", "total-size"):
            raise
        return None, hit
    except Damaged as damage:
        return None, damage
    except READER_FAULTS as fault:
        return None, ReaderFailed(f"reader {module.NAME} failed: {type(fault).__name__}")
    if container is None:
        return None, None
    if container.extent > view.size:
        container.problems.append(
            Truncated(f"{module.NAME} of {container.extent} bytes, only {view.size} are there", view.size)
        )
        container.extent = view.size
    if container.extent <= 0:
        return None, Damaged(f"{module.NAME} without extent", 0)
    return container, None


def _search(view: View, start: int, budget: Budget, problems: list[Damaged]) -> Iterator[Region]:
    """Yield the regions behind `start` that formats found by magic anywhere claim."""
    rows = _anywhere()
    cursor = start
    for hit, row in _hits(view, start):
        offset, magic, module = rows[row]
        place = hit - offset
        if place < cursor or place % getattr(module, "ALIGNMENT", 1):
            continue
        budget.member(place)
        container, damage = attempt(module, view.slice(place, view.size - place), budget)
        if container is not None:
            known = container.extent if container.understood is None else container.understood
            yield Region(place, container.extent, module.NAME, module.NAME, min(known, container.extent))
            cursor = place + container.extent
        elif damage is not None and len(magic) >= STRONG_MAGIC:
            damage.message = f"{module.NAME}: {damage.message}"
            damage.offset = place + (damage.offset or 0)
            problems.append(damage)


def _hits(view: View, start: int) -> Iterator[tuple[int, int]]:
    """Yield (offset of the magic, row of `_anywhere`) in the order of offsets."""
    rows = _anywhere()
    if not rows:
        return
    database = _database()
    overlap = max(len(magic) for _, magic, _ in rows) - 1
    for piece in range(start, view.size, PIECE):
        found: list[tuple[int, int]] = []

        def on_match(row: int, _from: int, end: int, _flags: int, _context: Any, found: Any = found) -> None:
            found.append((end - len(rows[row][1]), row))

        database.scan(view.data[piece : piece + PIECE + overlap], match_event_handler=on_match)
        for hit, row in sorted(found):
            if hit < PIECE:
                yield piece + hit, row


def _with_gaps(view: View, start: int, claimed: list[Region]) -> Iterator[Region]:
    """Yield the claimed regions and between them what nobody claims; padding is understood."""
    cursor = start
    for region in [*claimed, Region(view.size, 0)]:
        while count := filled(view, cursor, region.offset):
            yield Region(cursor, count, "padding", "padding", count)
            cursor += count
        size = region.offset - cursor
        if size > 0:
            noise = is_noise(view.slice(cursor, size))
            yield Region(cursor, size, "", "high-entropy" if noise else "unknown")
        if region.size:
            yield region
        cursor = region.offset + region.size
