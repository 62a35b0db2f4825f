"""The steps of reading an ELF: each takes bytes of one table and gives part of the record."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from auditor.identify.elf_file import (
    DT_NEEDED,
    DT_RPATH,
    DT_RUNPATH,
    DT_SONAME,
    DT_STRSZ,
    DT_STRTAB,
    MAX_COMMENT,
    MAX_DYNAMIC,
    MAX_NAME,
    MAX_NAMES,
    MAX_NOTE,
    MAX_NOTES,
    MAX_SECTIONS,
    MAX_SEGMENTS,
    MAX_TABLES,
    MAX_VERSIONS,
    PT_DYNAMIC,
    PT_INTERP,
    PT_LOAD,
    PT_NOTE,
    SHT_DYNAMIC,
    SHT_NOBITS,
    SHT_NOTE,
    SHT_STRTAB,
    SHT_VERDEF,
    SHT_VERNEED,
    Elf,
    Header,
    Note,
    Section,
    Segment,
    VersionNeed,
    string_at,
    text,
)
from auditor.unpack.view import View

_HEADER = {32: "HHIIIIIHHHHHH", 64: "HHIQQQIHHHHHH"}
_SECTION = {32: "10I", 64: "IIQQQQIIQQ"}
_SEGMENT = {32: "8I", 64: "IIQQQQQQ"}
_DYNAMIC = {32: "II", 64: "QQ"}
_LAYOUTS = {
    (bits, little): tuple(
        struct.Struct(("<" if little else ">") + table[bits]) for table in (_HEADER, _SECTION, _SEGMENT, _DYNAMIC)
    )
    for bits in (32, 64)
    for little in (True, False)
}
_SINGLE_STRINGS = (DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH)


class Reading:
    """Reads one file; faults are collected, never raised, except for a header that is cut off."""

    def __init__(self, view: View, bits: int, little: bool, abi: int) -> None:
        self.view = view
        self.bits = bits
        self.little = little
        self.abi = abi
        self.order = "<" if little else ">"
        self.header_layout, self.section_layout, self.segment_layout, self.dynamic_layout = _LAYOUTS[bits, little]
        self.issues: list[tuple[str, int | None]] = []

    def elf(self) -> Elf:
        """Read everything. Raises Truncated when the file header does not fit."""
        self.header = Header(*self.view.unpack(self.header_layout, 16))
        self.sections = self._sections()
        self.segments = self._segments()
        dynamic, strings = self._dynamic()
        names: dict[int, list[str]] = {tag: [] for tag in _SINGLE_STRINGS}
        for tag, value in dynamic:
            if tag in names:
                name = string_at(strings, value)
                if name:
                    names[tag].append(name)
                else:
                    self.issues.append((f"dynamic entry {tag} names no string", None))
        needs, defines = self._versions()
        return Elf(
            view=self.view,
            bits=self.bits,
            little=self.little,
            abi=self.abi,
            header=self.header,
            sections=self.sections,
            segments=self.segments,
            dynamic=dynamic,
            soname=names[DT_SONAME][0] if names[DT_SONAME] else None,
            needed=tuple(names[DT_NEEDED]),
            rpath=tuple(names[DT_RPATH] + names[DT_RUNPATH]),
            interpreter=self._interpreter(),
            notes=tuple(self._notes()),
            comments=self._comments(),
            versions_needed=needs,
            versions_defined=defines,
            issues=self.issues,
        )

    def _bytes(self, offset: int, size: int, what: str, limit: int | None = None) -> bytes:
        """Copy a range, cut at `limit`; an issue and nothing when it lies outside the file."""
        if offset + size > self.view.size:
            self.issues.append((f"{what} ({size} bytes at {offset:#x}) lies outside the file", offset))
            return b""
        return bytes(self.view.data[offset : offset + (size if limit is None else min(size, limit))])

    def _sections(self) -> tuple[Section, ...]:
        header, layout = self.header, self.section_layout
        if not header.shoff:
            return ()
        count, names_index = header.shnum, header.shstrndx
        if (not count or names_index == 0xFFFF) and header.shoff + layout.size <= self.view.size:
            # gABI: counts that do not fit stand in section 0
            first = layout.unpack_from(self.view.data, header.shoff)
            count, names_index = count or first[5], first[6] if names_index == 0xFFFF else names_index
        if count > MAX_SECTIONS:
            self.issues.append((f"{count} sections", header.shoff))
            return ()
        rows = list(layout.iter_unpack(self._bytes(header.shoff, count * layout.size, "the section table")))
        strings = b""
        if names_index < len(rows):
            strings = self._bytes(rows[names_index][4], rows[names_index][5], "the section name table")
            if rows[names_index][1] != SHT_STRTAB:
                self.issues.append(("the section name table has another type", header.shoff))
        elif rows:
            self.issues.append((f"section name table index {names_index} of {len(rows)} sections", None))
        sections = []
        room = MAX_NAMES
        for row in rows:
            end = strings.find(b"\0", row[0], row[0] + MAX_NAME)
            if end < 0:
                self.issues.append(("a section has no name", header.shoff))
            room -= max(0, end - row[0])
            if room < 0:
                self.issues.append(("the section names share their texts", header.shoff))
                break
            sections.append(Section(text(strings[row[0] : end]) if end > 0 else "", *row[1:]))
        return tuple(sections)

    def _segments(self) -> tuple[Segment, ...]:
        header, layout = self.header, self.segment_layout
        if not header.phoff:
            return ()
        count = header.phnum
        if count == 0xFFFF and self.sections:  # PN_XNUM: the count stands in section 0
            count = self.sections[0].info
        if count > MAX_SEGMENTS:
            self.issues.append((f"{count} segments", header.phoff))
            return ()
        rows = layout.iter_unpack(self._bytes(header.phoff, count * layout.size, "the segment table"))
        if self.bits == 64:
            return tuple(Segment(*row) for row in rows)
        return tuple(Segment(row[0], row[6], row[1], row[2], row[3], row[4], row[5], row[7]) for row in rows)

    def file_offset(self, address: int) -> int | None:
        """Map a virtual address to its file offset through the load segments."""
        for segment in self.segments:
            if segment.type == PT_LOAD and segment.vaddr <= address < segment.vaddr + segment.filesz:
                return segment.offset + address - segment.vaddr
        return None

    def _dynamic(self) -> tuple[tuple[tuple[int, int], ...], bytes]:
        """Return the (tag, value) pairs and the string table they point into."""
        place = next(((s.offset, s.filesz) for s in self.segments if s.type == PT_DYNAMIC), None)
        section = next((s for s in self.sections if s.type == SHT_DYNAMIC), None)
        if place is None and section is not None:
            place = (section.offset, section.size)
        only_debug = any(s.type == SHT_NOBITS and s.name == ".dynamic" for s in self.sections)
        if place is None or only_debug:
            return (), b""
        size = place[1] - place[1] % self.dynamic_layout.size
        raw = self._bytes(place[0], size, "the dynamic section", MAX_DYNAMIC * self.dynamic_layout.size)
        pairs: list[tuple[int, int]] = []
        for tag, value in self.dynamic_layout.iter_unpack(raw):
            if not tag:
                break
            pairs.append((tag, value))
        else:
            self.issues.append(("the dynamic section has no end", place[0]))
        values = dict(pairs)
        offset = self.file_offset(values.get(DT_STRTAB, 0)) if DT_STRTAB in values else None
        size = values.get(DT_STRSZ, 0)
        if offset is None and section is not None and section.link < len(self.sections):
            strings = self.sections[section.link]
            offset, size = strings.offset, strings.size
        if offset is None:
            self.issues.append(("the dynamic section has no string table", place[0]))
            return tuple(pairs), b""
        return tuple(pairs), self._bytes(offset, size, "the dynamic string table")

    def _interpreter(self) -> str | None:
        if any(s.type == SHT_NOBITS and s.name == ".interp" for s in self.sections):  # only debug information
            return None
        for segment in self.segments:
            if segment.type == PT_INTERP:
                raw = self._bytes(segment.offset, segment.filesz, "the interpreter", MAX_NAME)
                if raw.endswith(b"\0") and len(raw) > 1:
                    return text(raw[: raw.index(b"\0")])
                self.issues.append(("the interpreter is not a text", segment.offset))
        return None

    def _comments(self) -> tuple[str, ...]:
        for section in self.sections:
            if section.name == ".comment" and section.type != SHT_NOBITS:
                raw = self._bytes(section.offset, section.size, ".comment", MAX_COMMENT)
                return tuple(sorted({text(part) for part in raw.split(b"\0") if part}))
        return ()

    def _notes(self) -> Iterator[Note]:
        places = [(s.offset, s.size, s.align) for s in self.sections if s.type == SHT_NOTE]
        exact = bool(places)  # without sections the segment may hold anything, as in signed firmware
        places = places or [(s.offset, s.filesz, s.align) for s in self.segments if s.type == PT_NOTE]
        layout = struct.Struct(self.order + "III")
        count = 0
        for start, size, align in places:
            if start + size > self.view.size:
                if not exact:
                    continue  # the check of the segments says so
                self.issues.append((f"notes ({size} bytes at {start:#x}) lie outside the file", start))
                continue
            offset, end, step = start, start + size, 8 if align == 8 else 4
            while offset + 12 <= end and count < MAX_NOTES:
                name_size, content_size, kind = layout.unpack_from(self.view.data, offset)
                content = offset + (12 + name_size + step - 1) // step * step
                if content + content_size > end:
                    if exact:
                        self.issues.append((f"a note at {offset:#x} is longer than its section", offset))
                    break
                owner = bytes(self.view.data[offset + 12 : offset + 12 + min(name_size, 64)]).split(b"\0", 1)[0]
                limited = min(content_size, MAX_NOTE)
                yield Note(text(owner), kind, bytes(self.view.data[content : content + limited]), content)
                offset = content + (content_size + step - 1) // step * step
                count += 1

    def _versions(self) -> tuple[tuple[VersionNeed, ...], tuple[tuple[str, int], ...]]:
        needs: list[VersionNeed] = []
        defines: list[tuple[str, int]] = []
        tables = [section for section in self.sections if section.type in (SHT_VERNEED, SHT_VERDEF)]
        for section in tables[:MAX_TABLES]:
            if section.link < len(self.sections):
                strings = self.sections[section.link]
                names = self._bytes(strings.offset, strings.size, "the version string table")
                raw = self._bytes(section.offset, section.size, "the version table")
                if section.type == SHT_VERNEED:
                    needs.extend(self._version_needs(raw, names, section.info))
                else:
                    defines.extend(self._version_definitions(raw, names, section.info))
        return tuple(needs), tuple(defines)

    def _version_needs(self, raw: bytes, names: bytes, count: int) -> Iterator[VersionNeed]:
        """Walk Verneed (version, count, file, aux, next) and Vernaux (hash, flags, other, name, next)."""
        need, aux = struct.Struct(self.order + "HHIII"), struct.Struct(self.order + "IHHII")
        offset, left = 0, MAX_VERSIONS
        for _ in range(min(count, MAX_VERSIONS)):
            if offset + need.size > len(raw):
                self.issues.append(("a version requirement lies outside its table", None))
                return
            _, entries, file, first, following = need.unpack_from(raw, offset)
            library, place = string_at(names, file) or "", offset + first
            for _ in range(min(entries, left)):
                if place + aux.size > len(raw):
                    self.issues.append(("a version requirement lies outside its table", None))
                    return
                digest, _, _, name, step = aux.unpack_from(raw, place)
                yield VersionNeed(library, string_at(names, name) or "", digest)
                place, left = place + step, left - 1
                if not step:
                    break
            if not following:
                return
            offset += following

    def _version_definitions(self, raw: bytes, names: bytes, count: int) -> Iterator[tuple[str, int]]:
        """Walk Verdef (version, flags, index, count, hash, aux, next) and the first Verdaux (name, next)."""
        layout = struct.Struct(self.order + "HHHHIII")
        offset = 0
        for _ in range(min(count, MAX_VERSIONS)):
            if offset + layout.size > len(raw):
                self.issues.append(("a version definition lies outside its table", None))
                return
            _, _, _, _, digest, first, following = layout.unpack_from(raw, offset)
            place = offset + first
            if place + 4 <= len(raw):
                name = int.from_bytes(raw[place : place + 4], "little" if self.little else "big")
                yield string_at(names, name) or "", digest
            if not following:
                return
            offset += following
