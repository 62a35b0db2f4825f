"""Images larger than memory allows, read in place from the ranges of a sparse file."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest
from flash_bytes import budget
from hypothesis import given
from hypothesis import strategies as st
from image_trees import expected, need, run, sample_tree, shown, walked

from auditor.unpack.pieces import Pieces
from auditor.unpack.view import LimitHit, Truncated

PARTS = st.lists(st.tuples(st.integers(1, 70), st.binary(min_size=4, max_size=4), st.booleans()), max_size=8)


def made(parts: list[tuple[int, bytes, bool]], member_size: int) -> tuple[Pieces, bytes]:
    """Return pieces and the bytes that they stand for."""
    given_, whole = [], b""
    for length, pattern, repeated in parts:
        data = (pattern * 20)[:length]
        given_.append((length, pattern if repeated else memoryview(data)))
        whole += data
    return Pieces(given_, budget(member_size=member_size)), whole


@given(PARTS, st.integers(0, 300), st.integers(0, 300), st.sampled_from([0, 1 << 20]))
def test_pieces_read_as_the_bytes_they_stand_for(
    parts: list[tuple[int, bytes, bool]], offset: int, size: int, member_size: int
) -> None:
    pieces, whole = made(parts, member_size)
    assert (pieces.size, len(pieces.data)) == (len(whole), len(whole))
    assert b"".join(pieces.windows()) == whole
    assert bytes(pieces.data[offset : offset + size]) == whole[offset : offset + size]
    assert pieces.head(9) == whole[:9]
    if offset + size > len(whole):
        with pytest.raises(Truncated):
            pieces.slice(offset, size)
        return
    inner = pieces.slice(offset, size)
    assert b"".join(inner.windows()) == inner.copy(0, size) == whole[offset : offset + size]
    if size >= 4:
        assert pieces.unpack(struct.Struct("<I"), offset) == struct.unpack_from("<I", whole, offset)


def test_what_memory_cannot_hold_is_never_made_whole() -> None:
    pieces, _ = made([(70, b"abcd", True)], member_size=69)
    with pytest.raises(LimitHit) as hit:
        bytes(pieces.data)
    assert hit.value.code == "limit-member-size"
    pieces, whole = made([(70, b"abcd", True)], member_size=70)
    assert bytes(pieces.data) == whole


def test_long_patterns_and_the_total_of_what_is_made() -> None:
    length = (2 << 20) + 5
    pieces = Pieces([(3, memoryview(b"abc")), (length, b"wxyz")], budget(total_size=4 << 20))
    assert b"".join(pieces.slice(4, length - 1).windows()) == (b"wxyz" * length)[1:length]
    assert len(pieces.data) == len(pieces.data) == length + 3, "made once"
    again = Pieces(pieces.parts, pieces.budget)
    with pytest.raises(LimitHit) as hit:
        _ = again.data
    assert hit.value.code == "limit-total-size"


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["ext4", "erofs", "squashfs"])
def test_sparse_image_larger_than_a_member_is_read_in_place(tmp_path: Path, kind: str) -> None:
    need("img2simg")
    root, image = sample_tree(tmp_path / "root"), tmp_path / "image"
    if kind == "ext4":
        run("mke2fs", "-q", "-t", "ext4", "-d", root, image, "16M")
    elif kind == "erofs":
        run("mkfs.erofs", "--quiet", image, root)
    else:
        run("mksquashfs", root, image, "-quiet", "-no-progress", "-b", "8192", "-noD", "-noF")
    run("img2simg", image, tmp_path / "simg")
    result = walked(tmp_path / "simg", member_size=600_000)
    assert image.stat().st_size > 600_000
    assert result.problems == []
    inner = result.by_path["image"]
    assert (inner.size, inner.id) == (image.stat().st_size, hashlib.sha256(image.read_bytes()).hexdigest())
    nodes = shown(result, below="image")
    nodes.pop("lost+found", None)
    assert nodes == expected(root)
