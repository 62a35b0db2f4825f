"""Do the parts of an ELF file agree with each other?

A parser that meets damage often returns other facts without an error. The format is redundant:
the same table is named by a section, a segment and a dynamic entry, hashes stand beside names,
ranges have to lie in the file. Each check compares two such statements and holds for every file
a linker writes (System V gABI; Linux Standard Base for versions and hash tables).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from auditor.identify import elf_hashes
from auditor.identify.elf_file import (
    DT_STRSZ,
    DT_STRTAB,
    ET_DYN,
    ET_EXEC,
    ET_REL,
    PT_DYNAMIC,
    PT_LOAD,
    PT_NOTE,
    PT_PHDR,
    SHF_ALLOC,
    SHT_DYNAMIC,
    SHT_DYNSYM,
    SHT_NOBITS,
    SHT_NOTE,
    SHT_STRTAB,
    SHT_SYMTAB,
    Elf,
    Section,
)
from auditor.identify.elf_hashes import SHT_GNU_HASH, SHT_HASH, Issue

MAX_PAIRS = 1 << 20
"""Sections times load segments that are compared."""
OUTSIDE = "lies outside the file"

SHT_RELA, SHT_REL, SHT_VERSYM = 4, 9, 0x6FFFFFFF
PT_TLS, PT_GNU_EH_FRAME = 7, 0x6474E550
RESERVED = 0x60000000

_FIXED_TYPES = {
    ".dynsym": SHT_DYNSYM,
    ".dynstr": SHT_STRTAB,
    ".dynamic": SHT_DYNAMIC,
    ".symtab": SHT_SYMTAB,
    ".strtab": SHT_STRTAB,
    ".shstrtab": SHT_STRTAB,
    ".comment": 1,
    ".interp": 1,
    ".note.gnu.build-id": SHT_NOTE,
    ".hash": SHT_HASH,
    ".gnu.hash": SHT_GNU_HASH,
    ".gnu.version": SHT_VERSYM,
}
_SAME_PLACE = {  # dynamic tag -> section type whose address it repeats
    4: SHT_HASH,
    6: SHT_DYNSYM,
    0x6FFFFEF5: SHT_GNU_HASH,
    0x6FFFFFF0: SHT_VERSYM,
    0x6FFFFFFE: 0x6FFFFFFE,
    0x6FFFFFFC: 0x6FFFFFFD,
}
_COUNTS = {0x6FFFFFFF: 0x6FFFFFFE, 0x6FFFFFFD: 0x6FFFFFFD}
"""DT_VERNEEDNUM and DT_VERDEFNUM -> section type whose `info` repeats the count."""
_ADDRESSES = {3, 4, 5, 6, 7, 17, 23, 25, 26, 32, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFE}
_SINGLE_TAGS = {2, 4, 5, 6, 7, 8, 9, 10, 11, 14, 17, 18, 19, 20, 23, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFE}
_NO_FLAGS = {3, 62, 183}
"""Machines whose e_flags are always zero: i386, x86-64, AArch64."""


def check(elf: Elf) -> list[Issue]:
    """Return what does not agree, the reader's own issues first; empty for a sound file."""
    issues = list(elf.issues)
    for part in (
        _header,
        _sections,
        _segments,
        _places,
        _dynamic,
        _dynamic_whole,
        elf_hashes.versions,
        elf_hashes.symbols,
    ):
        issues.extend(part(elf))
    return issues


def _power_of_two(value: int) -> bool:
    return value & (value - 1) == 0


def _header(elf: Elf) -> Iterator[Issue]:
    header = elf.header
    wide = elf.bits == 64
    ident = elf.view.head(16)
    if ident[6] != 1 or header.version != 1:
        yield "the format version is not 1", 6
    if any(ident[9:16]):
        yield "identification padding is not empty", 9
    if header.ehsize != (64 if wide else 52):
        yield f"header size {header.ehsize}", 52 if wide else 40
    if header.phnum and header.phentsize != (56 if wide else 32):
        yield f"segment entry size {header.phentsize}", 54 if wide else 42
    if header.shnum and header.shentsize != (64 if wide else 40):
        yield f"section entry size {header.shentsize}", 58 if wide else 46
    if header.shoff % 4 or header.phoff % 4:
        yield "a header table is not aligned", None
    if bool(header.phnum) != bool(header.phoff) and header.type != ET_REL:
        yield "segment table without entries, or the reverse", None
    if not 1 <= header.type <= 4 and header.type < 0xFE00:
        yield f"file type {header.type}", 16
    if not header.machine or (header.machine in _NO_FLAGS and header.flags):
        yield f"machine {header.machine} with flags {header.flags:#x}", 18
    if header.shoff and not elf.sections and not elf.issues:
        yield "section table without entries", header.shoff
    ends = header.phoff + header.phnum * header.phentsize, header.shoff + len(elf.sections) * header.shentsize
    if header.phoff and header.shoff and header.phoff < ends[1] and header.shoff < ends[0]:
        yield "section and segment tables overlap", header.shoff
    loadable = header.type in (ET_EXEC, ET_DYN) and elf.segments and elf.interpreter is not None
    if loadable and not any(s.type == PT_LOAD and s.vaddr <= header.entry < s.vaddr + s.memsz for s in elf.segments):
        yield f"entry point {header.entry:#x} lies in no segment", 24


def _sections(elf: Elf) -> Iterator[Issue]:
    entry_sizes = {SHT_SYMTAB: 24, SHT_DYNSYM: 24, SHT_RELA: 24, SHT_REL: 16, SHT_DYNAMIC: 16, SHT_VERSYM: 2}
    if elf.bits == 32:
        entry_sizes = {SHT_SYMTAB: 16, SHT_DYNSYM: 16, SHT_RELA: 12, SHT_REL: 8, SHT_DYNAMIC: 8, SHT_VERSYM: 2}
    base, step = elf.header.shoff, elf.header.shentsize
    count, size = len(elf.sections), elf.view.size
    for index, section in enumerate(elf.sections):
        name, kind, flags, address, offset, length, link, _, align, entry_size = section
        at = base + index * step
        if not index:
            if kind or address or offset or flags:
                yield "section 0 is not empty", at
            continue
        if kind != SHT_NOBITS and kind and offset + length > size:
            yield f"section {name!r} lies outside the file", at
        if align & (align - 1):
            yield f"section {name!r} has alignment {align}", at
        elif align > 1 and flags & SHF_ALLOC and address % align:
            yield f"section {name!r} is not aligned", at
        if 20 < kind < RESERVED or (kind == 0 and length):
            yield f"section {name!r} has type {kind:#x}", at
        if kind < RESERVED and link >= count:
            yield f"section {name!r} links to section {link} of {count}", at
        if kind != SHT_NOBITS and _FIXED_TYPES.get(name, kind) != kind:
            yield f"section {name!r} has type {kind:#x}", at
        if "\\x" in name or not name.isprintable():
            yield "a section name is not text", at
        expected = entry_sizes.get(kind)
        if expected and (entry_size != expected or length % expected):
            yield f"section {name!r} has entries of {entry_size} bytes", at
        # boot firmware's linker scripts discard the names of a table that holds the empty symbol only
        nameless = kind == SHT_DYNSYM and length == expected
        if kind in (SHT_SYMTAB, SHT_DYNSYM) and link < count and elf.sections[link].type != SHT_STRTAB and not nameless:
            yield f"section {name!r} has no string table", at
    yield from _overlaps(elf)


def _overlaps(elf: Elf) -> Iterator[Issue]:
    """Sections with bytes do not share them, and a string table starts and ends with NUL."""
    own = [s for s in elf.sections if s.type not in (0, SHT_NOBITS) and s.size]
    notes = {s.offset for s in own if s.type == SHT_NOTE}
    placed = sorted((s.offset, s.size, s.name) for s in own)
    end, before = 0, ""
    for offset, size, name in placed:
        if offset < end and offset in notes and offset + size <= end:
            continue  # Xen's mkelf32 puts the program into one section and names the notes inside it once more
        if offset < end:
            yield f"sections {before!r} and {name!r} overlap", offset
        end, before = offset + size, name
    tables = (
        (elf.header.phoff, len(elf.segments) * elf.header.phentsize),
        (
            elf.header.shoff,
            len(elf.sections) * elf.header.shentsize,
        ),
    )
    for start, length in tables:
        if length and any(offset < start + length and start < offset + size for offset, size, _ in placed):
            yield "a section overlaps a header table", start
    for section in elf.sections:
        if section.type == SHT_STRTAB and 0 < section.size <= elf.view.size - section.offset:
            ends = elf.view.data[section.offset], elf.view.data[section.offset + section.size - 1]
            if any(ends):
                yield f"string table {section.name!r} has no end", section.offset


def _segments(elf: Elf) -> Iterator[Issue]:
    base, step = elf.header.phoff, elf.header.phentsize
    loads = [s for s in elf.segments if s.type == PT_LOAD]
    for index, segment in enumerate(elf.segments):
        at = base + index * step
        if segment.filesz and segment.offset + segment.filesz > elf.view.size:
            yield f"segment {index} {OUTSIDE}", at
        if not (segment.type <= PT_TLS or segment.type >= RESERVED):
            yield f"segment {index} has type {segment.type:#x}", at
        if not _power_of_two(segment.align):
            yield f"segment {index} has alignment {segment.align}", at
        if segment.flags & 0x000FFFF8:
            yield f"segment {index} has flags {segment.flags:#x}", at
        if segment.type == PT_LOAD:
            if segment.filesz > segment.memsz:
                yield f"segment {index} has more bytes than memory", at
            # only a loader of an operating system maps pages; programmers copy bytes
            odd = segment.align > 1 and (segment.vaddr - segment.offset) % segment.align
            if odd and not elf.is_bare_metal and elf.header.type != ET_REL:
                yield f"segment {index} is not aligned", at
        elif segment.type == PT_PHDR and segment.offset != elf.header.phoff:
            yield "the segment table is not where its segment says", at
        elif segment.type in (PT_DYNAMIC, PT_GNU_EH_FRAME) and segment.filesz and loads:
            whole = (
                s for s in loads if s.offset <= segment.offset and segment.vaddr - s.vaddr == segment.offset - s.offset
            )
            if not any(segment.offset + segment.filesz <= s.offset + s.filesz for s in whole):
                yield f"segment {index} lies in no load segment", at
    spans = sorted((s.vaddr, s.memsz) for s in loads if s.memsz)
    for (start, length), (following, _) in pairwise(spans):
        if start + length > following and not elf.is_bare_metal:
            yield "load segments overlap", base


def _places(elf: Elf) -> Iterator[Issue]:
    """A section that is loaded lies in a load segment, at the address the segment gives it."""
    if elf.header.type not in (ET_EXEC, ET_DYN) or not elf.segments:
        return
    loads = [s for s in elf.segments if s.type == PT_LOAD]
    if len(loads) * len(elf.sections) > MAX_PAIRS:
        yield f"{len(loads)} load segments for {len(elf.sections)} sections", None
        return
    shifts = [(s.offset, s.offset + s.filesz, s.vaddr - s.offset) for s in loads]
    for section in elf.sections:
        if section.flags & SHF_ALLOC and section.type not in (0, SHT_NOBITS) and section.size:
            for start, end, shift in shifts:
                if start <= section.offset < end and section.address - section.offset == shift:
                    break
            else:
                yield f"section {section.name!r} is not where the segments put it", section.offset
    twins = {PT_DYNAMIC: SHT_DYNAMIC, PT_NOTE: SHT_NOTE}
    for segment in elf.segments:
        kind = twins.get(segment.type)
        if kind is None or not segment.filesz:
            continue
        same = [s for s in elf.sections if s.type == kind]
        if elf.sections and not any(s.offset == segment.offset for s in same):
            yield "a segment and its section name different places", segment.offset
        if kind == SHT_DYNAMIC and any(s.size != segment.filesz for s in same):
            yield "the dynamic section and its segment differ in size", segment.offset


def _dynamic(elf: Elf) -> Iterator[Issue]:
    """Each entry of the dynamic section against the segments and the section it repeats."""
    seen: set[int] = set()
    by_type: dict[int, Section] = {s.type: s for s in elf.sections}
    spans = [(s.vaddr, s.vaddr + s.memsz) for s in elf.segments if s.type == PT_LOAD]
    for tag, value in elf.dynamic:
        if not (tag < 0x26 or tag >= RESERVED):
            yield f"dynamic tag {tag:#x}", None
        if tag in _SINGLE_TAGS and tag in seen:
            yield f"dynamic tag {tag} stands twice", None
        seen.add(tag)
        if tag in _ADDRESSES and value:
            for start, end in spans:
                if start <= value < end:
                    break
            else:
                yield f"dynamic tag {tag:#x} points outside the segments", None
        twin = by_type.get(_SAME_PLACE[tag]) if tag in _SAME_PLACE else None
        if twin is not None and twin.address and twin.address != value:
            yield f"dynamic tag {tag:#x} and section {twin.name!r} name different places", None
        counted = by_type.get(_COUNTS[tag]) if tag in _COUNTS else None
        if counted is not None and counted.info != value:
            yield f"dynamic tag {tag:#x} and section {counted.name!r} count differently", None


def _dynamic_whole(elf: Elf) -> Iterator[Issue]:
    """What the dynamic section has to say as a whole, and the names it leads to."""
    if not elf.dynamic:
        return
    values = dict(elf.dynamic)
    symbols = elf.section(".dynsym")
    nameless = symbols is not None and symbols.size == symbols.entry_size and not values.get(DT_STRTAB)
    if nameless and elf.interpreter is None:
        return  # boot firmware that moves itself: its linker script keeps the relocations and discards the names
    if not {DT_STRTAB, 6, DT_STRSZ, 11} <= values.keys():
        yield "the dynamic section misses a mandatory entry", None
    strings = elf.section(".dynstr")
    place = (values.get(DT_STRTAB), values.get(DT_STRSZ))
    if strings is not None and strings.address and place != (strings.address, strings.size):
        yield "the dynamic string table and its section name different places", None
    if values.get(11, 0) != (24 if elf.bits == 64 else 16):
        yield f"dynamic symbols of {values.get(11, 0)} bytes", None
    if values.get(20, 7) not in (7, 17):
        yield f"PLT relocation type {values.get(20)}", None
    for name in (*elf.needed, elf.soname or "-", *elf.rpath):
        if not name.isprintable() or "\\x" in name:
            yield "a library name is not text", None
