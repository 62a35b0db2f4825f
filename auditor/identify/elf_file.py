"""A bounds-checked reader of ELF files: headers, dynamic section, notes, comment, versions, symbols.

It reads what the audit asks for and nothing else, touches only those bytes of the mapping, and
never raises: what cannot be read is missing from the record and named in `issues`. Layouts are
those of the System V gABI chapters 4 and 5 and of the Linux Standard Base (symbol versions).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from auditor.unpack.view import Truncated, View

MAX_SECTIONS = 65_536
MAX_SEGMENTS = 1_024
MAX_DYNAMIC = 4_096
MAX_NOTES = 256
MAX_NOTE = 16_384
MAX_COMMENT = 65_536
MAX_VERSIONS = 4_096
MAX_SYMBOLS = 1_000_000
MAX_NAME = 4_096
MAX_NAMES = 64 << 20
"""Bytes of all names of one file together: tables may share their texts."""
MAX_TABLES = 4
"""Tables of one type that are read; linkers write one."""

SHT_SYMTAB, SHT_STRTAB, SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM = 2, 3, 6, 7, 8, 11
SHT_VERDEF, SHT_VERNEED = 0x6FFFFFFD, 0x6FFFFFFE
SHF_ALLOC = 2
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR = 1, 2, 3, 4, 6
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 10, 14, 15, 29
ET_REL, ET_EXEC, ET_DYN = 1, 2, 3


class Section(NamedTuple):
    """One section header; sizes and offsets in bytes."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int


class Segment(NamedTuple):
    """One program header; sizes and offsets in bytes."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int


class Note(NamedTuple):
    """One note: owner, type, content (cut at 16 KiB), where the content stands."""

    owner: str
    type: int
    content: bytes
    offset: int


class Header(NamedTuple):
    """The file header after the identification bytes, in the order of the file."""

    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int


class VersionNeed(NamedTuple):
    """A symbol version that a library has to offer."""

    library: str
    version: str
    hash: int


@dataclass(frozen=True)
class Elf:
    """What was read. Empty tuples and None mean: not in the file, or see `issues`."""

    view: View
    bits: int
    little: bool
    abi: int
    """EI_OSABI"""
    header: Header
    sections: tuple[Section, ...] = ()
    segments: tuple[Segment, ...] = ()
    dynamic: tuple[tuple[int, int], ...] = ()
    """(tag, value) pairs up to DT_NULL."""
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    interpreter: str | None = None
    notes: tuple[Note, ...] = ()
    comments: tuple[str, ...] = ()
    """Distinct texts of `.comment`, sorted."""
    versions_needed: tuple[VersionNeed, ...] = ()
    versions_defined: tuple[tuple[str, int], ...] = ()
    """(version, hash) pairs."""
    issues: list[tuple[str, int | None]] = field(default_factory=list)
    """(what is wrong, file offset) pairs found while reading."""

    @property
    def machine(self) -> int:
        """e_machine."""
        return self.header.machine

    @property
    def type(self) -> int:
        """e_type."""
        return self.header.type

    @cached_property
    def build_id(self) -> str | None:
        """The GNU build id in hex."""
        return next((note.content.hex() for note in self.notes if note.owner == "GNU" and note.type == 3), None)

    @cached_property
    def is_bare_metal(self) -> bool:
        """An executable that no loader of an operating system completes (also static Linux programs)."""
        return self.header.type == ET_EXEC and not self.needed and all(s.type != PT_INTERP for s in self.segments)

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        return self._sections_by_name.get(name)

    @cached_property
    def _sections_by_name(self) -> dict[str, Section]:
        return {section.name: section for section in reversed(self.sections)}

    def content(self, section: Section, limit: int) -> bytes:
        """Copy at most `limit` bytes of a section; empty when it has none or they lie outside the file."""
        if section.type == SHT_NOBITS or section.offset + section.size > self.view.size:
            return b""
        return self.view.copy(section.offset, min(section.size, limit))

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Names in `.symtab` and `.dynsym`; the first use costs a walk over both tables."""
        return self._named(lambda _info, _index: True, SHT_SYMTAB, SHT_DYNSYM)

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names of symbols in both tables that the file defines."""
        return self._named(lambda _info, index: index > 0, SHT_SYMTAB, SHT_DYNSYM)

    @cached_property
    def exported(self) -> frozenset[str]:
        """Names of global symbols in `.dynsym` that the file defines."""
        return self._named(lambda info, index: index > 0 and info >> 4 in (1, 2, 10), SHT_DYNSYM)

    def mentions(self, text: bytes) -> bool:
        """Tell whether a string table of symbols contains some bytes; much cheaper than `symbols`."""
        names = (self.section(name) for name in (".dynstr", ".strtab"))
        return any(text in self.content(section, section.size) for section in names if section is not None)

    def tables(self, kind: int) -> list[Section]:
        """Return the first few sections of a type whose string table exists."""
        found = [section for section in self.sections if section.type == kind and section.link < len(self.sections)]
        return found[:MAX_TABLES]

    def _named(self, wanted: Callable[[int, int], bool], *kinds: int) -> frozenset[str]:
        """Return the names in the tables of some types whose (info, section index) is wanted."""
        # name, info, section index; the rest of a row is not decoded
        layout = struct.Struct(("<" if self.little else ">") + ("IBxH16x" if self.bits == 64 else "I8xBxH"))
        found: set[str] = set()
        room = MAX_NAMES
        for section in (section for kind in kinds for section in self.tables(kind)):
            table = self.content(section, MAX_SYMBOLS * layout.size)
            rows = layout.iter_unpack(table[: len(table) // layout.size * layout.size])
            starts = dict.fromkeys([start for start, info, index in rows if wanted(info, index)])
            room = _take_names(self.content(self.sections[section.link], self.view.size), starts, room, found)
        return frozenset(found)


def _take_names(raw: bytes, starts: Iterable[int], room: int, found: set[str]) -> int:
    """Add the names at some offsets of a string table, of at most `room` bytes together; return what is left of it."""
    # one decoding of the whole is faster than one per name; other bytes change the offsets
    strings: Any = raw.decode("ascii") if raw.isascii() else raw
    end_mark: Any = "\0" if raw.isascii() else b"\0"
    for start in starts:
        end = strings.find(end_mark, start, start + MAX_NAME)
        if end > start:
            room -= end - start
            if room < 0:
                break
            name = strings[start:end]
            found.add(name if isinstance(name, str) else text(name))
    return room


def text(raw: bytes) -> str:
    """Decode a name: bytes that are not ASCII become visible escapes."""
    return raw.decode("ascii", "backslashreplace")


def string_at(strings: bytes, offset: int) -> str | None:
    """Return the NUL-terminated string at an offset of a string table, None when there is none."""
    end = strings.find(b"\0", offset, offset + MAX_NAME)
    return text(strings[offset:end]) if offset >= 0 and end >= 0 else None


def read(view: View) -> Elf | None:
    """Read an ELF file; None when the identification is not one of an ELF."""
    if view.head(4) != b"\x7fELF":
        return None
    from auditor.identify.elf_reading import Reading

    ident = view.head(16)
    if len(ident) < 16 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        return None
    try:
        return Reading(view, bits=32 * ident[4], little=ident[5] == 1, abi=ident[7]).elf()
    except Truncated:
        return None
