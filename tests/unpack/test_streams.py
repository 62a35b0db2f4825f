"""Compressed streams against the tools and libraries that made them."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import lzma
import random
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from image_trees import run, walked

from auditor.unpack import codec

CONTENT = random.Random(3).randbytes(40_000) + b"text " * 60_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
MAKERS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma-alone": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
    "lz4": lz4.frame.compress,
}


@pytest.mark.parametrize("name", MAKERS)
def test_library_streams(name: str) -> None:
    stream = MAKERS[name](CONTENT)
    result = walked(stream)
    assert result.problems == []
    assert next(artifact.format for artifact in result.artifacts) == name
    assert result.artifacts[1].id == DIGEST
    assert result.artifacts[0].understood == len(stream)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("tool", "options"),
    [
        ("gzip", ["-c"]),
        ("bzip2", ["-c"]),
        ("xz", ["-c", "--check=sha256"]),
        ("xz", ["-c", "--format=lzma"]),
        ("zstd", ["-q", "-c", "--long=27"]),
        ("lz4", ["-q", "-c"]),
        ("lz4", ["-q", "-c", "-l"]),
        ("lzop", ["-c"]),
    ],
)
def test_tool_streams(tmp_path: Path, tool: str, options: list[str]) -> None:
    (tmp_path / "input").write_bytes(CONTENT)
    stream = run(tool, *options, tmp_path / "input")
    result = walked(stream)
    assert result.problems == []
    assert result.artifacts[1].id == DIGEST
    if tool in ("gzip", "lzop"):
        assert result.artifacts[1].path == "input"


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd", "lz4"])
def test_joined_streams_are_one(name: str) -> None:
    result = walked(MAKERS[name](CONTENT) + MAKERS[name](b"second"))
    assert result.problems == []
    assert result.artifacts[1].id == hashlib.sha256(CONTENT + b"second").hexdigest()


@pytest.mark.parametrize("name", MAKERS)
def test_truncated_stream_keeps_its_start(name: str) -> None:
    stream = MAKERS[name](CONTENT)
    result = walked(stream[: len(stream) * 9 // 10])
    assert result.problems
    assert not result.artifacts[0].complete or not result.artifacts[1].complete


@pytest.mark.parametrize("name", ["gzip", "xz", "bzip2", "zstd"])
def test_damaged_stream_is_a_problem(name: str) -> None:
    stream = bytearray(MAKERS[name](CONTENT))
    stream[len(stream) // 2] ^= 0xFF
    assert walked(bytes(stream)).problems


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd", "lz4"])
def test_stream_found_inside_unknown_bytes(name: str) -> None:
    result = walked(b"\x01lead" * 50 + MAKERS[name](CONTENT) + b"\x01tail" * 50)
    assert DIGEST in {artifact.id for artifact in result.artifacts}
    assert [artifact.size for artifact in result.artifacts if artifact.path.endswith("unknown")] == [250, 250]


@given(st.binary(max_size=5000), st.sampled_from(["zlib", "deflate", "gzip", "xz", "lzma", "zstd", "lz4", "lzo"]))
@settings(max_examples=150, deadline=None)
def test_block_never_raises_anything_else(data: bytes, name: str) -> None:
    with contextlib.suppress(codec.Damaged):
        assert len(codec.block(name, data, 4096)) <= 4096


def test_block_stops_at_its_limit() -> None:
    from isal import isal_zlib

    for name, data in (
        ("zlib", isal_zlib.compress(bytes(1 << 24))),
        ("zstd", zstandard.ZstdCompressor().compress(bytes(1 << 24))),
        ("xz", lzma.compress(bytes(1 << 24))),
    ):
        with pytest.raises(codec.Undecodable):
            codec.block(name, data, 8192)
