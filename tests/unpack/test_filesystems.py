"""Every file system against a tree that its own tool packed: path, mode, size, sha256, target."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from image_trees import expected, need, run, sample_tree, shown, walked

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_tree(tmp_path_factory.mktemp("tree") / "root")


SQUASHFS = {
    "gzip": ["-comp", "gzip"],
    "lzma": ["-comp", "lzma"],
    "lzo": ["-comp", "lzo"],
    "lz4": ["-comp", "lz4"],
    "xz": ["-comp", "xz"],
    "xz-arm": ["-comp", "xz", "-Xbcj", "arm"],
    "zstd": ["-comp", "zstd"],
    "no-fragments": ["-comp", "zstd", "-no-fragments"],
    "stored": ["-noI", "-noD", "-noF"],
    "small-blocks": ["-b", "4096", "-always-use-fragments"],
    "large-blocks": ["-b", "1M"],
}


@pytest.mark.parametrize("options", SQUASHFS.values(), ids=SQUASHFS)
def test_squashfs(tree: Path, tmp_path: Path, options: list[str]) -> None:
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress", *options)
    result = walked(image)
    assert result.problems == []
    assert result.artifacts[0].format == "squashfs"
    assert result.artifacts[0].understood == image.stat().st_size
    assert shown(result) == expected(tree)


EXT = {
    "ext2": ["-t", "ext2", "-b", "1024"],
    "ext3": ["-t", "ext3"],
    "ext4": ["-t", "ext4"],
    "ext4-inline": ["-t", "ext4", "-O", "inline_data", "-I", "256"],
    "ext4-32bit": ["-t", "ext4", "-O", "^64bit,^flex_bg,^metadata_csum"],
    "ext4-meta-bg": ["-t", "ext4", "-O", "meta_bg,^resize_inode"],
    "ext4-indirect": ["-t", "ext4", "-O", "^extent,^64bit", "-b", "1024"],
}


@pytest.mark.parametrize("options", EXT.values(), ids=EXT)
def test_ext(tree: Path, tmp_path: Path, options: list[str]) -> None:
    image = tmp_path / "image"
    run("mke2fs", "-q", "-d", tree, *options, image, "8M")
    result = walked(image)
    assert result.problems == []
    assert result.artifacts[0].format == "ext"
    assert shown(result) == expected(tree)


EROFS = {
    "plain": [],
    "lz4": ["-zlz4"],
    "lz4hc-big": ["-zlz4hc", "-C65536"],
    "legacy": ["-zlz4", "-Elegacy-compress"],
    "chunks": ["--chunksize=4096"],
}


@pytest.mark.parametrize("options", EROFS.values(), ids=EROFS)
def test_erofs(tree: Path, tmp_path: Path, options: list[str]) -> None:
    image = tmp_path / "image"
    run("mkfs.erofs", "--quiet", *options, image, tree)
    result = walked(image)
    assert result.problems == []
    assert shown(result) == expected(tree)


@pytest.mark.parametrize("order", ["little", "big"])
def test_cramfs(tree: Path, tmp_path: Path, order: str) -> None:
    image = tmp_path / "image"
    run("mkfs.cramfs", "-N", order, tree, image)
    result = walked(image)
    assert result.problems == []
    assert shown(result) == expected(tree)


@pytest.mark.parametrize(("bits", "size", "unit"), [("12", "3M", "2"), ("16", "20M", "1"), ("32", "40M", "1")])
def test_fat(tmp_path: Path, bits: str, size: str, unit: str) -> None:
    need("mcopy")
    tree = sample_tree(tmp_path / "root", links=False, modes=False)
    image = tmp_path / "image"
    run("truncate", "-s", size, image)
    run("mkfs.fat", "-F", bits, "-s", unit, image)
    tops = sorted(tree.iterdir())
    run("mcopy", "-s", "-i", image, *tops, "::")
    result = walked(image)
    assert result.problems == []
    assert result.artifacts[0].format == "fat"
    assert shown(result, modes=False) == expected(tree, modes=False)


def test_a_long_name_of_another_file_is_not_taken(tmp_path: Path) -> None:
    """A tool without long names replaces the short entry and leaves the long one: its checksum fits no more."""
    need("mcopy")
    image = tmp_path / "image"
    run("truncate", "-s", "100K", image)
    run("mkfs.fat", "-F", "12", "-s", "1", image)
    (tmp_path / "a long name.text").write_bytes(b"content")
    run("mcopy", "-i", image, tmp_path / "a long name.text", "::")
    raw = image.read_bytes()
    assert walked(raw).by_path["a long name.text"].size == 7
    other = walked(raw.replace(b"ALONGN~1TEX", b"OTHER   BIN"))
    assert [path for path in other.by_path if path] == ["OTHER.BIN"]


@pytest.mark.parametrize("power", [9, 11, 21])
def test_a_block_size_that_squashfs_does_not_have_is_no_squashfs(tree: Path, tmp_path: Path, power: int) -> None:
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress", "-b", "4096")
    raw = bytearray(image.read_bytes())
    raw[12:16], raw[22:24] = (1 << power).to_bytes(4, "little"), power.to_bytes(2, "little")
    assert walked(bytes(raw)).artifacts[0].format != "squashfs"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("iso9660", ["xorriso", "-as", "mkisofs", "-quiet", "-o", "IMAGE", "TREE"]),
        ("f2fs", ["mkfs.f2fs", "-q", "IMAGE"]),
    ],
)
def test_recognized_only(tree: Path, tmp_path: Path, name: str, command: list[str]) -> None:
    image = tmp_path / "image"
    need(command[0])
    run("truncate", "-s", "64M", image)
    run(*[{"IMAGE": str(image), "TREE": str(tree)}.get(word, word) for word in command])
    result = walked(image)
    assert result.artifacts[0].format == name
    assert "opaque" in result.codes
    assert not result.artifacts[0].complete
    assert result.artifacts[0].understood < 10_000_000


def test_qnx6_and_yaffs2_are_recognized_by_specification() -> None:
    qnx6 = bytearray(0x3000 + 64 * 1024 + 0x1000)
    qnx6[0x2000:0x2004] = b"\x22\x11\x19\x68"
    qnx6[0x2030:0x2040] = struct.pack("<4I", 1024, 10, 5, 64)
    yaffs2 = struct.pack("<IIH", 3, 1, 0xFFFF) + bytes(256) + b"\xff" * 4000
    for data, name in ((bytes(qnx6), "qnx6"), (yaffs2, "yaffs2")):
        result = walked(data)
        assert result.artifacts[0].format == name
        assert result.codes == {"opaque"}
        assert result.artifacts[0].understood < 1024 + 0x3000


def test_old_squashfs_is_opaque() -> None:
    head = bytearray(4096)
    head[:4] = b"hsqs"
    head[28:32] = b"\x03\x00\x01\x00"
    head[34:36] = (17).to_bytes(2, "little")
    head[63:71] = (4096).to_bytes(8, "little")
    result = walked(bytes(head))
    assert result.artifacts[0].format == "squashfs"
    assert result.codes == {"opaque"}


def test_vendor_magic_reads_like_the_usual_one(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress")
    result = walked(b"shsq" + image.read_bytes()[4:])
    assert shown(result) == expected(tree)


@pytest.mark.parametrize("actual", ["lzma", "xz"])
def test_vendor_image_that_names_the_wrong_codec(tree: Path, tmp_path: Path, actual: str) -> None:
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress", "-comp", actual)
    raw = bytearray(image.read_bytes())
    raw[20:22] = b"\x01\0"
    result = walked(bytes(raw))
    assert result.problems == []
    assert shown(result) == expected(tree)


def test_image_found_between_unknown_bytes(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image"
    run("mksquashfs", tree, image, "-quiet", "-no-progress")
    lead, trail = b"\x01boot" * 1000, b"\x02tail" * 700
    result = walked(lead + image.read_bytes() + trail)
    assert result.problems == []
    region = f"{len(lead):#010x}.squashfs"
    assert shown(result, below=region) == expected(tree)
    unknown = [artifact.size for artifact in result.artifacts if artifact.path.endswith(".unknown")]
    assert unknown == [len(lead), len(trail)]
    assert result.artifacts[0].understood == result.artifacts[0].size - len(lead) - len(trail)


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("kind", ["squashfs", "ext", "cramfs", "cpio", "tar"])
def test_truncated_keeps_what_can_be_read(tree: Path, tmp_path: Path, kind: str, keep: float) -> None:
    image = tmp_path / "image"
    if kind == "squashfs":
        run("mksquashfs", tree, image, "-quiet", "-no-progress")
    elif kind == "ext":
        run("mke2fs", "-q", "-t", "ext4", "-d", tree, image, "2M")
    elif kind == "cramfs":
        run("mkfs.cramfs", tree, image)
    elif kind == "tar":
        run("tar", "-cf", image, "-C", tree, ".")
    else:
        names = "\n".join(sorted(expected(tree))).encode()
        image.write_bytes(run("cpio", "-o", "-H", "newc", "--quiet", cwd=tree, stdin=names))
    whole = image.read_bytes()
    result = walked(whole[: int(len(whole) * keep)])
    assert result.problems
    assert not result.artifacts[0].complete
    truth = expected(tree)
    for path, node in shown(result).items():
        if result.by_path[path].complete and node[3]:
            assert truth[path][3] == node[3] or any(problem.path == path for problem in result.problems)
    if kind in ("cpio", "tar"):
        assert len(result.artifacts) > 3
