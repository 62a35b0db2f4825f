"""What DWARF says of each compilation unit: compiler, source file, folder it was compiled in.

Layout: DWARF Debugging Information Format, versions 2 to 5, chapter 7. Only the first entry of each unit is
read. Everything is bounded: units, steps over abbreviations, lengths of texts, bytes of unpacked sections.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from auditor.identify.elf_file import ET_REL, Elf
from auditor.unpack.view import Truncated, View

MAX_UNITS = 4096
MAX_STEPS = 1 << 18
"""Attributes looked at, over all units."""
MAX_TEXT = 1024
MAX_SECTION = 64 << 20
SHF_COMPRESSED = 0x800

_NAME, _PRODUCER, _FOLDER, _OFFSETS_BASE = 0x03, 0x25, 0x1B, 0x72
_SIZES = {
    0x05: 2, 0x06: 4, 0x07: 8, 0x0B: 1, 0x0C: 1, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x19: 0, 0x1C: 4, 0x1E: 16,
    0x20: 8, 0x21: 0, 0x24: 8, 0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4, 0x29: 1, 0x2A: 2, 0x2B: 3, 0x2C: 4,
}  # fmt: skip
"""Form: bytes of its value."""
_NUMBERS = (0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23)
"""Forms that are one LEB128 number."""
_OFFSETS = (0x0E, 0x17, 0x1D, 0x1F, 0x1F20, 0x1F21)
"""Forms that are an offset of the unit's width."""
_BLOCKS = {0x03: 2, 0x04: 4, 0x0A: 1}
"""Form: bytes of the length before a block."""
_INDEXES = (0x1A, 0x25, 0x26, 0x27, 0x28)


class Unit(NamedTuple):
    """One compilation unit; texts are empty where it says nothing."""

    producer: str
    name: str
    folder: str


class _Head(NamedTuple):
    """A unit's header: offsets in .debug_info and .debug_abbrev."""

    first: int
    abbreviations: int
    wide: int
    """Bytes of an offset: 4 or 8."""
    address: int
    version: int


def units(elf: Elf) -> Iterator[Unit]:
    """Yield the compilation units in file order; stops where the bytes contradict themselves.

    Object files are passed over: their texts are not in place before linking.
    """
    if elf.header.type == ET_REL or elf.section(".debug_info") is None:
        return
    texts = {0x0E: _section(elf, ".debug_str"), 0x1F: _section(elf, ".debug_line_str")}
    reader = Reader(_section(elf, ".debug_info"), _section(elf, ".debug_abbrev"), texts, elf.little)
    reader.offsets = _section(elf, ".debug_str_offsets")
    try:
        yield from reader.units()
    except Truncated:
        return


class Reader:
    """Reads the units of one .debug_info; `texts` are the string sections by the form that points into them."""

    def __init__(self, info: View, abbreviations: View, texts: dict[int, View], little: bool) -> None:
        self._order: Literal["little", "big"] = "little" if little else "big"
        self._info, self._abbreviations, self._texts = info, abbreviations, texts
        self.offsets = View(b"")
        """The table that indexed texts go through."""
        self._known: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        self._steps = 0

    def units(self) -> Iterator[Unit]:
        """Yield the units. Raises Truncated where the bytes end or contradict themselves."""
        position = 0
        for _ in range(MAX_UNITS):
            if position + 11 >= self._info.size:
                return
            head, position = self._head(position)
            if head is not None:
                yield self._unit(head)

    def _number(self, view: View, position: int, size: int) -> int:
        return int.from_bytes(view.copy(position, size), self._order)

    def _head(self, position: int) -> tuple[_Head | None, int]:
        """Return the header at `position`, None for a unit that is no program, and where the next unit begins."""
        wide = 4
        length, position = self._number(self._info, position, 4), position + 4
        if length == 0xFFFFFFFF:
            wide, length, position = 8, self._number(self._info, position, 8), position + 8
        self._info.need(position, length)
        behind = position + length
        version, position = self._number(self._info, position, 2), position + 2
        if not 2 <= version <= 5:
            return None, behind
        kind = 1
        if version == 5:
            kind, address = self._info.copy(position, 2)
            table, first = self._number(self._info, position + 2, wide), position + 2 + wide
            first += 8 if kind in (4, 5) else 0
        else:
            table, address = self._number(self._info, position, wide), self._info.copy(position + wide, 1)[0]
            first = position + wide + 1
        return (_Head(first, table, wide, address, version) if kind in (1, 4, 5) else None), behind

    def _unit(self, head: _Head) -> Unit:
        code, position = self._info.leb128(head.first)
        base = 2 * head.wide
        found: dict[int, str] = {}
        late: dict[int, int] = {}
        for name, written in self._attributes(head.abbreviations, code):
            form = written
            if written == 0x16:
                form, position = self._info.leb128(position)
            if name == _OFFSETS_BASE:
                base = self._number(self._info, position, head.wide)
            elif name in (_NAME, _PRODUCER, _FOLDER):
                if form in _INDEXES:
                    size = _SIZES.get(form, 0)
                    late[name] = self._number(self._info, position, size) if size else self._info.leb128(position)[0]
                else:
                    found[name] = self._text(form, position, head.wide)
            position = self._behind(form, position, head)
        for name, index in late.items():
            offset = self._number(self.offsets, base + index * head.wide, head.wide)
            found[name] = _terminated(self._texts[0x0E], offset)
        return Unit(found.get(_PRODUCER, ""), found.get(_NAME, ""), found.get(_FOLDER, ""))

    def _attributes(self, table: int, code: int) -> tuple[tuple[int, int], ...]:
        """Return (attribute, form) of an abbreviation; tables are walked once per table and code."""
        known = self._known.get((table, code))
        if known is not None:
            return known
        position = table
        while True:
            current, position = self._abbreviations.leb128(position)
            if current == 0:
                raise Truncated("the abbreviation is missing", position)
            _, position = self._abbreviations.leb128(position)
            position += 1
            rows: list[tuple[int, int]] = []
            while True:
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise Truncated("too many abbreviations", position)
                name, position = self._abbreviations.leb128(position)
                form, position = self._abbreviations.leb128(position)
                if form == 0x21:
                    _, position = self._abbreviations.leb128(position)
                if not name and not form:
                    break
                rows.append((name, form))
            if current == code:
                return self._known.setdefault((table, code), tuple(rows))

    def _text(self, form: int, position: int, wide: int) -> str:
        if form == 0x08:
            return _terminated(self._info, position)
        if form in self._texts:
            return _terminated(self._texts[form], self._number(self._info, position, wide))
        return ""

    def _behind(self, form: int, position: int, head: _Head) -> int:
        """Return where the value of a form ends. Raises Truncated for a form that nobody defined."""
        if form in _SIZES:
            return position + _SIZES[form]
        if form in _NUMBERS:
            return self._info.leb128(position)[1]
        if form in _OFFSETS:
            return position + head.wide
        if form == 0x01 or (form == 0x10 and head.version == 2):
            return position + head.address
        if form == 0x10:
            return position + head.wide
        if form == 0x08:
            return position + _until(self._info, position) + 1
        if form in _BLOCKS:
            return position + _BLOCKS[form] + self._number(self._info, position, _BLOCKS[form])
        if form in (0x09, 0x18):
            size, position = self._info.leb128(position)
            return position + size
        raise Truncated(f"form {form:#x}", position)


def _section(elf: Elf, name: str) -> View:
    """Return the bytes of a section, unpacked when the linker packed them; empty when there is none."""
    section = elf.section(name)
    if section is None or section.offset + section.size > elf.view.size:
        return View(b"")
    data = elf.view.data[section.offset : section.offset + section.size]
    if not section.flags & SHF_COMPRESSED:
        return View(data)
    head = 24 if elf.bits == 64 else 12
    if int.from_bytes(data[:4], "little" if elf.little else "big") != 1:
        return View(b"")
    try:
        return View(zlib.decompressobj().decompress(data[head:], MAX_SECTION))
    except zlib.error:
        return View(b"")


def _until(view: View, position: int) -> int:
    """Return the bytes before the next NUL. Raises Truncated."""
    for start in range(position, min(view.size, position + 64 * MAX_TEXT), MAX_TEXT):
        at = bytes(view.data[start : start + MAX_TEXT]).find(b"\0")
        if at >= 0:
            return start + at - position
    raise Truncated("a text has no end", position)


def _terminated(view: View, position: int) -> str:
    view.need(position, 1)
    return bytes(view.data[position : position + MAX_TEXT]).partition(b"\0")[0].decode("utf-8", "backslashreplace")
