"""Small inputs of flash, boot, partition, update and recognized-only formats: format name -> how one is made.

Made by the format's own tool where one exists, else by the writers of tests/unpack/flash_bytes.py.
"""

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import flash_bytes
from test_mutants import run, tree

Make = Callable[[Path], bytes]


def mender(folder: Path) -> bytes:
    run("mke2fs", "-q", "-b", "1024", "-N", "32", "-d", tree(folder), folder / "raw", "256")
    options = ["-t", "board", "-n", "release-1", "-f", folder / "raw", "-o", folder / "image"]
    run("mender-artifact", "write", "rootfs-image", *options)
    return (folder / "image").read_bytes()


def rauc(folder: Path) -> bytes:
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key", "-out", folder / "cert"]
    run("openssl", "req", "-x509", *key, "-subj", "/CN=example", "-days", "30")
    content = folder / "content"
    content.mkdir()
    (content / "rootfs.img").write_bytes(b"root file system" * 100)
    image = "[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n"
    (content / "manifest.raucm").write_text(f"[update]\ncompatible=Board\nversion=1\n{image}")
    run("rauc", "bundle", "--cert", folder / "cert", "--key", folder / "key", content, folder / "b.raucb")
    return (folder / "b.raucb").read_bytes()


def swupdate(folder: Path) -> bytes:
    (folder / "sw-description").write_text('software = { version = "1"; images: ({ filename = "rootfs"; }); };\n')
    (folder / "rootfs").write_bytes(b"root file system" * 100)
    return run("cpio", "-o", "-H", "crc", "--quiet", cwd=folder, stdin=b"sw-description\nrootfs\n")


def loader(folder: Path) -> bytes:
    """A loader's code with the FIT of its device trees behind it."""
    run("dtc", "-O", "dtb", "-o", folder / "dtb", stdin=b'/dts-v1/; / { model = "board"; };')
    image = f'a {{ data = /incbin/("{folder / "dtb"}"); type = "flat_dt"; compression = "none"; }};'
    choice = 'configurations { default = "c"; c { fdt = "a"; }; };'
    (folder / "its").write_text(
        f'/dts-v1/; / {{ description = "d"; #address-cells = <1>; images {{ {image} }}; {choice} }};'
    )
    run("mkimage", "-q", "-E", "-f", folder / "its", folder / "fit")
    code = (b"\x13\0\0\xea" + bytes(60) + b"U-Boot 2023.01 (Jan 10 2023)\0").ljust(4096, b"\x90")
    return code + (folder / "fit").read_bytes()


def ubifs(folder: Path) -> bytes:
    run("mkfs.ubifs", "-r", tree(folder), "-m", "512", "-e", "15872", "-c", "64", "-o", folder / "image")
    return (folder / "image").read_bytes()


def arm64_kernel(folder: Path) -> bytes:
    archive = gzip.compress(run("cpio", "-o", "-H", "newc", "--quiet", cwd=tree(folder), stdin=b"a\na/text\n"))
    body = b"code" * 300 + archive
    size = 512 + len(body)
    head = struct.pack("<2sHIQQQ", b"MZ", 0, 0x14000000, 0, size, 2) + bytes(24) + b"ARM\x64" + struct.pack("<I", 64)
    optional = struct.pack("<HBBIIIII", 0x20B, 2, 20, len(body), 0, 0, 512, 512)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0, 512, 512, *[0] * 6, 0, size, 512, 0, 10, 0, *[0] * 6)
    section = struct.pack("<8sIIII12xI", b".text", len(body), 512, len(body), 512, 0x60000020)
    pe = struct.pack("<4sHH12xHH", b"PE\0\0", 0xAA64, 1, len(optional), 0x206) + optional + section
    return (head + pe).ljust(512, b"\0") + body


def arm_kernel(folder: Path) -> bytes:
    packed = gzip.compress(b"kernel" * 700)
    end = 0x30 + 256 + len(packed)
    return bytes(0x24) + struct.pack("<III", 0x016F2818, 0, end) + bytes(256) + packed


def packages(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.xml", "<CATALOG/>")
        archive.writestr("flash.odx-f", flash_bytes.odx("0102030405060708" * 40, "BINARY"))
    return buffer.getvalue()


def qnx6(folder: Path) -> bytes:
    image = bytearray(0x3000 + 16 * 1024 + 0x1000)
    image[0x2000:0x2004] = b"\x22\x11\x19\x68"
    image[0x2030:0x2040] = struct.pack("<4I", 1024, 10, 5, 16)
    return bytes(image)


def logical_partitions(folder: Path) -> bytes:
    pieces = {"system_a": [(0, 32, b"s" * 1024)], "vendor_a": [(0, 34, b"v" * 512), (1, 0, bytes(512))]}
    return flash_bytes.super_image(pieces)[: 40 * 512]


def by_tool(*words: str, size: int | None = None) -> Make:
    """What a tool wrote to IMAGE from TREE, or its first `size` bytes."""

    def make(folder: Path) -> bytes:
        places = {"TREE": str(tree(folder)), "IMAGE": str(folder / "image")}
        run("truncate", "-s", "64M" if "mkfs.f2fs" in words else "0", folder / "image")
        run(*(places.get(word, word) for word in words))
        return (folder / "image").read_bytes()[:size]

    return make


def ubi(folder: Path) -> bytes:
    size = ("-m", "2048", "-e", "126976", "-c", "64")
    run("mkfs.ubifs", "-r", tree(folder), *size, "-o", folder / "volume")
    recipe = f"[a]\nmode=ubi\nimage={folder / 'volume'}\nvol_id=0\nvol_type=dynamic\nvol_name=a\nvol_size=4MiB\n"
    (folder / "recipe").write_text(recipe)
    run("ubinize", "-o", folder / "image", "-m", "2048", "-p", "128KiB", "-Q", "1", folder / "recipe")
    return (folder / "image").read_bytes()


def sparse(folder: Path) -> bytes:
    run("mke2fs", "-q", "-b", "4096", "-d", tree(folder), folder / "raw", "64")
    run("img2simg", folder / "raw", folder / "image")
    return (folder / "image").read_bytes()


def android_boot(folder: Path) -> bytes:
    for name in ("kernel", "ramdisk"):
        (folder / name).write_bytes(name.encode() * 700)
    run("mkbootimg", "--kernel", folder / "kernel", "--ramdisk", folder / "ramdisk", "-o", folder / "image")
    return (folder / "image").read_bytes()


def uimage(folder: Path) -> bytes:
    (folder / "kernel").write_bytes(b"kernel" * 700)
    run("mkimage", "-A", "arm64", "-T", "kernel", "-C", "none", "-n", "seed", "-d", folder / "kernel", folder / "image")
    return (folder / "image").read_bytes()


def flat_image_tree(folder: Path) -> bytes:
    (folder / "kernel").write_bytes(b"kernel" * 700)
    data = (
        f'data = /incbin/("{folder / "kernel"}"); type = "kernel"; arch = "arm64"; os = "linux"; compression = "none"'
    )
    image = (
        f'kernel {{ description = "k"; {data}; load = <0x80000>; entry = <0x80000>; hash-1 {{ algo = "crc32"; }}; }};'
    )
    choice = 'configurations { default = "a"; a { description = "a"; kernel = "kernel"; }; };'
    (folder / "its").write_text(
        f'/dts-v1/; / {{ description = "fit"; #address-cells = <1>; images {{ {image} }}; {choice} }};'
    )
    run("mkimage", "-q", "-f", folder / "its", folder / "image")
    return (folder / "image").read_bytes()


def partitions(label: str) -> Make:
    def make(folder: Path) -> bytes:
        run("truncate", "-s", "200K", folder / "image")
        run("sfdisk", "-q", folder / "image", stdin=f"label: {label}\nstart=64, size=64\nstart=128, size=64\n".encode())
        return (folder / "image").read_bytes()

    return make


def hexadecimal(form: str) -> Make:
    def make(folder: Path) -> bytes:
        (folder / "raw").write_bytes(random.Random(1).randbytes(4000))
        run("srec_cat", folder / "raw", "-binary", "-offset", "0x8000", "-o", folder / "image", f"-{form}")
        return (folder / "image").read_bytes()

    return make


def constant(data: bytes) -> Make:
    return lambda folder: data


TREES = [flash_bytes.device_tree(struct.pack(">I4xII", 1, 2, 9), b"a\0")] * 2
APPLICATION = [(0x3C0C0020, flash_bytes.app_description("1.4.0", "gateway", "v5.1.2")), (0x40380000, b"code" * 50)]
SEEDS: dict[str, Make] = {
    "jffs2": by_tool("mkfs.jffs2", "-r", "TREE", "-o", "IMAGE", "-e", "0x10000", "-l"),
    "ubi": ubi,
    "android-sparse": sparse,
    "boot-image": android_boot,
    "uimage": uimage,
    "fit": flat_image_tree,
    "gpt": partitions("gpt"),
    "mbr": partitions("dos"),
    "intel-hex": hexadecimal("intel"),
    "s-record": hexadecimal("motorola"),
    "ti-txt": hexadecimal("ti_txt"),
    "mender": mender,
    "rauc": rauc,
    "swupdate": swupdate,
    "u-boot": loader,
    "ubifs": ubifs,
    "kernel-arm64": arm64_kernel,
    "kernel-zimage": arm_kernel,
    "pdx": packages,
    "odx": constant(flash_bytes.odx("0102030405060708" * 40, "BINARY")),
    "vbf": constant(flash_bytes.vbf([(0x1000, b"data" * 50, b"data" * 50)])),
    "uf2": constant(flash_bytes.uf2(0x10000000, bytes(range(256)) * 9)),
    "esp": constant(flash_bytes.esp_image(APPLICATION)),
    "dtbo": constant(flash_bytes.dtbo(TREES)),
    "super": logical_partitions,
    "qnx-ifs": constant(flash_bytes.qnx_ifs({"proc/boot/procnto": b"code" * 25, "etc/a": b"text"})),
    "qnx6": qnx6,
    "yaffs2": constant(struct.pack("<IIH", 3, 1, 0xFFFF) + bytes(256) + b"\xff" * 4000),
    "sealed": constant(b"CrAU" + bytes(4) + bytes(1000)),
    "iso9660": by_tool("xorriso", "-as", "mkisofs", "-quiet", "-o", "IMAGE", "TREE", size=100_000),
    "f2fs": by_tool("mkfs.f2fs", "-q", "IMAGE", size=100_000),
}
