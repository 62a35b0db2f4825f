"""Search all byte patterns at once: one Hyperscan database, confirmed by `re` in a window.

Hyperscan says where a match ends, at every end it has (`3.0.2`, then `3.0.20`); `re` then finds
the longest text that covers the end. Where Hyperscan is not installed the same expressions are
searched one by one, with the same results and much slower.
"""

from __future__ import annotations

import contextlib
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from auditor import compiled
from auditor.identify.signatures.pattern import LONGEST, Expression

CHUNK = 1 << 20
"""Bytes scanned at once: fits the cache of the processor."""
MOST_ENDS = 512
"""Match ends kept of one pattern in one artifact; a signature needs few."""
CACHE_PREFIX = "signatures-"


class Engine:
    """The compiled expressions; the index of an expression is its id."""

    def __init__(self, expressions: Sequence[Expression], cache: Path | None = None, plain: bool = False) -> None:
        self.expressions = tuple(expressions)
        self.overlap = max((expression.width for expression in self.expressions), default=0)
        self._database = None if plain else _database(self.expressions, cache)

    @property
    def fast(self) -> bool:
        """True when Hyperscan does the searching."""
        return self._database is not None

    def matches(self, data: memoryview) -> Iterator[tuple[int, re.Match[bytes], int]]:
        """Yield (expression, confirmed match, offset of the match in `data`), by expression and offset."""
        if self._database is None:
            yield from self._one_by_one(data)
            return
        ends = self._ends(data)
        for index in sorted(ends):
            yield from self._confirm(index, sorted(set(ends[index])), data)

    def _ends(self, data: memoryview) -> dict[int, list[int]]:
        """Return where matches end, per expression."""
        found: dict[int, list[int]] = {}
        base = 0

        def note(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            kept = found.setdefault(index, [])
            if len(kept) < MOST_ENDS:
                kept.append(base + end)

        scan: Callable[..., None] = self._database.scan  # type: ignore[union-attr]
        for start in range(0, len(data), CHUNK):
            base = max(0, start - self.overlap)
            scan(data[base : start + CHUNK], match_event_handler=note)
        return found

    def _confirm(self, index: int, ends: list[int], data: memoryview) -> Iterator[tuple[int, re.Match[bytes], int]]:
        """Find the text behind each end; ends inside a text already found are parts of it."""
        expression = self.expressions[index]
        covered = 0
        for end in ends:
            if end <= covered:
                continue
            low = max(0, end - expression.width)
            window = bytes(data[low : end + LONGEST])
            position = 0
            while match := expression.regex.search(window, position):
                if low + match.end() >= end:
                    if low + match.start() < end:
                        covered = low + match.end()
                        yield index, match, low + match.start()
                    break
                position = match.start() + 1

    def _one_by_one(self, data: memoryview) -> Iterator[tuple[int, re.Match[bytes], int]]:
        text = bytes(data)
        for index, expression in enumerate(self.expressions):
            position = count = 0
            while count < MOST_ENDS and (match := expression.regex.search(text, position)):
                yield index, match, match.start()
                # a closing NUL may open the next match
                position = max(match.end() - 1, match.start() + 1)
                count += 1


def _database(expressions: tuple[Expression, ...], cache: Path | None) -> Any:
    """Return the Hyperscan database from the cache, or compile it; None without Hyperscan."""
    try:
        import hyperscan
    except ImportError:
        return None
    if not expressions:
        return None
    name = f"{CACHE_PREFIX}{_key(expressions, compiled.release('hyperscan'))}.hsdb"
    kept = compiled.load_bytes(name, cache)
    if kept is not None:
        with contextlib.suppress(hyperscan.HyperscanError, ValueError):
            database = hyperscan.loadb(kept, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.source for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[0] * len(expressions),
    )
    if cache is not None:
        compiled.keep_bytes(name, hyperscan.dumpb(database), cache)
    return database


def _key(expressions: tuple[Expression, ...], library: str) -> str:
    """Return the name of a database: its expressions, the platform and the library."""
    sources = (expression.source for expression in expressions)
    return compiled.key(library, sys.platform, platform.machine(), *sources)
