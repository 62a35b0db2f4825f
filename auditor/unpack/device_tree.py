"""Flattened device trees (.dtb, .dtbo): read without recursion, each length checked.

The layout is chapter 5 of the Devicetree Specification v0.4 (devicetree.org): a header of ten
big-endian words, a structure block of tokens and a block of property names.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from auditor.unpack.view import Budget, Container, Damaged, LimitHit, Truncated, View

NAME = "device_tree"
TITLE = "Flattened device tree (versions 16 and 17), overlays"
MAGICS = ((0, b"\xd0\x0d\xfe\xed"),)
ANYWHERE = True
KIND = "boot"
MADE_BY = "dtc"
ALIGNMENT = 4

HEADER = struct.Struct(">10I")
WORD = struct.Struct(">I")
PROPERTY = struct.Struct(">II")
BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9
MAX_DEPTH = 64
"""Levels of nodes; Linux refuses deeper trees as well (FDT_MAX_DEPTH)."""
MAX_NODES = 1 << 16
MAX_PROPERTIES = 1 << 19
MAX_NAME = 256
MAX_PATH = 1024


class Property(NamedTuple):
    """The value of a property, not copied, and where it stands in the blob."""

    value: memoryview
    offset: int


class Node(NamedTuple):
    """One node: its path (`/soc/serial@30860000`, the root is `/`) and its properties by name."""

    path: str
    properties: dict[str, Property]
    offset: int
    """Byte offset of the node in the blob."""


class Header(NamedTuple):
    """Where the blocks of a device tree stand, in bytes from its start."""

    size: int
    structure: int
    structure_end: int
    names: int
    names_end: int


def read_header(view: View) -> Header | None:
    """Return the checked header; None when the bytes are no device tree this reader knows.

    Raises Truncated when the tree is longer than the view, Damaged when its blocks lie outside.
    """
    if view.size < HEADER.size:
        return None
    magic, size, structure, names, reserved, version, compatible, _cpu, names_size, structure_size = view.unpack(
        HEADER, 0
    )
    if magic != 0xD00DFEED or not (16 <= version <= 64 and compatible <= 17):
        return None
    if size > view.size:
        raise Truncated(f"device tree of {size} bytes, only {view.size} are there", 4)
    end = structure + structure_size if version >= 17 else size
    if structure % 4 or min(structure, names, reserved) < HEADER.size - 4 or max(end, names + names_size) > size:
        raise Damaged("a block of the device tree lies outside of it", 8)
    return Header(size, structure, end, names, names + names_size)


def read_nodes(view: View) -> list[Node]:
    """Return all nodes of a device tree in the order of the blob, parents first.

    Of properties with the same name in one node the first counts, as in libfdt. Raises Damaged
    (Truncated, LimitHit `depth`) when the blob breaks the rules, and for bytes that are no device tree.
    """
    header = read_header(view)
    if header is None:
        raise Damaged("no device tree", 0)
    return _Reader(view, header).read()


def strings(value: memoryview | bytes) -> list[str]:
    """Return the NUL-separated texts of a property; bytes that are no UTF-8 are shown escaped."""
    parts = bytes(value).split(b"\0")
    return [part.decode("utf-8", "backslashreplace") for part in (parts[:-1] if parts[-1] == b"" else parts)]


def cells(value: memoryview | bytes) -> list[int]:
    """Return the big-endian 32-bit cells of a property; a rest of less than a cell is dropped."""
    whole = len(value) // 4
    return list(struct.unpack_from(f">{whole}I", value, 0))


class _Reader:
    """Walks the structure block once; the open nodes are a list, not the call stack."""

    def __init__(self, view: View, header: Header) -> None:
        self.view = view
        self.header = header
        self.nodes: list[Node] = []
        self.open: list[Node] = []
        self.names: dict[int, str] = {}
        self.properties = 0

    def read(self) -> list[Node]:
        cursor = self.header.structure
        while True:
            if cursor + 4 > self.header.structure_end:
                raise Truncated("structure block ends without its end token", cursor)
            (token,) = WORD.unpack_from(self.view.data, cursor)
            if token == PROP:
                cursor = self.property(cursor)
            elif token == BEGIN_NODE:
                cursor = self.begin(cursor)
            elif token == END_NODE:
                if not self.open:
                    raise Damaged("a node ends that never began", cursor)
                self.open.pop()
                cursor += 4
            elif token == NOP:
                cursor += 4
            elif token == END and not self.open and self.nodes:
                return self.nodes
            else:
                raise Damaged(f"unexpected token {token:#x}", cursor)

    def begin(self, cursor: int) -> int:
        """Open a node and return where its content starts."""
        if len(self.open) >= MAX_DEPTH:
            raise LimitHit("depth", MAX_DEPTH, f"device tree nested deeper than {MAX_DEPTH} levels", cursor)
        if len(self.nodes) >= MAX_NODES:
            raise LimitHit("nodes", MAX_NODES, f"device tree of more than {MAX_NODES} nodes", cursor)
        if not self.open and self.nodes:
            raise Damaged("a second root node", cursor)
        name, after = self.text(cursor + 4, self.header.structure_end)
        parent = self.open[-1].path if self.open else ""
        path = f"{parent.rstrip('/')}/{name}" if self.open else "/"
        if len(path) > MAX_PATH:
            raise LimitHit("name-length", MAX_PATH, f"path of a node longer than {MAX_PATH}", cursor)
        node = Node(path, {}, cursor)
        self.nodes.append(node)
        self.open.append(node)
        return (after + 3) & ~3

    def property(self, cursor: int) -> int:
        """Read one property and return where the next token stands."""
        if not self.open:
            raise Damaged("a property outside of a node", cursor)
        self.properties += 1
        if self.properties > MAX_PROPERTIES:
            raise LimitHit(
                "properties", MAX_PROPERTIES, f"device tree of more than {MAX_PROPERTIES} properties", cursor
            )
        size, name_offset = self.view.unpack(PROPERTY, cursor + 4)
        start = cursor + 12
        if start + size > self.header.structure_end:
            raise Truncated(f"property of {size} bytes runs out of the structure block", cursor)
        name = self.names.get(name_offset)
        if name is None:
            name, _ = self.text(self.header.names + name_offset, self.header.names_end)
            self.names[name_offset] = name
        self.open[-1].properties.setdefault(name, Property(self.view.data[start : start + size], start))
        return int(start + size + 3) & ~3

    def text(self, start: int, end: int) -> tuple[str, int]:
        """Return the NUL-terminated text at `start` and the offset behind its NUL."""
        if start >= end:
            raise Truncated("a name lies outside of its block", start)
        raw = bytes(self.view.data[start : min(start + MAX_NAME, end)])
        length = raw.find(b"\0")
        if length < 0:
            raise Damaged("a name without end", start)
        return raw[:length].decode("utf-8", "backslashreplace"), start + length + 1


def open(view: View, budget: Budget) -> Container | None:
    """Validate a device tree; one that carries images is left to the reader of FIT."""
    header = read_header(view)
    if header is None:
        return None
    nodes = read_nodes(view.slice(0, header.size))
    if any(node.path == "/images" for node in nodes):
        return None
    return Container(extent=header.size)
