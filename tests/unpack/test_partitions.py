"""Partition tables, sparse and super images against the tools that write them."""

from __future__ import annotations

import shutil
import struct
import subprocess

import pytest
from flash_bytes import budget, codes, mutants, read, run, super_image, survives

from auditor.unpack import android_sparse, gpt, mbr
from auditor.unpack import super_image as super_format
from auditor.unpack.view import LimitHit, Opaque, View

SIZE = 4 << 20


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {missing}")


def disk(tmp_path, script: str) -> bytearray:
    path = tmp_path / "disk"
    path.write_bytes(bytes(SIZE))
    run("sfdisk", "-q", path, input=script.encode())
    return bytearray(path.read_bytes())


@pytest.fixture
def gpt_disk(tmp_path):
    data = disk(tmp_path, "label: gpt\nstart=2048, size=1024, name=boot\nstart=4096, size=2048, name=rootfs\n")
    data[2048 * 512 : 2048 * 512 + 4] = b"BOOT"
    data[4096 * 512 : 4096 * 512 + 4] = b"ROOT"
    return bytes(data)


@pytest.mark.integration
@needs("sfdisk")
def test_gpt_partitions_are_those_of_sfdisk(gpt_disk):
    container, found = read(gpt, gpt_disk)
    assert {name: (len(data), data[:4]) for name, data in found.items()} == {
        "1.boot": (1024 * 512, b"BOOT"),
        "2.rootfs": (2048 * 512, b"ROOT"),
    }
    assert container.extent == SIZE
    assert not container.problems
    assert mbr.open(View(gpt_disk), budget()) is None


@pytest.mark.integration
@needs("sfdisk")
def test_a_loader_between_the_tables_and_the_partitions_is_not_lost(gpt_disk, tmp_path):
    data = bytearray(gpt_disk)
    data[64 * 512 : 64 * 512 + 6] = b"LOADER"
    _, found = read(gpt, bytes(data))
    (gap,) = (content for name, content in found.items() if name.startswith("gap@"))
    assert b"LOADER" in gap
    data = disk(tmp_path, "label: dos\nstart=100, size=100, type=c\n")
    data[8192:8198] = b"LOADER"
    _, found = read(mbr, bytes(data))
    assert found["gap@0x00000200"][8192 - 512 :].startswith(b"LOADER")


@pytest.mark.integration
@needs("sgdisk")
def test_gpt_partitions_are_those_of_sgdisk(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(bytes(SIZE))
    run("sgdisk", "-n", "1:2048:4095", "-c", "1:Fahrzeug-ä", path)
    _, found = read(gpt, path.read_bytes())
    assert {name: len(data) for name, data in found.items()} == {"1.Fahrzeug-ä": 2048 * 512}


@pytest.mark.integration
@needs("sfdisk")
def test_gpt_with_wrong_checksums_is_read_and_reported(gpt_disk):
    data = bytearray(gpt_disk)
    data[512 + 40] ^= 1
    data[1024 + 56] ^= 1
    container, found = read(gpt, bytes(data))
    assert len(found) == 2
    assert codes(container) == {"bad-checksum"}
    container, found = read(gpt, gpt_disk[: 5000 * 512])
    assert {len(data) for data in found.values()} == {1024 * 512, (5000 - 4096) * 512}
    assert codes(container) == {"truncated"}


@pytest.mark.integration
@needs("sfdisk")
def test_mbr_primary_and_logical_partitions_are_those_of_sfdisk(tmp_path):
    script = "label: dos\nstart=100, size=100, type=c\nstart=300, size=4000, type=5\nstart=400, size=200, type=83\nstart=700, size=300, type=83\n"
    data = disk(tmp_path, script)
    data[700 * 512] = 0x5A
    container, found = read(mbr, bytes(data))
    assert {name: len(content) for name, content in found.items()} == {"1": 51200, "5": 102400, "6": 153600}
    assert found["6"][0] == 0x5A
    assert not container.problems


@pytest.mark.integration
@needs("sfdisk")
def test_mbr_disk_that_lost_partitions_is_told(tmp_path):
    data = disk(tmp_path, "label: dos\nstart=100, size=100, type=c\nstart=300, size=400, type=83\n")
    for sectors in (150, 250, 299):
        container, found = read(mbr, bytes(data[: sectors * 512]))
        assert codes(container) == {"truncated"}, sectors
        assert "1" in found


@pytest.mark.integration
@needs("sfdisk")
def test_a_cycle_of_logical_partitions_ends(tmp_path):
    script = "label: dos\nstart=300, size=4000, type=5\nstart=400, size=200, type=83\nstart=700, size=300, type=83\n"
    data = disk(tmp_path, script)
    chain = next(place for place in range(301, 1000) if data[place * 512 + 510 : place * 512 + 512] == b"\x55\xaa")
    struct.pack_into("<BBBBBBBBII", data, chain * 512 + 462, 0, 0, 0, 0, 5, 0, 0, 0, chain - 300, 100)
    container, _ = read(mbr, bytes(data))
    assert codes(container) == {"damaged"}


def test_boot_sector_code_is_no_partition_table():
    sector = bytearray(bytes(range(256)) * 8)
    sector[510:512] = b"\x55\xaa"
    assert mbr.open(View(bytes(sector)), budget()) is None


@pytest.fixture
def sparse(tmp_path):
    raw = bytes(8192) + b"data" * 2048 + b"\xaa\xbb\xcc\xdd" * 4096 + bytes(65536) + bytes(range(256)) * 32
    (tmp_path / "raw").write_bytes(raw)
    subprocess.run(["img2simg", tmp_path / "raw", tmp_path / "simg"], check=True)
    return raw, (tmp_path / "simg").read_bytes()


@pytest.mark.integration
@needs("img2simg")
def test_sparse_image_is_what_img2simg_took(sparse):
    raw, packed = sparse
    container, found = read(android_sparse, packed + b"behind")
    assert found == {"image": raw}
    assert container.extent == len(packed)
    container, _ = read(android_sparse, packed[:-100])
    assert codes(container) == {"truncated"}


SPARSE = struct.Struct("<IHHHHIIII")


@pytest.mark.parametrize("member_size", [1 << 20, 9000])
def test_blocks_that_no_chunk_holds_are_zeros_and_are_said(member_size):
    data = SPARSE.pack(0xED26FF3A, 1, 0, 28, 12, 4096, 3, 1, 0)
    data += struct.pack("<HHII", 0xCAC1, 0, 1, 12 + 4096) + b"\x07" * 4096
    container = android_sparse.open(View(data), budget(member_size=member_size))
    (entry,) = container.entries
    assert codes(container) == {"damaged"}
    assert b"".join(entry.data().windows()) == b"\x07" * 4096 + bytes(8192)


def test_sparse_images_of_another_version_or_without_end_are_not_read(monkeypatch):
    with pytest.raises(Opaque):
        android_sparse.open(View(SPARSE.pack(0xED26FF3A, 2, 0, 28, 12, 4096, 0, 0, 0)), budget())
    monkeypatch.setattr(android_sparse, "MAX_CHUNKS", 1)
    data = SPARSE.pack(0xED26FF3A, 1, 0, 28, 12, 4096, 2, 2, 0) + struct.pack("<HHII", 0xCAC3, 0, 1, 12) * 2
    with pytest.raises(LimitHit) as hit:
        android_sparse.open(View(data), budget())
    assert hit.value.code == "limit-chunks"


@pytest.mark.parametrize("fill", [0, 0xFFFFFFFF])
def test_16_tib_of_fill_is_not_made(fill):
    data = struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, 4096, 0xFFFFFFFF, 1, 0)
    data += struct.pack("<HHIII", 0xCAC2, 0, 0xFFFFFFFF, 16, fill)
    container = android_sparse.open(View(data), budget())
    (entry,) = container.entries
    assert entry.size == 4096 * 0xFFFFFFFF
    with pytest.raises(LimitHit) as hit:
        entry.data()
    assert hit.value.code == "limit-member-size"


def test_fill_within_the_member_size_hits_the_ratio():
    data = struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, 4096, 0x10000, 1, 0) + struct.pack(
        "<HHIII", 0xCAC2, 0, 0x10000, 16, 7
    )
    (entry,) = android_sparse.open(View(data), budget()).entries
    with pytest.raises(LimitHit) as hit:
        entry.data()
    assert hit.value.code == "limit-ratio"


def test_logical_partitions_of_super_are_joined_from_their_extents():
    system, vendor = b"S" * 1024, [(0, 1300, b"V" * 512), (1, 0, bytes(1024)), (0, 1200, b"W" * 512)]
    container, found = read(
        super_format, super_image({"system_a": [(0, 1000, system)], "vendor_a": vendor, "empty_b": []})
    )
    assert found == {"system_a": system, "vendor_a": b"V" * 512 + bytes(1024) + b"W" * 512}
    assert not container.problems


@pytest.mark.integration
@needs("sfdisk", "img2simg")
def test_200_damaged_images_each(gpt_disk, sparse, tmp_path):
    table = disk(
        tmp_path,
        "label: dos\nstart=300, size=4000, type=5\nstart=400, size=200, type=83\nstart=700, size=300, type=83\n",
    )
    logical = super_image({"a": [(0, 1000, b"S" * 1024)], "b": [(0, 1300, b"V" * 512), (1, 0, bytes(1024))]})
    rows = bytes(table[:512]) + bytes(table[512 : 800 * 512])
    seeds = {gpt: gpt_disk[: 1 << 18], mbr: rows, android_sparse: sparse[1], super_format: logical[: 1 << 18]}
    for module, seed in seeds.items():
        for mutant in mutants(seed, 200, module.NAME):
            survives(module, mutant)
