"""The walk itself: order, nesting, limits, regions, coverage."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile

from image_trees import walked

from auditor.model import Artifact, Problem
from auditor.unpack import settle
from auditor.unpack.search import formats


def tar_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_input_first_then_children_depth_first() -> None:
    inner = tar_of(x=b"1", y=b"2")
    result = walked(tar_of(a=b"text", b=gzip.compress(inner), c=b"last"))
    paths = [artifact.path for artifact in result.artifacts]
    assert paths == ["", "a", "b", "b!/content", "b!/content!/x", "b!/content!/y", "c"]
    assert [artifact.parent for artifact in result.artifacts][:4] == [None, "", "", "b"]


def test_depth_limit_is_a_problem_not_silence() -> None:
    data = b"core"
    for _ in range(12):
        data = gzip.compress(data)
    result = walked(data, depth=5)
    assert result.codes == {"limit-depth"}
    assert result.problems[0].value == 5
    assert len(result.artifacts) == 6


def test_members_limit_ends_the_walk_once() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(50):
            packed.writestr(f"f{number}", b"x")
    for data in (tar_of(**{f"f{number}": b"x" for number in range(50)}), archive.getvalue()):
        result = walked(data, members=20)
        assert [problem.code for problem in result.problems] == ["limit-members"]
        assert len(result.artifacts) == 21


def test_total_size_limit_ends_the_walk() -> None:
    noise = random.Random(1).randbytes(300_000)
    result = walked(tar_of(**{f"f{number}": gzip.compress(noise) for number in range(9)}), total_size=1_000_000)
    assert "limit-total-size" in result.codes
    assert sum(problem.code == "limit-total-size" for problem in result.problems) == 1


def test_name_length_limit() -> None:
    result = walked(tar_of(**{"n" * 90: b"x"}), name_length=10)
    assert result.codes == {"limit-name-length"}


def test_plain_files() -> None:
    for data, name in ((b"", ""), (b"x", "text"), (b"\x7fELF" + bytes(60), "elf"), (bytes(1000), "")):
        result = walked(data)
        assert result.problems == []
        assert [artifact.format for artifact in result.artifacts] == [name]
        assert result.artifacts[0].understood == len(data)


def test_what_is_appended_to_programs_and_scripts_is_seen() -> None:
    archive = tar_of(payload=b"hidden " * 9)
    elf = bytearray(b"\x7fELF\x02\x01\x01" + bytes(57))
    elf[54:64] = struct.pack("<HHHHH", 56, 0, 64, 0, 0)
    script = b"#!/bin/sh\n" + b"# text\n" * 900
    for head, name in ((bytes(elf), "elf"), (script, "")):
        result = walked(head + gzip.compress(archive, mtime=0) + bytes(40))
        assert result.artifacts[0].format == name
        assert result.by_path[f"{len(head):#010x}.gzip!/content!/payload"].size == 63


def test_text_with_characters_cut_by_the_sample_is_text() -> None:
    for shift in range(4):
        data = b"x" * shift + "dreißig Ünïcödé 漢字".encode() * 600
        assert walked(data).artifacts[0].format == "text"


def test_noise_is_opaque() -> None:
    result = walked(random.Random(2).randbytes(100_000))
    assert result.codes == {"opaque"}
    assert result.artifacts[0].understood == 0
    assert not result.artifacts[0].complete


def test_unknown_low_entropy_input_is_not_understood() -> None:
    result = walked(b"\x01\x02\x03\x80" * 5000)
    assert result.problems == []
    assert result.artifacts[0].understood == 0


def test_regions_cover_the_input() -> None:
    lead, archive = b"\x01\x02boot" * 300, tar_of(a=b"A" * 100)
    result = walked(lead + archive + b"\xff" * 5000)
    regions = [artifact for artifact in result.artifacts if artifact.kind == "region"]
    assert [region.path for region in regions] == ["0x00000000.unknown", f"{len(lead):#010x}.tar"]
    assert result.artifacts[0].understood == result.artifacts[0].size - len(lead)


def test_settle_marks_the_containers_of_a_problem() -> None:
    rows = [("", None), ("a", ""), ("a!/b", "a"), ("c", "")]
    artifacts = [Artifact(id="", path=path, kind="file", size=0, parent=parent) for path, parent in rows]
    settled = settle(artifacts, [Problem(code="damaged", message="m", path="a!/b")])
    assert [artifact.complete for artifact in settled] == [False, False, False, True]


def test_formats_describe_themselves() -> None:
    names = [module.NAME for module in formats()]
    assert len(names) == len(set(names))
    for module in formats():
        assert module.TITLE
        assert module.KIND in ("filesystem", "archive", "stream", "boot", "flash", "ecu", "opaque")
        assert all(offset >= 0 for offset, _ in module.MAGICS)
        assert module.MADE_BY is None or module.MADE_BY
