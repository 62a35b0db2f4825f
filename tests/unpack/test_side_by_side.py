"""Scattered members of a mapped file: the right bytes, as one buffer, without memory of their own."""

from __future__ import annotations

import mmap
import os
import random
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_trees import run

from auditor.limits import Limits
from auditor.unpack import ext
from auditor.unpack.pieces import MAX_PARTS, Joined
from auditor.unpack.side_by_side import FLOOR, side_by_side
from auditor.unpack.view import Budget, View

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="mremap is Linux's")
PAGE = mmap.PAGESIZE
SIZE = 4 * FLOOR


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[memoryview]:
    path = tmp_path_factory.mktemp("mapped") / "file"
    path.write_bytes(random.Random(2).randbytes(SIZE))
    with open(path, "rb") as file:
        yield memoryview(mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ))


ranges = st.lists(
    st.tuples(st.integers(0, SIZE // PAGE - 1), st.integers(1, 400), st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=30, deadline=None)
@given(ranges, st.integers(1, PAGE), st.integers(0, 1))
def test_joined_bytes_are_those_of_the_ranges(
    mapped: memoryview, wanted: list[tuple[int, int, bool]], last: int, shift: int
) -> None:
    joined, expected = Joined(), bytearray()
    for page, count, hole in [*wanted, (3, FLOOR // PAGE, False)]:
        part = mapped[page * PAGE + shift : (page + count) * PAGE]
        if hole:
            joined.hole(len(part))
            expected += bytes(len(part))
        else:
            joined.add(part)
            expected += part
    joined.add(mapped[: last + shift])
    expected += mapped[: last + shift]
    assert joined.size == len(expected)
    assert joined.view().data == expected


@LINUX
def test_whole_pages_are_mapped_and_given_back(mapped: memoryview) -> None:
    def mappings() -> int:
        return len(Path("/proc/self/maps").read_text().splitlines())

    before = mappings()
    found = side_by_side([(FLOOR, mapped[FLOOR : 2 * FLOOR]), (PAGE, bytes(16)), (100, mapped[:100])])
    assert found is not None and found.readonly
    assert found == bytes(mapped[FLOOR : 2 * FLOOR]) + bytes(PAGE) + bytes(mapped[:100])
    window = found[5:9]
    del found
    assert window == mapped[FLOOR + 5 : FLOOR + 9], "a window keeps the mapping"
    held = mappings()
    del window
    assert mappings() < held <= before + 3


@LINUX
@pytest.mark.parametrize(
    "case", ["small", "start off a page", "inner end off a page", "other bytes", "a pattern", "too many"]
)
def test_what_cannot_be_mapped_is_left_to_a_copy(mapped: memoryview, case: str) -> None:
    large = (FLOOR, mapped[:FLOOR])
    parts: dict[str, list[tuple[int, memoryview | bytes]]] = {
        "small": [(PAGE, mapped[:PAGE])],
        "start off a page": [large, (PAGE, mapped[1 : PAGE + 1])],
        "inner end off a page": [(100, mapped[:100]), large],
        "other bytes": [large, (PAGE, memoryview(os.urandom(PAGE)))],
        "a pattern": [large, (PAGE, b"\xff")],
        "too many": [(PAGE, mapped[:PAGE])] * (MAX_PARTS + 1),
    }
    assert side_by_side(parts[case]) is None
    assert side_by_side([large]) is not None


def test_many_small_ranges_are_copied_as_they_come(mapped: memoryview) -> None:
    joined = Joined()
    for number in range(3 * MAX_PARTS):
        joined.add(mapped[number : number + 3])
        assert len(joined.parts) <= MAX_PARTS
    assert joined.view().data == b"".join(mapped[number : number + 3] for number in range(3 * MAX_PARTS))


@LINUX
@pytest.mark.integration
def test_a_scattered_file_of_ext_takes_no_memory_of_its_own(tmp_path: Path) -> None:
    """Small groups make mke2fs lay a large file out in several extents."""
    (tmp_path / "root").mkdir()
    content = random.Random(4).randbytes(24 << 20)
    (tmp_path / "root/large").write_bytes(content)
    image = tmp_path / "image"
    run("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-g", "1024", "-d", tmp_path / "root", image, "48M")
    with open(image, "rb") as file:
        view = View(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        container = ext.open(view, Budget(Limits()))
        assert container is not None
        (entry,) = [one for one in container.entries if one.name == b"large"]
        tracemalloc.start()
        data = entry.data() if callable(entry.data) else entry.data
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert data is not None and data.data == content
    assert peak < 2 << 20
