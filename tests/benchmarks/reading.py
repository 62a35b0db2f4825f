"""What it costs to read an image, against hashing the bytes that are in it."""

from __future__ import annotations

import hashlib
import mmap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auditor.limits import Limits
from auditor.unpack import codec
from auditor.unpack.view import Budget, View
from auditor.unpack.walker import walk

IMAGES = {
    "images/rootfs.ext4": "ext4",
    "images/rootfs.zstd.squashfs": "squashfs, zstd",
    "images/rootfs.gzip.squashfs": "squashfs, gzip",
    "images/rootfs.xz.squashfs": "squashfs, xz",
}


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of this process for one call."""
    start = time.process_time()
    work()
    return round(time.process_time() - start, 4)


def contents(root: Path) -> list[bytes]:
    """The bytes of every regular file of the unpacked tree."""
    return [path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]


def hash_all(files: list[bytes]) -> None:
    for data in files:
        hashlib.sha256(data).hexdigest()


def walk_all(view: View) -> tuple[int, int]:
    """Walk an image (every file is hashed); returns nodes and problems."""
    problems: list[Any] = []
    nodes = sum(1 for _ in walk(view, Budget(Limits()), problems.append))
    return nodes, len(problems)


def blocks_of(view: View) -> list[tuple[str, bytes, int]]:
    """The compressed blocks that a walk decodes: codec, bytes, largest output."""
    found: list[tuple[str, bytes, int]] = []
    plain = codec.block

    def note(name: str, data: Any, limit: int) -> bytes:
        output = plain(name, data, limit)
        found.append((name, bytes(data), limit))
        return output

    codec.block = note
    try:
        walk_all(view)
    finally:
        codec.block = plain
    return found


def decode_all(blocks: list[tuple[str, bytes, int]]) -> None:
    for name, data, limit in blocks:
        codec.block(name, data, limit)


def measure(corpus: Path, runs: int) -> dict[str, Any]:
    """Processor seconds of walking each image, of hashing its files, and of decoding its blocks, run by run."""
    files = contents(corpus / "rootfs")
    measured: dict[str, Any] = {"bytes": sum(map(len, files)), "files": len(files), "images": {}}
    for name in IMAGES:
        with open(corpus / name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            measured["images"][name] = one_image(memoryview(mapped), files, runs)
    return measured


def one_image(data: memoryview, files: list[bytes], runs: int) -> dict[str, Any]:
    view = View(data)
    blocks = blocks_of(view)
    nodes, problems = walk_all(view)
    row: dict[str, Any] = {"nodes": nodes, "problems": problems, "blocks": len(blocks)}
    row |= {"walk": [], "sha256": [], "decode": []}
    for _ in range(runs):
        row["sha256"].append(seconds(lambda: hash_all(files)))
        row["walk"].append(seconds(lambda: walk_all(view)))
        row["decode"].append(seconds(lambda: decode_all(blocks)))
    view.data.release()
    return row
