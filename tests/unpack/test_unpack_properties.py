"""Trees that Hypothesis generates, packed by the formats' own tools, read back the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_trees import expected, need, run, shown, walked

NAMES = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FFF), min_size=1, max_size=20).filter(
    lambda name: len(name.encode()) < 60 and name.isprintable() and name.lower() != "lost+found"
)
SIZES = st.sampled_from([0, 1, 100, 4095, 4096, 4097, 12_288, 60_001, 131_073])
FILES = st.tuples(st.just("file"), SIZES, st.integers(0, 255), st.booleans())
LINKS = st.tuples(st.just("link"), st.integers(1, 300), st.just(0), st.just(False))
TREES = st.recursive(
    st.dictionaries(NAMES, st.one_of(FILES, LINKS), max_size=5),
    lambda children: st.dictionaries(NAMES, st.one_of(FILES, LINKS, children), max_size=4),
    max_leaves=12,
)


def build(folder: Path, tree: dict[str, object], links: bool) -> None:
    folder.mkdir()
    for name, node in tree.items():
        path = folder / name
        if isinstance(node, dict):
            build(path, node, links)
        else:
            kind, size, byte, holes = node  # type: ignore[misc]
            if kind == "link":
                if links:
                    path.symlink_to("t" * size)
                continue
            content = bytes((byte * index * index + index) & 0xFF for index in range(min(size, 4096)))
            path.write_bytes((content + bytes(size))[:size] if holes else (content * (size // 4096 + 1))[:size])


def pack(kind: str, root: Path, image: Path) -> None:
    if kind == "squashfs":
        run("mksquashfs", root, image, "-quiet", "-no-progress", "-comp", "zstd", "-b", "8192")
    elif kind == "ext2":
        run("mke2fs", "-q", "-t", "ext2", "-b", "1024", "-d", root, image, "4M")
    elif kind == "ext4":
        run("mke2fs", "-q", "-t", "ext4", "-d", root, image, "4M")
    elif kind == "erofs":
        run("mkfs.erofs", "--quiet", "-zlz4", image, root)
    elif kind == "ubi":
        geometry = ("-m", "512", "-e", "15360", "-c", "200")
        run("mkfs.ubifs", "-r", root, *geometry, "-o", image.with_name("volume"))
        volume = f"[v]\nmode=ubi\nimage={image.with_name('volume')}\nvol_id=0\nvol_type=dynamic\nvol_name=rootfs\n"
        image.with_name("recipe").write_text(volume + "vol_flags=autoresize\n")
        run("ubinize", "-o", image, "-m", "512", "-p", "16KiB", "-Q", "1", image.with_name("recipe"))
    elif kind == "tar":
        run("tar", "-cf", image, "-C", root, ".")
    elif kind == "cpio":
        names = b"\0".join(name.encode() for name in sorted(expected(root)))
        image.write_bytes(run("cpio", "-0", "-o", "-H", "newc", "--quiet", cwd=root, stdin=names))
    else:
        run("truncate", "-s", "4M", image)
        run("mkfs.fat", "-F", "16", "-s", "1", image)
        tops = sorted(root.iterdir())
        if tops:
            run("mcopy", "-s", "-Q", "-i", image, *tops, "::")


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["squashfs", "ext2", "ext4", "erofs", "ubi", "tar", "cpio"])
@given(tree=TREES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_trees(kind: str, tree: dict[str, object]) -> None:
    need(
        {"squashfs": "mksquashfs", "erofs": "mkfs.erofs", "ubi": "ubinize", "tar": "tar", "cpio": "cpio"}.get(
            kind, "mke2fs"
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        root, image = Path(folder) / "root", Path(folder) / "image"
        build(root, tree, links=True)
        pack(kind, root, image)
        result = walked(image)
        assert shown(result, below="rootfs" if kind == "ubi" else "") == expected(root)
        assert result.problems == []


PLAIN_NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_ éü", min_size=1, max_size=30).filter(
    lambda name: name.strip() == name and name[0] != "-"
)
PLAIN_TREES = st.recursive(
    st.dictionaries(PLAIN_NAMES, FILES, max_size=5),
    lambda children: st.dictionaries(PLAIN_NAMES, st.one_of(FILES, children), max_size=4),
    max_leaves=12,
)


@pytest.mark.integration
@given(tree=PLAIN_TREES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_trees_on_fat(tree: dict[str, object]) -> None:
    need("mkfs.fat")
    need("mcopy")
    with tempfile.TemporaryDirectory() as folder:
        root, image = Path(folder) / "root", Path(folder) / "image"
        build(root, tree, links=False)
        pack("fat", root, image)
        result = walked(image)
        assert shown(result, modes=False) == expected(root, modes=False)
        assert result.problems == []
