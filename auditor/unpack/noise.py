"""What bytes without a format look like: padding, noise, or something unknown."""

from __future__ import annotations

from collections import Counter
from math import log2

from auditor.unpack.view import View

PIECE = 1 << 20
ENTROPY_SAMPLE = 1 << 16
ENTROPY_FLOOR = 4096
"""Shorter regions are too small to tell noise from data."""
PADDING_FLOOR = 64
"""Fewer equal bytes in front of unknown ones are taken as part of them."""
HIGH_ENTROPY = 7.9
"""Bits per byte from which bytes are compressed or encrypted."""


def is_noise(view: View) -> bool:
    """Tell whether the bytes are many enough and random enough to be compressed or encrypted."""
    return view.size >= ENTROPY_FLOOR and entropy(view) >= HIGH_ENTROPY


def filled(view: View, start: int, end: int) -> int:
    """Return how many bytes from `start` on are one repeated 0x00 or 0xFF; few of them count as data."""
    if is_padding(view, start, end):
        return max(0, end - start)
    fill = bytes(view.data[start : start + 1])
    if fill not in (b"\0", b"\xff"):
        return 0
    for piece in range(start, end, PIECE):
        rest = bytes(view.data[piece : min(piece + PIECE, end)]).lstrip(fill)
        if rest:
            count = min(piece + PIECE, end) - len(rest) - start
            return count if count >= PADDING_FLOOR else 0
    return 0


def is_padding(view: View, start: int, end: int) -> bool:
    """Tell whether [start, end) holds nothing but one repeated 0x00 or 0xFF."""
    if start >= end:
        return True
    fill = bytes(view.data[start : start + 1])
    if fill not in (b"\0", b"\xff"):
        return False
    whole = fill * min(PIECE, end - start)
    for piece in range(start, end, PIECE):
        data = bytes(view.data[piece : min(piece + PIECE, end)])
        if data != (whole if len(data) == len(whole) else whole[: len(data)]):
            return False
    return True


def entropy(view: View) -> float:
    """Return the entropy of the bytes in bits per byte, from samples at the start, middle and end."""
    if view.size <= ENTROPY_SAMPLE:
        sample = bytes(view.data)
    else:
        third = ENTROPY_SAMPLE // 4
        places = (0, (view.size - third) // 2, view.size - third)
        sample = b"".join(bytes(view.data[place : place + third]) for place in places)
    total = len(sample)
    return -sum(count / total * log2(count / total) for count in Counter(sample).values()) if total else 0.0
