"""JFFS2: a log of nodes; the newest version of each inode's bytes and each name counts.

Layout as in the kernel's `include/uapi/linux/jffs2.h`; both byte orders.
"""

from __future__ import annotations

import re
import stat
import struct
from binascii import crc32
from collections.abc import Callable
from typing import NamedTuple

from auditor.unpack import codec
from auditor.unpack.inodes import Inode, Tree
from auditor.unpack.segments import BadChecksum
from auditor.unpack.view import Budget, Container, Damaged, Opaque, Truncated, View

NAME = "jffs2"
TITLE = "JFFS2 (zlib, lzo, rtime, uncompressed)"
MAGICS = tuple(
    (0, magic)
    for little in (b"\x85\x19\x03\x20", b"\x85\x19\x01\xe0", b"\x85\x19\x02\xe0")
    for magic in (little, bytes((little[1], little[0], little[3], little[2])))
)
ANYWHERE = True
KIND = "filesystem"
MADE_BY = "mkfs.jffs2"
ALIGNMENT = 4

NAME_NODE, DATA_NODE = 0xE001, 0xE002
CODECS = {6: "zlib", 7: "lzo"}
PLAIN, ZERO, RTIME = 0, 1, 2
MAX_PIECE = 1 << 20
GAP = 1 << 20
"""Bytes without a node after which the file system has ended; erase blocks are smaller."""
ROOT = 1


class Layout(NamedTuple):
    """The structs of one byte order."""

    header: struct.Struct
    name: struct.Struct
    data: struct.Struct
    node: re.Pattern[bytes]


class Piece(NamedTuple):
    """Bytes of a file that one node holds."""

    version: int
    offset: int
    stored: int
    size: int
    codec: int
    place: int


LAYOUTS = {
    order: Layout(
        struct.Struct(order + "HHII"),
        struct.Struct(order + "IIIIBB2xII"),
        struct.Struct(order + "IIIHHIIIIIIIBB2xII"),
        re.compile(re.escape(struct.pack(order + "H", 0x1985))),
    )
    for order in "<>"
}


def checksum(data: bytes | memoryview) -> int:
    """Return the CRC-32 of JFFS2: initial value 0, not inverted at the end."""
    return crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def open(view: View, budget: Budget) -> Container | None:
    """Read all nodes; the extent ends where no further node is found."""
    if view.size < 12:
        return None
    layout = LAYOUTS["<" if view.data[0] == 0x85 else ">"]
    _, _, length, expected = view.unpack(layout.header, 0)
    if length < 12 or checksum(view.data[:8]) != expected:
        return None
    reader = _Reader(view, budget, layout)
    extent = reader.scan()
    return Container(
        extent=extent, entries=reader.tree.entries(ROOT, reader.content, whole=True), problems=reader.problems
    )


class _Reader:
    """What the log says after its last node."""

    def __init__(self, view: View, budget: Budget, layout: Layout) -> None:
        self.view = view
        self.budget = budget
        self.layout = layout
        self.problems: list[Damaged] = []
        self.tree = Tree()
        self.names: dict[tuple[int, bytes], int] = {}
        self.versions: dict[int, int] = {}
        self.pieces: dict[int, list[Piece]] = {}
        self.faults = 0

    def scan(self) -> int:
        """Read every node and return the offset behind the last one."""
        view, cursor, end = self.view, 0, 0
        while cursor + 12 <= view.size:
            found = self.layout.node.search(view.data, cursor, min(view.size, cursor + GAP))
            if found is None:
                break
            cursor = found.start()
            if cursor % 4 or cursor + 12 > view.size:
                cursor += 1
                continue
            _, kind, length, expected = view.unpack(self.layout.header, cursor)
            if checksum(view.data[cursor : cursor + 8]) != expected or length < 12:
                cursor += 4
                continue
            if cursor + length > view.size:
                self.problems.append(Truncated(f"node of {length} bytes runs over the end", cursor))
                cursor += 4
                continue
            self.node(kind, cursor, view.slice(cursor + 12, length - 12))
            cursor = end = min(view.size, (cursor + length + 3) & ~3)
        self._finish()
        return end

    def _finish(self) -> None:
        if self.faults:
            self.problems.append(BadChecksum(f"checksum of {self.faults} nodes is wrong", 0))
        self.tree.inodes.setdefault(ROOT, Inode(stat.S_IFDIR | 0o755, 0))

    def node(self, kind: int, place: int, body: View) -> None:
        """Note one node, its own checksum first."""
        raw = self.view.data
        if kind == NAME_NODE and body.size >= self.layout.name.size:
            parent, version, inode, _, length, _, expected, _ = body.unpack(self.layout.name, 0)
            if checksum(raw[place : place + 32]) != expected or body.size < self.layout.name.size + length:
                self.faults += 1
                return
            name = body.copy(self.layout.name.size, length)
            if self.names.get((parent, name), -1) < version:
                self.names[parent, name] = version
                self.tree.link(parent, name, inode)
        elif kind == DATA_NODE and body.size >= self.layout.data.size:
            fields = body.unpack(self.layout.data, 0)
            if checksum(raw[place : place + 60]) != fields[15]:
                self.faults += 1
                return
            self.inode(fields, place, body)

    def inode(self, fields: tuple[int, ...], place: int, body: View) -> None:
        number, version, mode, size = fields[0], fields[1], fields[2], fields[5]
        offset, stored, plain, method, expected = fields[9], fields[10], fields[11], fields[12], fields[14]
        room = body.size - self.layout.data.size
        if stored > room or checksum(body.data[self.layout.data.size : self.layout.data.size + stored]) != expected:
            self.faults += 1
            return
        start = place + 12 + self.layout.data.size
        if plain:
            self.pieces.setdefault(number, []).append(Piece(version, offset, stored, plain, method, start))
        if self.versions.get(number, -1) < version:
            self.versions[number] = version
            target = self.view.copy(start, stored) if stat.S_ISLNK(mode) and method == PLAIN else None
            self.tree.inodes[number] = Inode(mode, size, target)

    def content(self, number: int, size: int) -> Callable[[], View]:
        """Return what puts a file together."""

        def read() -> View:
            pieces = sorted(self.pieces.get(number, []))
            decoded = sum(piece.size for piece in pieces if piece.codec != ZERO)
            codec.take_sparse(self.budget, size, min(size, decoded), sum(piece.stored for piece in pieces))
            out = bytearray(size)
            for piece in pieces:
                plain = self.decode(piece)[: max(0, size - piece.offset)]
                out[piece.offset : piece.offset + len(plain)] = plain
            if (gap := uncovered(pieces, size)) is not None:  # JFFS2 writes a node for a hole too
                damage = Truncated(f"no node holds the file's bytes from {gap} on")
                damage.partial = View(out)
                raise damage
            return View(out)

        return read

    def decode(self, piece: Piece) -> bytes:
        """Return the bytes of one node."""
        if piece.size > MAX_PIECE:
            raise Damaged(f"node of {piece.size} bytes", piece.place)
        packed = self.view.data[piece.place : piece.place + piece.stored]
        if piece.codec == PLAIN:
            return bytes(packed[: piece.size])
        if piece.codec == ZERO:
            return bytes(piece.size)
        if piece.codec == RTIME:
            return rtime(packed, piece.size)
        name = CODECS.get(piece.codec)
        if name is None:
            raise Opaque(f"compression {piece.codec} of JFFS2 is not supported", piece.place)
        return codec.block(name, packed, piece.size)


def uncovered(pieces: list[Piece], size: int) -> int | None:
    """Return the first byte of a file that no node holds; None when there is none."""
    reached = 0
    for offset, end in sorted((piece.offset, piece.offset + piece.size) for piece in pieces):
        if offset > reached:
            break
        reached = max(reached, end)
    return reached if reached < size else None


def rtime(packed: memoryview | bytes, size: int) -> bytes:
    """Decode JFFS2's own `rtime`: each literal is followed by how much to repeat from where it was last."""
    out = bytearray()
    last = [0] * 256
    for place in range(0, len(packed) - 1, 2):
        if len(out) >= size:
            break
        literal, repeat = packed[place], packed[place + 1]
        out.append(literal)
        back, last[literal] = last[literal], len(out)
        repeat = min(repeat, size - len(out))
        for index in range(repeat):
            out.append(out[back + index])
    if len(out) != size:
        raise Damaged(f"rtime gave {len(out)} bytes instead of {size}")
    return bytes(out)
