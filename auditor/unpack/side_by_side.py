"""Ranges of the mapped input mapped once more, side by side: a scattered member as one buffer without a copy.

mremap(2) with an old size of zero maps the pages of a shared mapping a second time. They stay the file's pages, so
that a member of any size takes no memory of its own. Where that is not possible (other systems, ranges that do not
begin and end with a page, bytes that were decompressed) the caller copies.
"""

from __future__ import annotations

import mmap
import sys
import weakref
from functools import cache
from typing import Any

FLOOR = 4 << 20
"""Bytes from which on mapping is worth its system calls."""
MAX_PARTS = 4096
"""Ranges of one member; the kernel allows 65,530 mappings of a process."""
PROT_READ, MAP_PRIVATE_ANONYMOUS_NORESERVE = 1, 0x4022
MREMAP_MAYMOVE_FIXED = 3


def side_by_side(parts: list[tuple[int, memoryview | bytes]]) -> memoryview | None:
    """Return the parts as one buffer; None when it cannot be had without copying.

    A part is its length in bytes and a range of that length or, as `bytes`, a pattern that is repeated; of
    patterns only zeros need no copy.
    """
    size = sum(length for length, _ in parts)
    if size < FLOOR or len(parts) > MAX_PARTS or not sys.platform.startswith("linux"):
        return None
    places = _places(parts)
    return None if places is None else _mapped(places, size)


def _places(parts: list[tuple[int, memoryview | bytes]]) -> list[tuple[int, int]] | None:
    """Return (length, address; 0 = zeros) of each part; None when one does not stand on whole pages of a mapping."""
    places = []
    for number, (length, part) in enumerate(parts):
        if length % mmap.PAGESIZE and number < len(parts) - 1:
            return None
        if isinstance(part, bytes):
            if part.strip(b"\0"):
                return None
            places.append((length, 0))
        else:
            address = _address(part) if isinstance(part.obj, mmap.mmap) else 1
            if address % mmap.PAGESIZE:
                return None
            places.append((length, address))
    return places


def _mapped(places: list[tuple[int, int]], size: int) -> memoryview | None:
    """Reserve zeros and put each range into its place."""
    import ctypes

    libc = _libc()
    whole = -size % mmap.PAGESIZE + size
    base = libc.mmap(None, whole, PROT_READ, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0)
    if base == ctypes.c_void_p(-1).value:
        return None
    cursor = base
    for length, address in places:
        if address and libc.mremap(address, 0, length, MREMAP_MAYMOVE_FIXED, cursor) != cursor:
            libc.munmap(base, whole)
            return None
        cursor += length
    area = (ctypes.c_ubyte * size).from_address(base)
    weakref.finalize(area, libc.munmap, base, whole)
    return memoryview(area).cast("B").toreadonly()


@cache
def _libc() -> Any:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    libc.mmap.argtypes, libc.mmap.restype = (pointer, size, number, number, number, ctypes.c_long), pointer
    libc.mremap.argtypes, libc.mremap.restype = (pointer, size, size, number, pointer), pointer
    libc.munmap.argtypes, libc.munmap.restype = (pointer, size), number
    return libc


@cache
def _buffer_layout() -> Any:
    """The C structure Py_buffer (docs.python.org, "Buffer Protocol")."""
    import ctypes

    class Buffer(ctypes.Structure):
        _fields_ = (
            ("buf", ctypes.c_void_p),
            ("obj", ctypes.c_void_p),
            ("len", ctypes.c_ssize_t),
            ("itemsize", ctypes.c_ssize_t),
            ("readonly", ctypes.c_int),
            ("ndim", ctypes.c_int),
            ("format", ctypes.c_char_p),
            ("shape", ctypes.c_void_p),
            ("strides", ctypes.c_void_p),
            ("suboffsets", ctypes.c_void_p),
            ("internal", ctypes.c_void_p),
        )

    return Buffer


def _address(part: memoryview) -> int:
    """Return where the bytes stand in memory."""
    import ctypes

    buffer = _buffer_layout()()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(part), ctypes.byref(buffer), 0)
    address = int(buffer.buf or 0)
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
    return address
