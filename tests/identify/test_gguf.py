"""GGUF headers: what they say, and that a cut one says so."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from auditor.identify.firmware.models import gguf
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import View


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


HEADER = b"GGUF" + struct.pack("<IQQ", 3, 0, 3)
ENTRIES = (
    entry("general.architecture", 8, text("llama")),
    entry("general.quantization_version", 4, struct.pack("<I", 2)),
    entry("general.license", 8, text("apache-2.0")),
)
WHOLE = HEADER + b"".join(ENTRIES)


def test_a_whole_header_is_read() -> None:
    assert gguf(View(WHOLE + bytes(64))) == ({"architecture": "llama", "license": "apache-2.0"}, None)


@pytest.mark.parametrize("size", [30, len(HEADER) + len(ENTRIES[0]) + 3, len(WHOLE) - 1])
def test_a_cut_header_keeps_what_came_before_and_says_so(size: int) -> None:
    facts, cut = gguf(View(WHOLE[:size]))
    assert cut is not None and cut.code == "truncated"
    assert facts == ({"architecture": "llama"} if size > 60 else {})


def test_more_entries_than_bytes_is_a_cut_header() -> None:
    assert gguf(View(b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60) + WHOLE[24:]))[1] is not None


def test_a_list_is_not_stepped_over_and_is_no_damage() -> None:
    listed = entry("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 1) + text("a"))
    data = b"GGUF" + struct.pack("<IQQ", 3, 0, 3) + ENTRIES[0] + listed + ENTRIES[2]
    assert gguf(View(data)) == ({"architecture": "llama"}, None)


def test_the_file_is_told_with_its_votes() -> None:
    from auditor.identify import identify

    data = WHOLE[:-1]
    artifact = Artifact(id="0" * 64, path="m.gguf", kind="file", size=len(data))
    found: Any = identify(Sample(artifact, View(data), Limits()))
    assert [problem.code for problem in found.problems] == ["truncated"]
    assert ("architecture", "llama") in {(vote.claim, vote.value) for vote in found.evidence}
