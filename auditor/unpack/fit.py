"""Flattened image trees (FIT): a device tree whose `/images` nodes carry or point to images.

Node and property names as in the Flattened Image Tree Specification (fitspec.osfw.foundation).
"""

from __future__ import annotations

import hashlib
import re
from binascii import crc32
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack.device_tree import Node, cells, read_header, read_nodes, strings
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Entry, Opaque, Truncated, View

NAME = "fit"
TITLE = "U-Boot FIT image, data inside or behind the tree, hashes verified"
MAGICS = ((0, b"\xd0\x0d\xfe\xed"),)
ANYWHERE = True
KIND = "boot"
MADE_BY = "mkimage"
ALIGNMENT = 4

COMPRESSIONS = {"gzip": "gzip", "bzip2": "bzip2", "lzma": "lzma-alone", "lzo": "lzo", "lz4": "lz4", "zstd": "zstd"}
HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")
MAX_HASHED = 8
"""Times the size of the file that its hash nodes may make us read."""
OS_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


def open(view: View, budget: Budget) -> Container | None:
    """Read a tree that has `/images`; one entry per image, compressed as stored."""
    header = read_header(view)
    if header is None:
        return None
    nodes = read_nodes(view.slice(0, header.size))
    if all(node.path != "/images" for node in nodes):
        return None
    images = [node for node in nodes if node.path.startswith("/images/") and node.path.count("/") == 2]
    container = Container(extent=header.size)
    made = []
    unverified = MAX_HASHED * view.size
    children: dict[str, list[Node]] = {}
    for node in nodes:
        children.setdefault(node.path.rpartition("/")[0], []).append(node)
    for node in images:
        place = _place(node, header.size)
        if place is None:
            continue
        start, size = place
        if start + size > view.size:
            container.problems.append(Truncated(f"data of {node.path} lies behind the end", start))
            continue
        data = view.slice(start, size)
        container.extent = max(container.extent, start + size)
        hashes = children.get(node.path, [])
        unverified -= size * len(hashes)
        if unverified < 0:
            raise Damaged("images overlap: too much to verify", start)
        container.problems.extend(_faults(node, hashes, data))
        name = node.path.removeprefix("/images/").encode("utf-8", "surrogateescape")
        compression = COMPRESSIONS.get(_text(node, "compression"))
        made.append(Entry(name=name, size=size, data=data, offset=start, format=compression))
    container.entries = made
    container.evidence = tuple(_facts(images))
    return container


def _place(node: Node, tree_size: int) -> tuple[int, int] | None:
    """Return (offset, size) of the data of an image; external data is counted from the aligned tree end."""
    data = node.properties.get("data")
    if data is not None:
        return data.offset, len(data.value)
    size = _cell(node, "data-size")
    position, offset = _cell(node, "data-position"), _cell(node, "data-offset")
    if size is None or (position is None and offset is None):
        return None
    return (position if position is not None else ((tree_size + 3) & ~3) + (offset or 0)), size


def _cell(node: Node, name: str) -> int | None:
    found = node.properties.get(name)
    return cells(found.value)[0] if found is not None and len(found.value) == 4 else None


def _text(node: Node, name: str) -> str:
    found = node.properties.get(name)
    texts = strings(found.value) if found is not None and len(found.value) <= 256 else []
    return texts[0] if texts else ""


def _faults(image: Node, children: list[Node], data: View) -> Iterator[Damaged]:
    """Verify the hash nodes of an image; a cipher node makes its data opaque."""
    for node in children:
        name = node.path.rpartition("/")[2]
        algorithm = _text(node, "algo")
        if name.startswith("cipher"):
            yield Opaque(f"{image.path} is encrypted ({algorithm or 'unknown cipher'})", node.offset)
        value = node.properties.get("value")
        if not name.startswith("hash") or value is None:
            continue
        if algorithm == "crc32":
            digest = crc32(data.data).to_bytes(4, "big")
        elif algorithm in HASHES:
            digest = hashlib.new(algorithm, data.data, usedforsecurity=False).digest()
        else:
            continue
        if digest != bytes(value.value[: len(digest) + 1]):
            yield BadChecksum(f"{algorithm} of {image.path} is wrong", value.offset)


def _facts(images: list[Node]) -> Iterator[Evidence]:
    """Return what the images say they run: the `os` property names a known system by its FIT name."""
    for node in images:
        name = _text(node, "os")
        if OS_NAME.fullmatch(name):
            yield Evidence(
                subject=f"named:{name}",
                claim="name",
                value=name,
                detector=NAME,
                method="header",
                grade="supporting",
                role="mention",
                offset=node.properties["os"].offset,
                pointer=f"{node.path}/os",
            )
