"""Hazards made here: bombs, lies, recursion, overlaps, names, devices, cycles."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from image_trees import run, walked

from auditor.limits import Limits
from auditor.unpack import search
from auditor.unpack.view import Budget, View

ZEROS = bytes(1 << 20)


def bomb(kind: str) -> bytes:
    """Compress 400 MiB of zeros, in pieces."""
    if kind == "gzip":
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
            for _ in range(400):
                stream.write(ZEROS)
        return buffer.getvalue()
    if kind == "zstd":
        maker = zstandard.ZstdCompressor().compressobj()
        return b"".join(maker.compress(ZEROS) for _ in range(400)) + maker.flush()
    maker2 = lzma.LZMACompressor(preset=0) if kind == "xz" else bz2.BZ2Compressor(1)
    return b"".join(maker2.compress(ZEROS) for _ in range(60)) + maker2.flush()


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz", "bzip2"])
def test_bombs_stop_at_the_ratio(kind: str) -> None:
    data = bomb(kind)
    tracemalloc.start()
    result = walked(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "limit-ratio" in result.codes
    assert peak < 128 << 20
    assert not result.by_path["content"].complete


def test_zip_bomb_and_lying_size() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb", "w") as member:
        for _ in range(60):
            member.write(ZEROS)
    assert "limit-ratio" in walked(buffer.getvalue()).codes
    lying = io.BytesIO()
    with zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small", b"content")
    raw = bytearray(lying.getvalue())
    raw[raw.index(b"PK\x01\x02") + 24 :][:4] = struct.pack("<I", 0xFFFFFFF0)
    place = raw.index(b"PK\x01\x02") + 24
    raw[place : place + 4] = struct.pack("<I", 0xFFFFFFF0)
    result = walked(bytes(raw))
    assert result.codes == {"damaged"}
    assert result.by_path["small"].size == 7


def test_gzip_lying_isize() -> None:
    data = gzip.compress(b"content" * 100)
    result = walked(data[:-4] + struct.pack("<I", 0xFFFFFFFF))
    assert result.codes == {"damaged"}


@pytest.mark.integration
def test_squashfs_bomb(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with (root / "zeros").open("wb") as file:
        file.truncate(1 << 30)
    (root / "pieces").write_bytes(b"\1" * (40 << 20))
    run("mksquashfs", root, tmp_path / "image", "-quiet", "-no-progress", "-comp", "zstd")
    result = walked(tmp_path / "image")
    assert {problem.path: problem.code for problem in result.problems} == {
        "pieces": "limit-ratio",
        "zeros": "limit-member-size",
    }


DECLARED = {
    "xz-dictionary": b"\x5d" + struct.pack("<I", 0xFFFFFFFF) + b"\xff" * 8 + b"\0" + bytes(100),
    "zstd-window": b"\x28\xb5\x2f\xfd\x00\xa8" + bytes.fromhex("010000") + bytes(50),
    "cpio-size": b"070701"
    + b"00000001"
    + b"000081A4"
    + b"0" * 16
    + b"00000001"
    + b"0" * 8
    + b"FFFFFFFF"
    + b"0" * 32
    + b"00000002"
    + b"0" * 8
    + b"a\0"
    + bytes(60),
    "tar-size": tarfile.TarInfo("huge").tobuf()[:124] + b"77777777777\0" + bytes(376),
    "squashfs-lies": struct.pack(
        "<IIIIIHHHHHHQQQQQQQQ",
        0x73717368,
        2**31,
        0,
        1 << 20,
        2**31,
        1,
        20,
        0,
        0xFFFF,
        4,
        0,
        0,
        1 << 62,
        96,
        96,
        96,
        96,
        96,
        96,
    )
    + b"\xff" * 400,
    "ext-zero-groups": bytes(1024)
    + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)
    + bytes(48)
    + b"\x53\xef\x01\x00\x01\x00"
    + bytes(4000),
    "cramfs-size": b"\x45\x3d\xcd\x28"
    + struct.pack("<III", 0xFFFFFFFF, 0, 0)
    + b"Compressed ROMFS"
    + bytes(32)
    + struct.pack("<III", 0x41ED, 0xFFFFFF, 0xFFFFFFC0)
    + bytes(200),
}


@pytest.mark.parametrize("data", DECLARED.values(), ids=DECLARED)
def test_declared_sizes_are_never_allocated(data: bytes) -> None:
    tracemalloc.start()
    result = walked(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    assert result.codes <= {"damaged", "truncated", "limit-memory", "limit-member-size", "opaque"}


def test_self_containing_and_deep_archives_hit_the_depth_limit() -> None:
    data = b"core"
    for number in range(42):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"level{number}.zip", data)
        data = buffer.getvalue()
    assert walked(data).codes == {"limit-depth"}
    for _ in range(60):
        data = gzip.compress(data)
    assert walked(data).codes == {"limit-depth"}


def overlapping_zip(count: int) -> bytes:
    body = zipfile_member()
    central = b""
    for number in range(count):
        name = b"f%05d" % number
        central += (
            struct.pack(
                "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 64, 64, len(name), 0, 0, 0, 0, 0, 0
            )
            + name
        )
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(central), len(body), 0)
    return body + central + end


def zipfile_member() -> bytes:
    return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 64, 64, 6, 0) + b"f00000" + bytes(64)


def test_overlapping_zip_entries() -> None:
    result = walked(overlapping_zip(2000))
    assert "overlap" in result.codes
    assert len(result.artifacts) == 2001


HOSTILE_NAMES = ["../../up", "/absolute", "a\\..\\b", "C:\\x", "nul\x01\x1b[31m", "bidi\u202e", "..", "a//b", "x" * 255]


def test_hostile_names_in_tar_zip_and_cpio() -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in HOSTILE_NAMES:
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"good"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive2:
        for name in HOSTILE_NAMES:
            archive2.writestr(zipfile.ZipInfo(name), b"good")
    for data in (tar.getvalue(), packed.getvalue()):
        result = walked(data)
        assert [artifact.size for artifact in result.artifacts[1:]] == [4] * len(HOSTILE_NAMES)
        assert len(result.by_path) == len(HOSTILE_NAMES) + 1
        assert result.problems == []


def test_devices_are_facts() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("null", tarfile.CHRTYPE), ("sda", tarfile.BLKTYPE), ("pipe", tarfile.FIFOTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            archive.addfile(member)
    kinds = [artifact.kind for artifact in walked(buffer.getvalue()).artifacts]
    assert kinds == ["file", "char-device", "block-device", "fifo"]


@pytest.mark.integration
@pytest.mark.parametrize("name", [b"..", b"a/b", b"x\0y", b"\x1b[2J"])
@pytest.mark.parametrize("kind", ["squashfs", "ext"])
def test_hostile_names_in_file_systems(tmp_path: Path, kind: str, name: bytes) -> None:
    root = tmp_path / "root"
    root.mkdir()
    marker = b"N" * len(name)
    (root / marker.decode()).write_bytes(b"evil")
    (root / "good").write_bytes(b"good")
    image = tmp_path / "image"
    if kind == "squashfs":
        run("mksquashfs", root, image, "-quiet", "-no-progress", "-noI")
    else:
        run("mke2fs", "-q", "-t", "ext2", "-d", root, image, "1M")
    result = walked(image.read_bytes().replace(marker, name))
    assert result.by_path["good"].size == 4


@pytest.mark.integration
def test_directory_cycles_end(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a/b/c").mkdir(parents=True)
    image = tmp_path / "image"
    run("mke2fs", "-q", "-t", "ext2", "-d", root, image, "1M")
    raw = image.read_bytes()
    numbers = {}
    for name in (b"a", b"c"):
        entry = raw.index(struct.pack("<BB", 1, 2) + name + b"\0")
        numbers[name] = (entry - 6, raw[entry - 6 : entry - 2])
    place = numbers[b"c"][0]
    result = walked(raw[:place] + numbers[b"a"][1] + raw[place + 4 :])
    assert len(result.artifacts) < 20


@pytest.mark.integration
def test_devices_in_images(tmp_path: Path) -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("null")
        member.type = tarfile.CHRTYPE
        archive.addfile(member)
    run("mksquashfs", "-", tmp_path / "image", "-tar", "-quiet", "-no-progress", stdin=tar.getvalue())
    assert walked(tmp_path / "image").by_path["null"].kind == "char-device"


@pytest.mark.integration
def test_memory_of_a_large_image_stays_low(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for number in range(6):
        (root / f"f{number}").write_bytes(bytes([number, 1, 2, 3]) * (2 << 20))
    image = tmp_path / "image"
    run("mke2fs", "-q", "-t", "ext4", "-d", root, image, "1G")
    program = (
        "import mmap, sys\n"
        "from auditor.limits import Limits\n"
        "from auditor.unpack import walk\n"
        "from auditor.unpack.view import Budget, View\n"
        "file = open(sys.argv[1], 'rb')\n"
        "view = View(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))\n"
        "count = sum(1 for _ in walk(view, Budget(Limits()), print))\n"
        "peak = max(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('RssAnon'))\n"
        "print(count, peak)\n"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc")
    output = subprocess.run([sys.executable, "-c", program, image], capture_output=True, check=True, text=True).stdout
    count, peak = map(int, output.split())
    assert count == 8
    assert peak < 256 << 10


def ext4_with_tree_on_itself(folder: Path, leaves: int) -> bytes:
    """Return an ext4 image whose file has an extent tree of four levels, every child the same block."""
    root = folder / "root"
    root.mkdir()
    (root / "victim").write_bytes(b"V" * 3000 + b"W" * 6000)
    run("mke2fs", "-q", "-t", "ext4", "-b", "1024", "-O", "^metadata_csum", "-d", root, folder / "image", "1M")
    raw = bytearray((folder / "image").read_bytes())
    block = raw.index(b"V" * 1024) // 1024
    head = raw.index(struct.pack("<HI", 0, block)) - 18
    assert raw[head : head + 2] == b"\x0a\xf3"
    fan = (1024 - 12) // 12
    raw[head : head + 24] = struct.pack("<HHHHIIIHH", 0xF30A, 1, 4, 4, 0, 0, block, 0, 0)
    for level in (3, 2, 1):
        child = block + 4 - level
        node = struct.pack("<HHHHI", 0xF30A, fan, fan, level, 0) + struct.pack("<IIHH", 0, child, 0, 0) * fan
        raw[(child - 1) * 1024 : (child - 1) * 1024 + len(node)] = node
    leaf = struct.pack("<HHHHI", 0xF30A, leaves, fan, 0, 0) + struct.pack("<IHHI", 0, 0, 0, 0) * leaves
    raw[(block + 3) * 1024 : (block + 3) * 1024 + len(leaf)] = leaf
    return bytes(raw)


@pytest.mark.integration
@pytest.mark.parametrize("leaves", [0, 5])
def test_extent_tree_of_shared_nodes_ends(tmp_path: Path, leaves: int) -> None:
    result = walked(ext4_with_tree_on_itself(tmp_path, leaves), total_size=64 << 20)
    assert result.codes <= {"damaged", "limit-total-size"}
    assert result.codes


def test_many_zip_starts_without_an_end_are_searched_once() -> None:
    streamed = bytearray(zipfile_member())
    streamed[6] |= 8
    result = walked((b"\x01pad" * 100 + bytes(streamed)) * 2000, total_size=1 << 28)
    assert "limit-total-size" in result.codes
    whole = walked((b"\x01pad" * 100 + zipfile_member()) * 2000)
    assert "truncated" in whole.codes


def test_false_stream_does_not_hide_what_follows() -> None:
    import random

    broken = gzip.compress(random.Random(4).randbytes(5000))[:2000] + b"\x00\x01\xff" * 20
    rest = b"\x01\x02\x03" * 200_000 + gzip.compress(b"second" * 100)
    result = walked(b"\x05lead" * 9 + broken + rest)
    sizes = [artifact.size for artifact in result.artifacts if artifact.path.endswith("!/content")]
    assert 600 in sizes


def test_the_magic_among_the_constants_of_a_program_is_no_stream() -> None:
    """As in every kernel that unpacks xz."""
    result = walked(b"\x01\x02code" * 300 + b"\xfd7zXZ\0\0\x04\x1f\x8b\x10\x20" + b"\x03\x04more" * 300)
    assert result.problems == []


@pytest.mark.parametrize("magic", [b"hsqs", b"PK\x03\x04", b"070701", b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd"])
def test_a_flood_of_magics_ends(magic: bytes) -> None:
    result = walked(b"\x01" + (magic + b"\x01") * 60_000, members=5_000)
    assert result.artifacts[0].path == ""


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["squashfs", "ext4", "tar"])
def test_holes_cost_nothing(tmp_path: Path, kind: str) -> None:
    """A sparse file larger than `ratio-floor` is a good file."""
    root = tmp_path / "root"
    root.mkdir()
    with (root / "sparse").open("wb") as file:
        file.write(b"head")
        file.seek(40 << 20)
        file.write(b"tail")
    image = tmp_path / "image"
    if kind == "squashfs":
        run("mksquashfs", root, image, "-quiet", "-no-progress")
    elif kind == "tar":
        run("tar", "-C", root, "--sparse", "-cf", image, "sparse")
    else:
        image.touch()
        os.truncate(image, 4 << 20)
        run("mke2fs", "-q", "-t", "ext4", "-d", root, image)
    result = walked(image)
    assert result.problems == []
    found = next(node for path, node in result.by_path.items() if path.endswith("sparse"))
    assert found.size == (40 << 20) + 4
    assert found.id == hashlib.sha256((root / "sparse").read_bytes()).hexdigest()


def test_magics_in_noise_are_no_finds() -> None:
    """Gigabytes of noise hold every magic of four bytes: what follows it must look like a header, or nothing is said."""
    source = random.Random(6)
    told: Counter[str] = Counter()
    for offset, magic, module in search._anywhere():
        for _ in range(40 if len(magic) <= 4 else 0):
            place = getattr(module, "ALIGNMENT", 1) * (1 + 4096 // getattr(module, "ALIGNMENT", 1))
            data = bytearray(source.randbytes(max(16384, 2 * place)))
            data[place + offset : place + offset + len(magic)] = magic
            found = search.survey(View(bytes(data)), Budget(Limits()))
            told[module.NAME] += any(module.NAME in problem.message for problem in found.problems)
            told[module.NAME] += any(region.format == module.NAME for region in found.regions)
    assert {name: count for name, count in told.items() if count > 8} == {}
