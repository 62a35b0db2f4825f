"""LZSS in the variants that flash files use: a ring of past bytes, literals and (position, length).

The first variant (10 position bits, 4 length bits, matches of 2 to 17) is the one of SmartGauges' VBF
tools; the others are the usual sizes of the public programs. Which one a file uses, its checksums tell.
"""

from __future__ import annotations

from typing import NamedTuple


class Variant(NamedTuple):
    """Sizes of one variant, after the public LZSS programs of Haruhiko Okumura (1989)."""

    position_bits: int
    length_bits: int
    shortest: int
    """Length that the value 0 stands for."""
    bit_stream: bool
    """Flags and fields follow each other bit by bit; else eight flags come in a byte of their own."""
    fill: int
    """What the ring holds at the start."""


VARIANTS = (
    Variant(10, 4, 2, True, 0x20),
    Variant(10, 6, 2, True, 0x20),
    Variant(11, 4, 2, True, 0x20),
    Variant(12, 4, 2, True, 0x20),
    Variant(12, 4, 3, False, 0x20),
    Variant(12, 4, 3, False, 0x00),
)


def decode(packed: bytes | memoryview, variant: Variant, limit: int) -> bytes:
    """Decode until the input ends or `limit` bytes are out; a cut last token is dropped."""
    return _bits(packed, variant, limit) if variant.bit_stream else _flagged(packed, variant, limit)


def _start(variant: Variant) -> tuple[bytearray, int, int]:
    size = 1 << variant.position_bits
    longest = (1 << variant.length_bits) - 1 + variant.shortest
    return bytearray([variant.fill]) * size, size - longest, size - 1


def _bits(packed: bytes | memoryview, variant: Variant, limit: int) -> bytes:
    ring, place, mask = _start(variant)
    out = bytearray()
    window = held = cursor = 0
    pair = variant.position_bits + variant.length_bits
    length_mask = (1 << variant.length_bits) - 1
    while len(out) < limit:
        while held <= pair and cursor < len(packed):
            window, held, cursor = (window << 8) | packed[cursor], held + 8, cursor + 1
        if held < 9:
            break
        held -= 1
        if window >> held & 1:
            held -= 8
            byte = window >> held & 0xFF
            out.append(byte)
            ring[place] = byte
            place = (place + 1) & mask
        elif held < pair:
            break
        else:
            held -= pair
            token = window >> held & ((1 << pair) - 1)
            place = _copy(out, ring, place, token >> variant.length_bits, (token & length_mask) + variant.shortest)
        window &= (1 << held) - 1
    return bytes(out)


def _flagged(packed: bytes | memoryview, variant: Variant, limit: int) -> bytes:
    ring, place, mask = _start(variant)
    out = bytearray()
    flags, cursor = 1, 0
    while len(out) < limit and cursor < len(packed):
        if flags == 1:
            flags, cursor = packed[cursor] | 0x100, cursor + 1
            continue
        if flags & 1:
            out.append(packed[cursor])
            ring[place] = packed[cursor]
            place, cursor = (place + 1) & mask, cursor + 1
        else:
            if cursor + 1 >= len(packed):
                break
            low, high = packed[cursor], packed[cursor + 1]
            cursor += 2
            place = _copy(out, ring, place, low | (high & 0xF0) << 4, (high & 0x0F) + variant.shortest)
        flags >>= 1
    return bytes(out)


def _copy(out: bytearray, ring: bytearray, place: int, source: int, length: int) -> int:
    """Repeat `length` bytes of the ring and return the next place in it."""
    mask = len(ring) - 1
    for index in range(length):
        byte = ring[(source + index) & mask]
        out.append(byte)
        ring[place] = byte
        place = (place + 1) & mask
    return place
