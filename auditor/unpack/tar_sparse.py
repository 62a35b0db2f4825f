"""Sparse members of GNU tar: the old maps in headers, and the pax forms 0.1 and 1.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.unpack.codec import append_hole
from auditor.unpack.view import Budget, Damaged, LimitHit, Opaque, Truncated, View

BLOCK = 512
Span = tuple[int, int]
"""(place in the file, bytes)."""


def number(text: bytes, offset: int, base: int = 8) -> int:
    """Decode a field of a header: octal text (or of another base), or the base-256 form of GNU."""
    if text[:1] == b"\x80":
        return int.from_bytes(text[1:], "big")
    digits = text.strip(b"\0 ")
    if not digits.isdigit() and digits:
        raise Damaged("tar field is no number", offset)
    try:
        return int(digits, base) if digits else 0
    except ValueError:
        raise Damaged("tar field is no number", offset) from None


def header_spans(rows: bytes, offset: int) -> Iterator[Span]:
    """Yield the spans of a map in a header: pairs of 12-byte numbers, ended by an empty one."""
    for place in range(0, len(rows) - 23, 24):
        row = rows[place : place + 24]
        if not row[0]:
            return
        yield number(row[:12], offset), number(row[12:], offset)


def expand(data: View, spans: list[Span], size: int, budget: Budget, offset: int) -> View:
    """Return a file of `size` bytes with its stored `data` at `spans`, zeros between them."""
    if size > budget.limits.member_size:
        raise LimitHit("member-size", budget.limits.member_size, f"a sparse member of {size} bytes", offset)
    output = bytearray()
    taken = 0
    try:
        for place, length in spans:
            gap = place - len(output)
            if gap < 0 or place + length > size:
                raise Damaged("tar sparse map out of order", offset)
            if taken + length > data.size:
                raise Truncated("tar sparse member ends early", offset)
            append_hole(output, gap)
            output += data.slice(taken, length).data
            taken += length
            budget.grow(length, len(output), offset=offset)
        append_hole(output, size - len(output))
    except Damaged as damage:
        damage.partial = View(output)
        raise
    return View(output)


def pax_content(data: View, pax: Mapping[bytes, bytes], budget: Budget, offset: int) -> View:
    """Return the file of a member that pax keywords call sparse."""
    if b"GNU.sparse.map" in pax:
        numbers = [number(text, offset, 10) for text in pax[b"GNU.sparse.map"].split(b",") if text]
        size = number(pax.get(b"GNU.sparse.size", b"0"), offset, 10)
        return expand(data, _pairs(numbers), size, budget, offset)
    if pax.get(b"GNU.sparse.major") != b"1":
        raise Opaque("sparse tar member of the pax form 0.0 is not read", offset)
    size = number(pax.get(b"GNU.sparse.realsize", b"0"), offset, 10)
    numbers = []
    lines = _lines(data, offset)
    position, count = next(lines)
    for _ in range(2 * count):
        position, value = next(lines)
        numbers.append(value)
    start = min((position + BLOCK - 1) // BLOCK * BLOCK, data.size)
    return expand(data.slice(start, data.size - start), _pairs(numbers), size, budget, offset)


def _lines(data: View, offset: int) -> Iterator[tuple[int, int]]:
    """Yield (place behind it, value) of decimal numbers that stand one a line."""
    position = 0
    while True:
        text, found, _ = bytes(data.data[position : position + 24]).partition(b"\n")
        if not found:
            raise Damaged("tar sparse map is broken", offset)
        position += len(text) + 1
        yield position, number(text, offset, 10)


def _pairs(numbers: list[int]) -> list[Span]:
    return list(zip(numbers[::2], numbers[1::2], strict=False))
