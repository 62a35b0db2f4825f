"""Damaged images: a reader may give problems, never an exception and never a fault of its own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from image_trees import expected, run, walked

MUTANTS = int(os.environ.get("UNPACK_MUTANTS", "200"))
NUMBERS = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"\x01\0\0\0",
)


def mutate(data: bytes, source: random.Random) -> bytes:
    """Change bytes mostly where headers and tables are: near either end of the used part."""
    raw = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 4, 16))):
        spread = source.choice((128, 1024, 8192, len(raw)))
        place = min(len(raw) - 1, source.randrange(spread))
        if source.random() < 0.3:
            place = len(raw) - 1 - place
        kind = source.randrange(5)
        if kind == 0:
            raw[place] ^= 1 << source.randrange(8)
        elif kind == 1:
            number = source.choice(NUMBERS)
            raw[place : place + len(number)] = number
        elif kind == 2:
            raw[place] = source.randrange(256)
        elif kind == 3 and source.random() < 0.3:
            del raw[place : place + source.randrange(1, 64)]
        else:
            other = source.randrange(len(raw))
            raw[place : place + 8] = raw[other : other + 8]
        if not raw:
            raw = bytearray(b"\0")
    if source.random() < 0.1:
        del raw[source.randrange(len(raw)) + 1 :]
    return bytes(raw)


def tree(folder: Path, *, links: bool = True) -> Path:
    root = folder / "root"
    (root / "a/b").mkdir(parents=True)
    (root / "a/text").write_bytes(b"some text\n" * 900)
    (root / "a/b/noise").write_bytes(random.Random(5).randbytes(9000))
    (root / "holes").write_bytes(b"x" * 100 + bytes(20_000) + b"y")
    if links:
        (root / "link").symlink_to("a/text")
        (root / "long").symlink_to("z" * 80)
    return root


def squashfs(*options: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        run("mksquashfs", tree(folder), folder / "image", "-quiet", "-no-progress", "-nopad", "-b", "4096", *options)
        return (folder / "image").read_bytes()

    return make


def ext(*options: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        run("mke2fs", "-q", "-b", "1024", "-d", tree(folder), *options, folder / "image", "256")
        return (folder / "image").read_bytes()

    return make


def erofs(*options: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        run("mkfs.erofs", "--quiet", *options, folder / "image", tree(folder))
        return (folder / "image").read_bytes()

    return make


def cramfs(folder: Path) -> bytes:
    run("mkfs.cramfs", tree(folder), folder / "image")
    return (folder / "image").read_bytes()


def fat(folder: Path) -> bytes:
    root = tree(folder, links=False)
    run("truncate", "-s", "100K", folder / "image")
    run("mkfs.fat", "-F", "12", "-s", "1", folder / "image")
    run("mcopy", "-s", "-i", folder / "image", *sorted(root.iterdir()), "::")
    return (folder / "image").read_bytes()


def cpio(dialect: str) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        root = tree(folder)
        return run("cpio", "-o", "-H", dialect, "--quiet", cwd=root, stdin="\n".join(sorted(expected(root))).encode())

    return make


def tar(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(tree(folder), arcname="n" * 120)
    return buffer.getvalue()


def zipped(folder: Path) -> bytes:
    root = tree(folder)
    buffer = io.BytesIO()
    methods = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, method in enumerate(methods):
            archive.write(root / "a/text", f"t{number}", method)
    return buffer.getvalue()


def ar(folder: Path) -> bytes:
    root = tree(folder)
    run("ar", "rcS", folder / "image.a", root / "a/text", root / "holes")
    return (folder / "image.a").read_bytes()


def stream(compress: Callable[[bytes], bytes]) -> Callable[[Path], bytes]:
    return lambda folder: compress(tar(folder))


def lzop(folder: Path) -> bytes:
    (folder / "input").write_bytes(tar(folder))
    return run("lzop", "-c", folder / "input")


def lz4_legacy(folder: Path) -> bytes:
    (folder / "input").write_bytes(tar(folder))
    return run("lz4", "-q", "-c", "-l", folder / "input")


MAKERS: dict[str, Callable[[Path], bytes]] = {
    "squashfs-gzip": squashfs("-comp", "gzip"),
    "squashfs-zstd": squashfs("-comp", "zstd", "-noI"),
    "squashfs-lzo": squashfs("-comp", "lzo"),
    "squashfs-stored": squashfs("-noI", "-noD", "-noF"),
    "ext2": ext("-t", "ext2"),
    "ext4": ext("-t", "ext4", "-O", "inline_data,^has_journal", "-I", "256"),
    "erofs": erofs(),
    "erofs-lz4": erofs("-zlz4"),
    "erofs-legacy": erofs("-zlz4", "-Elegacy-compress"),
    "cramfs": cramfs,
    "fat": fat,
    "cpio-newc": cpio("newc"),
    "cpio-odc": cpio("odc"),
    "tar": tar,
    "zip": zipped,
    "ar": ar,
    "gzip": stream(gzip.compress),
    "bzip2": stream(bz2.compress),
    "xz": stream(lzma.compress),
    "lzma": stream(lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
    "zstd": stream(zstandard.ZstdCompressor().compress),
    "lz4": stream(lz4.frame.compress),
    "lz4-legacy": lz4_legacy,
    "lzop": lzop,
}


@pytest.mark.integration
@pytest.mark.parametrize("name", MAKERS)
def test_mutants(name: str, tmp_path: Path) -> None:
    data = MAKERS[name](tmp_path)
    assert walked(data).problems == []
    source = random.Random(name)
    for number in range(MUTANTS):
        result = walked(mutate(data, source))
        assert "reader-failed" not in result.codes, (name, number, result.problems)
        assert result.artifacts[0].path == ""
