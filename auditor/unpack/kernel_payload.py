"""What Linux kernels carry inside: the compressed kernel, the built-in initramfs, the configuration."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import islice

from auditor.unpack.view import Entry, View

STREAMS = {
    "gzip": re.compile(rb"\x1f\x8b\x08[\x00\x08]"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "lzma-alone": re.compile(rb"\x5d\x00\x00[\x00-\xff][\x00-\x20]", re.DOTALL),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "lzo": re.compile(rb"\x89LZO\x00\r\n\x1a\n"),
    "lz4": re.compile(rb"\x02\x21\x4c\x18"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
}
"""The streams that kernels and their initramfs are packed with."""
CPIO = re.compile(rb"07070[12]")
CONFIGURATION = re.compile(rb"IKCFG_ST(?=\x1f\x8b\x08)")
CONFIGURATION_END = re.compile(rb"IKCFG_ED")
TRAILER = re.compile(rb"TRAILER!!!\x00")
NEWC_HEADER = re.compile(rb"07070[12][0-9A-Fa-f]{104}")
PROBE_IN = 1 << 16
PROBE_OUT = 64
DICTIONARY_LIMIT = 128 << 20
LZ4_BLOCK = 9 << 20
"""Largest compressed block of the legacy lz4 frame: 8 MiB and what incompressible data adds."""
MAX_CANDIDATES = 10_000
"""Streams of one kind tried in one kernel."""


def compressed(body: View, start: int) -> tuple[int, str] | None:
    """Return (offset, stream format) of the first stream behind `start` that decompresses."""
    for place, name in _streams(body, start):
        if probe(body, place, name) is not None:
            return place, name
    return None


def builtin(body: View) -> Iterator[Entry]:
    """Yield the configuration and the initramfs archives inside an uncompressed kernel."""
    found = CONFIGURATION.search(body.data)
    if found is not None:
        start = found.end()
        end = CONFIGURATION_END.search(body.data, start)
        stop = end.start() if end is not None else body.size
        data = body.slice(start, stop - start)
        yield Entry(name=b"config.gz", kind="region", size=data.size, data=data, offset=start, format="gzip")
    yield from _archives(body)


def _archives(body: View) -> Iterator[Entry]:
    """Yield cpio archives, plain or packed."""
    cursor = 0
    for found in CPIO.finditer(body.data):
        start = found.start()
        if start < cursor or NEWC_HEADER.match(body.data, start) is None:
            continue
        trailer = TRAILER.search(body.data, start)
        if trailer is None:
            break
        cursor = min(body.size, start + ((trailer.end() - start + 3) & ~3))
        data = body.slice(start, cursor - start)
        yield Entry(name=_name(start), kind="region", size=data.size, data=data, offset=start, format="cpio")
    for place, name in _streams(body, 0):
        if (probe(body, place, name) or b"")[:6] in (b"070701", b"070702"):
            data = body.slice(place, body.size - place)
            yield Entry(name=_name(place), kind="region", size=data.size, data=data, offset=place, format=name)


def _name(place: int) -> bytes:
    return b"initramfs@%#010x" % place


def _streams(body: View, start: int) -> Iterator[tuple[int, str]]:
    """Yield (offset, name) of what looks like the start of a stream."""
    found = [
        (match.start(), name)
        for name, pattern in STREAMS.items()
        for match in islice(pattern.finditer(body.data, start), MAX_CANDIDATES)
    ]
    yield from sorted(found)


def probe(body: View, place: int, name: str) -> bytes | None:
    """Return the first bytes that come out of a stream; None when it is no stream after all."""
    head = bytes(body.data[place : place + PROBE_IN])
    try:
        return _PROBES[name](head) or None
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError, MemoryError):
        return None


def _gzip(head: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(head, PROBE_OUT)


def _xz(head: bytes) -> bytes:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, DICTIONARY_LIMIT).decompress(head, PROBE_OUT)


def _lzma(head: bytes) -> bytes:
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, DICTIONARY_LIMIT).decompress(head, PROBE_OUT)


def _bzip2(head: bytes) -> bytes:
    # a block is only complete after up to 900 KB: the magic of the block must do
    bz2.BZ2Decompressor().decompress(head, PROBE_OUT)
    return head[:1]


def _zstd(head: bytes) -> bytes:
    import zstandard

    try:
        reader = zstandard.ZstdDecompressor(max_window_size=DICTIONARY_LIMIT).stream_reader(head)
        return reader.read(PROBE_OUT)
    except zstandard.ZstdError as error:
        raise ValueError("no zstd") from error


def _lz4(head: bytes) -> bytes:
    """Decode the literals of the first sequence: enough to see what the block starts with."""
    size = int.from_bytes(head[4:8], "little")
    if not 16 < size <= LZ4_BLOCK or len(head) < 64:
        return b""
    cursor, length = 9, head[8] >> 4
    while length >= 15 and cursor < len(head):
        more = head[cursor]
        cursor, length = cursor + 1, length + more
        if more < 255:
            break
    return head[cursor : cursor + min(length, PROBE_OUT)]


def _lzo(head: bytes) -> bytes:
    """The magic has nine bytes; its blocks are decoded by the reader of lzop files."""
    return head[:1]


_PROBES: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "xz": _xz,
    "lzma-alone": _lzma,
    "bzip2": _bzip2,
    "zstd": _zstd,
    "lz4": _lz4,
    "lzo": _lzo,
}
