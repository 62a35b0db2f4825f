"""The metadata blocks, data blocks and fragments of a squashfs image, decoded once and kept in bounds."""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import Any

from auditor.unpack import codec
from auditor.unpack.view import Damaged, Truncated, View

METADATA = 8192
"""Most output bytes of a metadata block."""
METADATA_KEPT = 256
FRAGMENTS_KEPT = 8
STORED = 1 << 24
MASKED = ((b"\x5d\0", "lzma"), (b"\xfd7zXZ\0", "xz"))
"""First bytes of a block and the codec behind them."""


class Tables:
    """Access to the tables of one image; decoded blocks are kept, the oldest are dropped."""

    def __init__(
        self,
        view: View,
        order: str,
        codec_name: str,
        block_size: int,
        inodes: int,
        directories: int,
        fragment_table: int,
        fragments: int,
    ) -> None:
        self.view = view
        self.order = order
        self.codec = codec_name
        self.block_size = block_size
        self.inodes = inodes
        self.directories = directories
        self.fragment_table = fragment_table
        self.fragments = fragments
        self._metadata: OrderedDict[int, tuple[bytes, int]] = OrderedDict()
        self._fragments: OrderedDict[int, tuple[bytes, int]] = OrderedDict()
        self._layouts: dict[str, struct.Struct] = {}

    def layout(self, text: str) -> struct.Struct:
        """Return the compiled struct of a format text in the byte order of the image."""
        found = self._layouts.get(text)
        if found is None:
            found = struct.Struct(self.order + text)
            if len(self._layouts) < METADATA_KEPT:
                self._layouts[text] = found
        return found

    def decode(self, data: Any, limit: int) -> bytes:
        """Decode a block; some vendors write LZMA or xz under the number of gzip."""
        try:
            return codec.block(self.codec, data, limit)
        except codec.Undecodable:
            actual = next((name for magic, name in MASKED if bytes(data[: len(magic)]) == magic), None)
            if self.codec != "zlib" or actual is None:
                raise
            output = codec.block(actual, data, limit)
            self.codec = actual
            return output

    def metadata(self, position: int) -> tuple[bytes, int]:
        """Return the output of the metadata block at `position` and where the next one starts."""
        kept = self._metadata.get(position)
        if kept is not None:
            return kept
        (word,) = self.view.unpack(self.layout("H"), position)
        size = word & 0x7FFF
        data = self.view.slice(position + 2, size).data
        if size == 0:
            raise Damaged("empty squashfs metadata block", position)
        output = bytes(data) if word & 0x8000 else self.decode(data, METADATA)
        self._metadata[position] = found = (output, position + 2 + size)
        if len(self._metadata) > METADATA_KEPT:
            self._metadata.popitem(last=False)
        return found

    def data_block(self, position: int, word: int, expected: int) -> Any:
        """Return the `expected` bytes of a data block that is no hole; `word` is its size with the STORED bit."""
        size = word & (STORED - 1)
        data: Any = self.view.slice(position, size).data
        if not word & STORED:
            data = self.decode(data, self.block_size)
        if len(data) != expected:
            raise Damaged(f"squashfs block gives {len(data)} bytes instead of {expected}", position)
        return data

    def fragment(self, number: int) -> tuple[bytes, int]:
        """Return the output of a fragment block and its stored size."""
        kept = self._fragments.get(number)
        if kept is not None:
            self._fragments.move_to_end(number)
            return kept
        if number >= self.fragments:
            raise Truncated(f"squashfs fragment {number} of {self.fragments}", self.fragment_table)
        (block,) = self.view.unpack(self.layout("Q"), self.fragment_table + number // 512 * 8)
        table, _ = self.metadata(block)
        place = number % 512 * 16
        if place + 16 > len(table):
            raise Truncated("squashfs fragment table is too short", block)
        start, word = self.layout("QI4x").unpack_from(table, place)
        size = word & (STORED - 1)
        data = self.view.slice(start, size).data
        output = bytes(data) if word & STORED else self.decode(data, self.block_size)
        self._fragments[number] = found = (output, size)
        if len(self._fragments) > FRAGMENTS_KEPT:
            self._fragments.popitem(last=False)
        return found


class Cursor:
    """Reads on through the metadata blocks of one table."""

    __slots__ = ("_block", "_next", "_offset", "_tables", "place")

    def __init__(self, tables: Tables, table: int, block: int, offset: int) -> None:
        self._tables = tables
        self.place = table + block
        self._block, self._next = tables.metadata(self.place)
        self._offset = offset
        if offset > len(self._block):
            raise Truncated("squashfs reference past its metadata block", self.place)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self._offset + size
        if end <= len(self._block):
            piece = self._block[self._offset : end]
            self._offset = end
            return piece
        output = bytearray()
        while True:
            piece = self._block[self._offset : self._offset + size - len(output)]
            output += piece
            self._offset += len(piece)
            if len(output) == size:
                return bytes(output)
            self.place = self._next
            self._block, self._next = self._tables.metadata(self.place)
            self._offset = 0
            if not self._block:
                raise Damaged("empty squashfs metadata block", self.place)

    def read(self, layout: str) -> tuple[Any, ...]:
        """Decode the next struct."""
        compiled = self._tables.layout(layout)
        return compiled.unpack(self.take(compiled.size))
