"""One bounded layer under every codec: output in pieces, each accounted, no declared size believed.

`block` decodes one block whose largest output the format fixes (squashfs, EROFS, LZ4 blocks);
`stream` decodes a stream that says itself where it ends (gzip, bzip2, xz, zstd, LZ4 frames).
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auditor.unpack.view import Budget, Damaged, LimitHit, Opaque, Truncated, View

PIECE_IN = 1 << 15
"""Bytes fed at once; the ratio counts what was fed, so large pieces would let a bomb grow before it shows."""
PIECE_OUT = 1 << 20
DICTIONARY = 128 << 20
"""Largest window or dictionary a stream may ask for; `xz -9` takes 64 MiB."""


class Undecodable(Damaged):
    """Compressed bytes break the rules of their codec."""


@dataclass(slots=True)
class Decoded:
    """The output of a stream as far as it could be read."""

    view: View
    consumed: int
    """Bytes of the stream, header to trailer."""
    problem: Damaged | None = None


def _faults() -> tuple[type[Exception], ...]:
    import lz4.block
    import zstandard
    from isal.igzip_lib import IsalError
    from lzallright import LZOError

    own: Any = (IsalError, lzma.LZMAError, zstandard.ZstdError, LZOError, lz4.block.LZ4BlockError)
    return (*own, RuntimeError, OSError, ValueError, EOFError)


FAULTS = _faults()


# ---------------------------------------------------------------- blocks


def block(codec: str, data: Any, limit: int) -> bytes:
    """Decode one block of at most `limit` output bytes.

    `codec` is zlib, deflate, gzip, xz, lzma, zstd, lz4 or lzo; `data` any buffer. Raises
    Undecodable for broken data and more output than `limit`, Opaque for an unknown codec.
    """
    decode = BLOCKS.get(codec)
    if decode is None:
        raise Opaque(f"codec {codec} is not supported")
    try:
        output = decode(data, limit)
    except FAULTS as fault:
        raise Undecodable(f"{codec} block: {type(fault).__name__}") from None
    if len(output) > limit:
        raise Undecodable(f"{codec} block exceeds its {limit} bytes")
    return output


def _igzip(flag: int) -> Callable[[Any, int], bytes]:
    from isal.igzip_lib import IgzipDecompressor

    def decode(data: Any, limit: int) -> bytes:
        decoder = IgzipDecompressor(flag=flag)
        output: bytes = decoder.decompress(data, limit + 1)
        if not decoder.eof and len(output) <= limit:
            raise EOFError
        return output

    return decode


def _lzma(container: int) -> Callable[[Any, int], bytes]:
    def decode(data: Any, limit: int) -> bytes:
        return lzma.LZMADecompressor(container, memlimit=DICTIONARY).decompress(data, limit + 1)

    return decode


def _zstd(data: Any, limit: int) -> bytes:
    import zstandard

    if zstandard.frame_content_size(data) > limit:
        raise ValueError
    output: bytes = ZSTD.decompress(data, max_output_size=limit)
    return output


def _lz4(data: Any, limit: int) -> bytes:
    import lz4.block

    output: bytes = lz4.block.decompress(data, uncompressed_size=limit)
    return output


def _lzo(data: Any, limit: int) -> bytes:
    from lzallright import LZOCompressor

    if len(data) > limit + limit // 8 + 128:
        raise ValueError
    return bytes(LZOCompressor.decompress(data, limit))


def _blocks() -> dict[str, Callable[[Any, int], bytes]]:
    from isal import igzip_lib

    return {
        "zlib": _igzip(igzip_lib.DECOMP_ZLIB),
        "deflate": _igzip(igzip_lib.DECOMP_DEFLATE),
        "gzip": _igzip(igzip_lib.DECOMP_GZIP),
        "xz": _lzma(lzma.FORMAT_XZ),
        "lzma": _lzma(lzma.FORMAT_ALONE),
        "zstd": _zstd,
        "lz4": _lz4,
        "lzo": _lzo,
    }


def _zstd_decoder() -> Any:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=DICTIONARY)


ZSTD = _zstd_decoder()
BLOCKS = _blocks()


# ---------------------------------------------------------------- streams


def stream(codec: str, view: View, budget: Budget, offset: int = 0) -> Decoded:
    """Decode the stream that starts at `offset`, and those of the same codec joined to it.

    `codec` is gzip, zlib, deflate, bzip2, xz, lzma or lz4. Never raises for broken data: the
    output up to the damage comes with the problem. LimitHit of the whole input is raised.
    """
    make, magic = STREAMS[codec]
    output = bytearray()
    position = offset
    fed = [offset]
    problem: Damaged | None = None
    try:
        while position < view.size:
            fed[0] = position
            position = _one(make(), view, fed, output, budget, offset)
            if codec == "xz":
                position = _skip_padding(view, position)
            if not magic or bytes(view.data[position : position + len(magic)]) != magic:
                break
    except LimitHit as hit:
        if hit.limit == "total-size":
            raise
        problem = hit.with_traceback(None)
    except Damaged as damage:
        # its traceback holds this frame and so the output: memory would wait for the collector
        problem = damage.with_traceback(None)
    except lzma.LZMAError as fault:
        problem = _lzma_problem(fault, position)
    except FAULTS as fault:
        problem = Undecodable(f"{codec} stream: {type(fault).__name__}", position)
    if problem is not None:
        # nobody knows where a stream ends that was stopped; a broken one ends where that showed
        position = fed[0] if isinstance(problem, Undecodable) else view.size
    return Decoded(View(output), position - offset, problem)


def _one(decoder: Any, view: View, fed: list[int], output: bytearray, budget: Budget, offset: int) -> int:
    """Append the output of one stream at `fed[0]`, which follows the input; returns where it ends."""
    position = fed[0]
    while not decoder.eof:
        piece: Any = b""
        if decoder.needs_input:
            piece = view.data[position : position + PIECE_IN]
            if not piece:
                raise Truncated("compressed stream ends before its end mark", position)
            position += len(piece)
            fed[0] = position
        more = decoder.decompress(piece, PIECE_OUT)
        output += more
        budget.grow(len(more), len(output), position - offset, offset)
    return position - len(decoder.unused_data or b"")


def _skip_padding(view: View, position: int) -> int:
    while bytes(view.data[position : position + 4]) == b"\0\0\0\0":
        position += 4
    return position


def _lzma_problem(fault: lzma.LZMAError, position: int) -> Damaged:
    if "Memory usage limit" in str(fault):
        return LimitHit("memory", DICTIONARY, "the stream asks for a larger dictionary", position)
    return Undecodable("xz or lzma stream is damaged", position)


def _streams() -> dict[str, tuple[Callable[[], Any], bytes]]:
    import lz4.frame
    from isal import igzip_lib

    return {
        "gzip": (lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), b"\x1f\x8b\x08"),
        "zlib": (lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB), b""),
        "deflate": (lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE), b""),
        "bzip2": (bz2.BZ2Decompressor, b"BZh"),
        "xz": (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DICTIONARY), b"\xfd7zXZ\0"),
        "lzma": (lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=DICTIONARY), b""),
        "lz4": (lz4.frame.LZ4FrameDecompressor, b"\x04\x22\x4d\x18"),
    }


STREAMS = _streams()


def zstd_stream(view: View, budget: Budget) -> Decoded:
    """Decode all zstd frames of the view, which ends where the last frame ends."""
    output = bytearray()
    problem: Damaged | None = None
    try:
        with ZSTD.stream_reader(view.data, read_across_frames=True) as reader:
            while more := reader.read(PIECE_OUT):
                output += more
                budget.grow(len(more), len(output), view.size, 0)
    except LimitHit as hit:
        if hit.limit == "total-size":
            raise
        problem = hit.with_traceback(None)
    except FAULTS as fault:
        too_wide = "memory" in str(fault)
        message = "zstd stream asks for a larger window" if too_wide else "zstd stream is damaged"
        problem = LimitHit("memory", DICTIONARY, message) if too_wide else Undecodable(message)
    return Decoded(View(output), view.size, problem)


def complete(decoded: Decoded) -> View:
    """Return the output, or raise its problem with the part that could be read."""
    if decoded.problem is not None:
        decoded.problem.partial = decoded.view
        raise decoded.problem
    return decoded.view


def append_hole(output: bytearray, size: int) -> None:
    """Append the `size` zeros of a hole in pieces; they were not decoded, so no budget is drawn from."""
    while size > 0:
        output += bytes(min(size, PIECE_OUT))
        size -= PIECE_OUT


def take_sparse(budget: Budget, size: int, decoded: int, stored: int) -> None:
    """Account a member of `size` bytes of which only `decoded` come from `stored` bytes, the rest being holes.

    Raises LimitHit: holes are bounded by member-size alone.
    """
    limit = budget.limits.member_size
    if size > limit:
        raise LimitHit("member-size", limit, f"a member of {size} bytes exceeds member-size")
    budget.take(decoded, stored)
