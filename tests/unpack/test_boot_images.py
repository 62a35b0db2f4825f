"""Boot images and kernels: mkimage and mkbootimg as writers, the rest by specification."""

from __future__ import annotations

import gzip
import lzma
import shutil
import struct
from binascii import crc32

import pytest
from flash_bytes import budget, codes, device_tree, dtbo, facts, mutants, read, run, survives

from auditor.unpack import boot_img, linux_image, u_boot, uimage, walk
from auditor.unpack import dtbo as dtbo_format
from auditor.unpack.view import Budget, View

TREE = device_tree(struct.pack(">I4xII", 1, 2, 9), b"a\0")
NEWC = b"".join(
    b"070701" + b"%08X" % 0 * 11 + b"%08X" % (len(name) + 1) + b"00000000" + name + bytes(4 - (110 + len(name)) % 4)
    for name in (b"init", b"TRAILER!!!")
)


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {missing}")


def uimage_of(tmp_path, *options: object) -> bytes:
    run("mkimage", "-A", "arm", "-O", "linux", "-C", "none", "-n", "Example-6.1", *options, tmp_path / "out")
    return (tmp_path / "out").read_bytes()


@pytest.mark.integration
@needs("mkimage")
def test_uimage_is_what_mkimage_took(tmp_path):
    (tmp_path / "k").write_bytes(b"kernel bytes")
    (tmp_path / "r").write_bytes(b"ramdisk")
    data = uimage_of(tmp_path, "-T", "kernel", "-d", tmp_path / "k")
    container, found = read(uimage, data + b"behind")
    assert found == {"kernel": b"kernel bytes"}
    assert container.extent == len(data)
    assert facts(container) == {("file:", "name", "Example-6.1")}
    assert codes(read(uimage, data[:-1] + b"X")[0]) == {"bad-checksum"}
    assert codes(read(uimage, data[:-3])[0]) == {"truncated"}
    data = uimage_of(tmp_path, "-T", "multi", "-d", f"{tmp_path}/k:{tmp_path}/r")
    assert read(uimage, data)[1] == {"multi-0": b"kernel bytes", "multi-1": b"ramdisk"}
    for mutant in mutants(data, 200, "uimage"):
        fixed = bytearray(mutant.ljust(64, b"\0"))
        fixed[4:8] = bytes(4)
        fixed[4:8] = crc32(fixed[:64]).to_bytes(4, "big")
        survives(uimage, bytes(fixed))


@pytest.mark.integration
@needs("mkbootimg")
@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_boot_img_parts_are_those_of_mkbootimg(tmp_path, version):
    parts = {"kernel": b"k" * 5000, "ramdisk": b"r" * 3000}
    if version == 2:
        parts["dtb"] = TREE
    for name, content in parts.items():
        (tmp_path / name).write_bytes(content)
    options = [part for name in parts for part in (f"--{name}", tmp_path / name)]
    run(
        "mkbootimg",
        "--header_version",
        version,
        "--os_version",
        "13.0.1",
        "--os_patch_level",
        "2026-05",
        *options,
        "-o",
        tmp_path / "o",
    )
    data = (tmp_path / "o").read_bytes()
    container, found = read(boot_img, data)
    assert found == parts
    assert not container.problems
    assert facts(container) == {("android", "version", "13.0.1")}
    for mutant in mutants(data, 50, f"boot_img{version}"):
        survives(boot_img, mutant)


@pytest.mark.integration
@needs("mkbootimg")
@pytest.mark.parametrize("version", [3, 4])
def test_vendor_boot_parts_are_those_of_mkbootimg(tmp_path, version):
    (tmp_path / "r").write_bytes(b"r" * 3000)
    (tmp_path / "d").write_bytes(TREE)
    run("mkbootimg", "--header_version", version, "--vendor_ramdisk", tmp_path / "r", "--dtb", tmp_path / "d", "--vendor_boot", tmp_path / "o")  # fmt: skip
    data = (tmp_path / "o").read_bytes()
    container, found = read(boot_img, data)
    assert not container.problems
    assert found["dtb"] == TREE
    assert b"r" * 3000 in found.values()
    for mutant in mutants(data, 50, f"vendor_boot{version}"):
        survives(boot_img, mutant)


def page(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4096)


def test_boot_img_of_version_4():
    head = struct.pack("<8sIIII16xI", b"ANDROID!", 5000, 3000, 14 << 25, 1584, 4).ljust(1580, b"\0") + struct.pack(
        "<I", 600
    )
    data = page(head) + page(b"k" * 5000) + page(b"r" * 3000) + page(b"s" * 600)
    container, found = read(boot_img, data)
    assert found == {"kernel": b"k" * 5000, "ramdisk": b"r" * 3000, "boot_signature": b"s" * 600}
    assert facts(container) == {("android", "version", "14.0.0")}
    for mutant in mutants(data, 200, "boot_img4"):
        survives(boot_img, mutant)


def test_vendor_boot_of_version_4_splits_its_ramdisk():
    rows = b"".join(
        struct.pack("<III32s64x", size, start, 1, name) for size, start, name in ((3000, 0, b""), (100, 3000, b"dlkm"))
    )
    head = struct.pack("<8sIIIII2048xI16xIIQ", b"VNDRBOOT", 4, 4096, 0, 0, 3100, 0, 2128, len(TREE), 0)
    head += struct.pack("<IIII", len(rows), 2, 108, 12)
    data = page(head) + page(b"r" * 3000 + b"d" * 100) + page(TREE) + page(rows) + page(b"androidboot.")
    container, found = read(boot_img, data)
    assert found == {
        "vendor_ramdisk/0": b"r" * 3000,
        "vendor_ramdisk/dlkm": b"d" * 100,
        "dtb": TREE,
        "bootconfig": b"androidboot.",
    }
    assert not container.problems
    for mutant in mutants(data, 200, "vendor_boot4"):
        survives(boot_img, mutant)


def test_dtbo_table_gives_its_trees():
    _, found = read(dtbo_format, dtbo([TREE, TREE + b"x"]))
    assert found == {"0.dtb": TREE, "1.dtb": TREE + b"x"}
    for mutant in mutants(dtbo([TREE, TREE]), 200, "dtbo"):
        survives(dtbo_format, mutant)


def arm64_image(body: bytes) -> bytes:
    return struct.pack("<IIQQQ", 0x14000000, 0, 0, 64 + len(body), 2) + bytes(24) + b"ARM\x64" + bytes(4) + body


def zimage(payload: bytes) -> bytes:
    # the decompressor's code holds the magic of another stream, as real ones do
    code = bytes(16) + b"\x02\x21\x4c\x18" + bytes(60)
    size = 0x30 + len(code) + len(payload)
    return bytes(0x24) + struct.pack("<III", 0x016F2818, 0, size) + code + payload


def bzimage(payload: bytes) -> bytes:
    head = bytearray(1024)
    body = payload + bytes(-len(payload) % 16)
    head[0x1F1] = 1
    struct.pack_into("<I", head, 0x1F4, len(body) // 16)
    head[0x1FE:0x200] = b"\x55\xaa"
    struct.pack_into("<4sHIHH", head, 0x202, b"HdrS", 0x20F, 0, 0, 0x100)
    struct.pack_into("<II", head, 0x248, 0, len(payload))
    head[0x300:0x310] = b"6.1.0-50-example"
    return bytes(head) + body


def test_raw_image_gives_initramfs_and_configuration():
    packed = gzip.compress(b"CONFIG_X=y\n", mtime=0)
    image = arm64_image(bytes(100) + NEWC + bytes(64) + b"IKCFG_ST" + packed + b"IKCFG_ED" + lzma.compress(NEWC))
    container, found = read(linux_image, image + b"behind")
    assert container.extent == len(image)
    assert found["config.gz"] == packed
    archives = [data for name, data in found.items() if name.startswith("initramfs@")]
    assert len(archives) == 2
    assert archives[0] == NEWC
    assert lzma.decompress(archives[1]) == NEWC


@pytest.mark.parametrize(
    "pack", [lambda data: gzip.compress(data, mtime=0), lambda data: lzma.compress(data) + struct.pack("<I", len(data))]
)
@pytest.mark.parametrize("around", [zimage, bzimage])
def test_the_walk_reaches_the_kernel_inside_a_self_extracting_image(pack, around):
    kernel = arm64_image(b"Linux version 6.1.0 " * 400)
    problems = []
    nodes = [
        (artifact.format, bytes(view.data))
        for artifact, view in walk(View(around(pack(kernel))), Budget(budget().limits), problems.append)
        if view
    ]
    assert ("linux_image", kernel) in nodes


def test_release_in_the_setup_header_is_a_fact():
    container, _ = read(linux_image, bzimage(gzip.compress(b"kernel" * 100)))
    assert facts(container) == {("linux", "release", "6.1.0-50-example")}


def test_efi_image_names_its_stream():
    payload = gzip.compress(b"kernel", mtime=0)
    head = struct.pack("<4s4sII8x32s", b"MZ\0\0", b"zimg", 64, len(payload), b"gzip").ljust(64, b"\0")
    container, found = read(linux_image, head + payload)
    assert found == {"kernel": payload}
    assert next(iter(container.entries)).format == "gzip"


def test_an_elf_file_is_no_kernel_without_exported_symbols():
    elf = bytearray(200)
    elf[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<H", elf, 16, 2)
    assert linux_image.open(View(bytes(elf)), budget()) is None


def test_200_damaged_kernels_each():
    packed = gzip.compress(NEWC, mtime=0)
    for seed in (arm64_image(bytes(100) + NEWC + packed), zimage(packed), bzimage(packed)):
        for mutant in mutants(seed, 200, "linux_image"):
            survives(linux_image, mutant)


def test_loader_binary_gives_the_device_tree_behind_its_code():
    code = struct.pack("<I", 0x1400000A) + bytes(4092) + b"U-Boot 2023.01+example (Jan 01 2026)\0" + b"\xd0\x0d\xfe\xed"
    code += bytes(-len(code) % 8)
    container, found = read(u_boot, code + TREE)
    assert list(found.values()) == [TREE]
    assert container.extent == len(code) + len(TREE)
    assert u_boot.open(View(code.replace(b"U-Boot", b"X-Boot")), budget()) is None
    for mutant in mutants(code + TREE, 200, "u_boot"):
        survives(u_boot, mutant)
