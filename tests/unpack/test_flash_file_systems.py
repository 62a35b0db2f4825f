"""UBI, UBIFS and JFFS2 against mtd-utils."""

from __future__ import annotations

import os
import random
import shutil
import struct

import pytest
from flash_bytes import budget, codes, mutants, read, run, survives, tree_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.unpack import jffs2, ubi, ubifs
from auditor.unpack.ubi import checksum
from auditor.unpack.view import Damaged, View

TOOLS = ("mkfs.ubifs", "ubinize", "mkfs.jffs2")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {TOOLS}"),
]


def make_tree(root):
    noise = random.Random(7).randbytes
    (root / "bin").mkdir(parents=True)
    (root / "etc/deep/deeper").mkdir(parents=True)
    (root / "bin/busybox").write_bytes(b"text that compresses well " * 3000)
    (root / "bin/noise").write_bytes(noise(30_000))
    (root / "etc/empty").write_bytes(b"")
    (root / "etc/deep/deeper/sparse").write_bytes(bytes(20_000) + b"end")
    (root / "etc/small").write_bytes(b"x")
    os.symlink("busybox", root / "bin/sh")
    os.link(root / "bin/busybox", root / "bin/again")
    (root / "bin/busybox").chmod(0o4755)
    return root


def ubifs_image(tmp_path, root, *options: object) -> bytes:
    run("mkfs.ubifs", "-r", root, "-m", 2048, "-e", 126976, "-c", 100, *options, "-o", tmp_path / "ubifs")
    return (tmp_path / "ubifs").read_bytes()


def check(module, data, root):
    container = module.open(View(data), budget())
    files, links, modes = {}, {}, {}
    for entry in container.entries:
        name = entry.name.decode()
        modes[name] = (entry.kind, entry.mode)
        if entry.kind == "file":
            files[name] = bytes(entry.data().data)
        elif entry.kind == "symlink":
            links[name] = entry.target
    assert files == tree_bytes(root)
    for path in root.rglob("*"):
        kind, mode = modes[str(path.relative_to(root))]
        assert kind == ("symlink" if path.is_symlink() else "directory" if path.is_dir() else "file")
        assert path.is_symlink() or mode == path.stat().st_mode & 0o7777
    assert not container.problems
    return links


@pytest.mark.parametrize("compression", ["none", "lzo", "zlib", "zstd"])
def test_ubifs_tree_is_the_one_mkfs_took(tmp_path, compression):
    root = make_tree(tmp_path / "root")
    assert check(ubifs, ubifs_image(tmp_path, root, "-x", compression), root) == {"bin/sh": b"busybox"}


@pytest.mark.parametrize("order", ["-l", "-b"])
@pytest.mark.parametrize("mode", ["none", "size", "priority"])
def test_jffs2_tree_is_the_one_mkfs_took(tmp_path, order, mode):
    root = make_tree(tmp_path / "root")
    run("mkfs.jffs2", "-r", root, order, "-m", mode, "-e", "128KiB", "-o", tmp_path / "jffs2")
    assert check(jffs2, (tmp_path / "jffs2").read_bytes(), root) == {"bin/sh": b"busybox"}


@pytest.mark.parametrize("disabled", [("lzo", "zlib"), ("zlib", "rtime")], ids=["rtime", "lzo"])
def test_jffs2_codecs_one_at_a_time(tmp_path, disabled):
    root = make_tree(tmp_path / "root")
    options = [part for name in disabled for part in ("-x", name)]
    run("mkfs.jffs2", "-r", root, "-l", *options, "-e", "128KiB", "-o", tmp_path / "jffs2")
    check(jffs2, (tmp_path / "jffs2").read_bytes(), root)


@pytest.fixture
def ubi_image(tmp_path):
    volume = ubifs_image(tmp_path, make_tree(tmp_path / "root"), "-x", "zlib")
    (tmp_path / "static").write_bytes(b"certificate" * 100)
    (tmp_path / "ini").write_text(
        f"[a]\nmode=ubi\nimage={tmp_path}/ubifs\nvol_id=0\nvol_type=dynamic\nvol_name=rootfs\nvol_size=8MiB\n"
        f"[b]\nmode=ubi\nimage={tmp_path}/static\nvol_id=3\nvol_type=static\nvol_name=keys\n"
    )
    run("ubinize", "-o", tmp_path / "ubi", "-m", 2048, "-p", "128KiB", "-Q", 1, tmp_path / "ini")
    return volume, (tmp_path / "ubi").read_bytes()


def test_ubi_volumes_are_the_files_ubinize_took(ubi_image):
    volume, data = ubi_image
    container, found = read(ubi, data)
    assert found["keys"] == b"certificate" * 100
    assert found["rootfs"][: len(volume)] == volume
    assert container.extent == len(data)
    assert not container.problems


def test_ubi_blocks_in_another_order_give_the_same_volumes(ubi_image):
    _, data = ubi_image
    size = 128 << 10
    blocks = [data[place : place + size] for place in range(0, len(data), size)]
    random.Random(3).shuffle(blocks)
    assert read(ubi, b"".join(blocks))[1] == read(ubi, data)[1]


@pytest.mark.parametrize("first", [True, False], ids=["older-first", "older-last"])
def test_the_newest_copy_of_a_ubi_block_counts(ubi_image, first):
    """A block that was moved leaves its old copy behind until it is erased."""
    _, data = ubi_image
    size, place = 128 << 10, 2048
    start = next(at for at in range(0, len(data), size) if b"certificate" in data[at : at + size])
    newer, older = bytearray(data[start : start + size]), bytearray(data[start : start + size])
    for block, sequence in ((newer, 7), (older, 6)):
        block[place + 40 : place + 48] = sequence.to_bytes(8, "big")
        block[place + 60 : place + 64] = checksum(block[place : place + 60]).to_bytes(4, "big")
    older = older.replace(b"certificate", b"replaced!!!")
    pair = older + newer if first else newer + older
    _, found = read(ubi, data[:start] + bytes(pair) + data[start + size :])
    assert found["keys"] == b"certificate" * 100


def test_ubi_block_far_away_is_not_followed(ubi_image):
    _, data = ubi_image
    size, place = 128 << 10, 2048
    image = bytearray(data)
    last = len(data) - size + place
    assert image[last : last + 4] == b"UBI!"
    image[last + 12 : last + 16] = b"\x7f\xff\xff\xff"
    image[last + 60 : last + 64] = checksum(image[last : last + 60]).to_bytes(4, "big")
    problems = []
    try:
        for entry in ubi.open(View(bytes(image)), budget()).entries:
            assert entry.data().size <= len(data)
    except Exception as problem:
        problems.append(problem)
    assert [getattr(problem, "code", "") for problem in problems] == ["damaged"]


def test_damage_is_found_by_checksums(tmp_path, ubi_image):
    volume, data = ubi_image
    place = data.index(b"UBI!", 1 << 18)
    changed = data[: place + 12] + b"\x01" + data[place + 13 :]
    assert codes(ubi.open(View(changed), budget())) == {"bad-checksum"}
    place = volume.index(b"busybox")
    changed = volume[:place] + b"BUSYBOX" + volume[place + 7 :]
    assert codes(ubifs.open(View(changed), budget())) == {"bad-checksum", "truncated"}  # the index misses the node


def lossless(module, data: bytes) -> bool:
    """Whether reading an image to its end tells of no loss."""
    try:
        container = module.open(View(data), budget())
        for entry in container.entries:
            if entry.kind == "file":
                entry.data()
    except Damaged:
        return False
    return not container.problems


def loud(tmp_path):
    """A tree whose files fill several erase blocks, so that no cut leaves all of them whole."""
    root = make_tree(tmp_path / "root")
    for number in range(12):
        (root / f"bin/noise{number}").write_bytes(random.Random(number).randbytes(90_000))
    return root


def test_ubifs_that_lost_an_erase_block_is_never_whole(tmp_path):
    volume = ubifs_image(tmp_path, loud(tmp_path), "-x", "zlib")
    size = 126976
    assert lossless(ubifs, volume)
    used = [place for place in range(size, len(volume), size) if volume[place : place + 4] == volume[:4]]
    for cut in used[1:]:
        assert not lossless(ubifs, volume[:cut]), cut
    main = [place for place in used if place >= size * 10]  # behind master nodes, log and property tree
    holding = [place for place in main if volume[place + 20] in (0, 1, 2, 9)]
    assert len(holding) > 5
    for place in holding:
        wiped = volume[:place] + b"\xff" * size + volume[place + size :]
        assert not lossless(ubifs, wiped), place


def test_cut_ubi_image_is_never_whole(ubi_image):
    _, data = ubi_image
    size = 128 << 10
    keys = next(
        place for place in range(0, len(data), size) if data[place + 2048 + 8 : place + 2048 + 12] == b"\0\0\0\3"
    )
    assert codes(ubi.open(View(data[: keys + size // 2]), budget())) == {"truncated"}


def test_static_volume_without_all_its_blocks_is_told(tmp_path):
    (tmp_path / "static").write_bytes(random.Random(5).randbytes(300_000))
    (tmp_path / "ini").write_text(f"[b]\nmode=ubi\nimage={tmp_path}/static\nvol_id=3\nvol_type=static\nvol_name=keys\n")
    run("ubinize", "-o", tmp_path / "ubi", "-m", 2048, "-p", "128KiB", "-Q", 1, tmp_path / "ini")
    data = (tmp_path / "ubi").read_bytes()
    assert lossless(ubi, data)
    assert not lossless(ubi, data[: -(128 << 10)])


@pytest.mark.parametrize("order", ["-l", "-b"])
def test_cut_jffs2_image_is_never_whole(tmp_path, order):
    run("mkfs.jffs2", "-r", loud(tmp_path), order, "-e", "128KiB", "-o", tmp_path / "jffs2")
    data = (tmp_path / "jffs2").read_bytes()
    assert lossless(jffs2, data)
    for cut in range(128 << 10, len(data) - (128 << 10), 128 << 10):
        assert not lossless(jffs2, data[:cut]), cut
        assert not lossless(jffs2, data[: cut - 1000]), cut


def test_names_of_an_encrypted_ubifs_are_said_to_be_as_stored(ubi_image):
    volume = bytearray(ubi_image[0])
    (length,) = struct.unpack_from("<I", volume, 16)
    volume[28] |= 0x08
    volume[4:8] = checksum(bytes(volume[8:length])).to_bytes(4, "little")
    assert [str(problem) for problem in ubifs.open(View(bytes(volume)), budget()).problems] == [
        "encrypted names are shown as stored"
    ]


names = st.text("abcXYZ019._-äß", min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
trees = st.dictionaries(st.tuples(names, names), st.binary(max_size=9000), max_size=6)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees)
def test_ubifs_and_jffs2_read_generated_trees(tmp_path, wanted):
    root = tmp_path / f"t{len(os.listdir(tmp_path))}"
    root.mkdir()
    for (folder, name), content in wanted.items():
        (root / f"d{folder}").mkdir(exist_ok=True)
        (root / f"d{folder}" / name).write_bytes(content)
    check(ubifs, ubifs_image(tmp_path, root), root)
    run("mkfs.jffs2", "-r", root, "-l", "-e", "64KiB", "-o", tmp_path / "jffs2")
    if wanted:
        check(jffs2, (tmp_path / "jffs2").read_bytes(), root)


def test_200_damaged_images_each(tmp_path, ubi_image):
    root = tmp_path / "few"
    root.mkdir()
    (root / "a").write_bytes(b"some text " * 600)
    (root / "b").mkdir()
    (root / "b/c").write_bytes(random.Random(1).randbytes(3000))
    small = ubifs_image(tmp_path, root)
    run("mkfs.jffs2", "-r", root, "-l", "-e", "64KiB", "-o", tmp_path / "jffs2")
    for module, seed in ((ubi, ubi_image[1][: 1 << 20]), (ubifs, small), (jffs2, (tmp_path / "jffs2").read_bytes())):
        for mutant in mutants(seed, 200, module.NAME):
            survives(module, mutant)
