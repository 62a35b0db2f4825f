"""Each check of an ELF file's structure notices the one disagreement it is for."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import elf_writer
import pytest

from auditor.identify import elf_file, elf_structure
from auditor.unpack.view import View

SOUND = elf_writer.shared_object(interpreter="/lib/ld-demo.so.1")
Edit = Callable[[bytearray, elf_file.Elf], None]


def read(data: bytes) -> elf_file.Elf:
    found = elf_file.read(View(data))
    assert found is not None
    return found


def issues(edit: Edit) -> list[str]:
    data = bytearray(SOUND)
    edit(data, read(SOUND))
    return [message for message, _ in elf_structure.check(read(bytes(data)))]


def header(offset: int, shape: str, value: int) -> Edit:
    return lambda data, _: struct.pack_into("<" + shape, data, offset, value)


def section(name: str, offset: int, shape: str, value: int) -> Edit:
    """Set a field of a section's entry; a value below 0 adds to what stands there."""

    def edit(data: bytearray, elf: elf_file.Elf) -> None:
        number = [one.name for one in elf.sections].index(name)
        place = elf.header.shoff + number * elf.header.shentsize + offset
        (before,) = struct.unpack_from("<" + shape, data, place)
        struct.pack_into("<" + shape, data, place, value if value >= 0 else before - value)

    return edit


def segment(kind: int, offset: int, shape: str, value: int) -> Edit:
    """Set a field of the first segment of a type; a value below 0 adds to what stands there."""

    def edit(data: bytearray, elf: elf_file.Elf) -> None:
        number = [one.type for one in elf.segments].index(kind)
        place = elf.header.phoff + number * elf.header.phentsize + offset
        (before,) = struct.unpack_from("<" + shape, data, place)
        struct.pack_into("<" + shape, data, place, value if value >= 0 else before - value)

    return edit


def dynamic(tag: int, new_tag: int | None = None, value: int | None = None) -> Edit:
    def edit(data: bytearray, elf: elf_file.Elf) -> None:
        table = elf.section(".dynamic")
        assert table is not None
        number = [one for one, _ in elf.dynamic].index(tag)
        place = table.offset + 16 * number
        if new_tag is not None:
            struct.pack_into("<Q", data, place, new_tag)
        if value is not None:
            struct.pack_into("<Q", data, place + 8, value)

    return edit


def unterminated(data: bytearray, elf: elf_file.Elf) -> None:
    table = elf.section(".dynstr")
    assert table is not None
    data[table.offset + table.size - 1] = 0x41


def named(data: bytearray, elf: elf_file.Elf, letter: bytes) -> None:
    """Put a control character into the name of a section."""
    place = data.rindex(b".comment\0")
    data[place + 1 : place + 2] = letter


def renamed(data: bytearray, elf: elf_file.Elf, letter: bytes) -> None:
    """Put a control character into the name of a library."""
    place = data.index(b"libc.so.6\0")
    data[place + 3 : place + 4] = letter


CASES: list[tuple[str, Edit]] = [
    ("the format version is not 1", header(6, "B", 2)),
    ("the format version is not 1", header(20, "I", 2)),
    ("identification padding is not empty", header(12, "B", 1)),
    ("header size 63", header(52, "H", 63)),
    ("file type 9", header(16, "H", 9)),
    ("machine 0 with", header(18, "H", 0)),
    ("with flags 0x5", header(48, "I", 5)),
    ("lies in no segment", header(24, "Q", 0x7FFF0000)),
    ("a header table is not aligned", header(40, "Q", len(SOUND) - 2)),
    ("segment entry size 55", header(54, "H", 55)),
    ("section entry size 63", header(58, "H", 63)),
    ("segment table without entries", header(32, "Q", 0)),
    ("segment table without entries", header(56, "H", 0)),
    ("section and segment tables overlap", header(32, "Q", read(SOUND).header.shoff)),
    ("section 0 is not empty", section("", 16, "Q", 64)),
    ("lies outside the file", section(".comment", 32, "Q", len(SOUND))),
    ("has alignment 3", section(".comment", 48, "Q", 3)),
    ("is not aligned", section(".dynamic", 16, "Q", -1)),
    ("has type 0x30", section(".comment", 4, "I", 0x30)),
    ("section '.comment' has type 0x0", section(".comment", 4, "I", 0)),
    ("a section name is not text", lambda data, elf: named(data, elf, b"\x07")),
    ("a library name is not text", lambda data, elf: renamed(data, elf, b"\x07")),
    ("segment 0 is not aligned", segment(elf_file.PT_LOAD, 16, "Q", -1)),
    ("the segment table is not where", segment(elf_file.PT_NOTE, 0, "I", elf_file.PT_PHDR)),
    ("PLT relocation type 9", dynamic(1, new_tag=20, value=9)),
    ("links to section 99", section(".dynsym", 40, "I", 99)),
    ("section '.dynstr' has type 0x1", section(".dynstr", 4, "I", 1)),
    ("has entries of 23 bytes", section(".dynsym", 56, "Q", 23)),
    ("has no string table", section(".dynsym", 40, "I", 0)),
    ("overlap", section(".dynstr", 24, "Q", -8)),
    ("a section overlaps a header table", section(".comment", 24, "Q", 60)),
    ("has no end", unterminated),
    ("lies outside the file", segment(elf_file.PT_NOTE, 32, "Q", len(SOUND) + 1)),
    ("has type 0x20", segment(elf_file.PT_NOTE, 0, "I", 0x20)),
    ("has alignment 6", segment(elf_file.PT_NOTE, 48, "Q", 6)),
    ("has flags 0x18", segment(elf_file.PT_NOTE, 4, "I", 0x18)),
    ("has more bytes than memory", segment(elf_file.PT_LOAD, 40, "Q", 1)),
    ("lies in no load segment", segment(elf_file.PT_DYNAMIC, 16, "Q", -8)),
    ("is not where the segments put it", section(".dynstr", 16, "Q", -64)),
    ("a segment and its section name different places", segment(elf_file.PT_DYNAMIC, 8, "Q", -16)),
    ("the dynamic section and its segment differ in size", segment(elf_file.PT_DYNAMIC, 32, "Q", 16)),
    ("dynamic tag 0x50", dynamic(1, new_tag=0x50)),
    ("dynamic tag 14 stands twice", dynamic(1, new_tag=14)),
    ("points outside the segments", dynamic(5, value=0x7FFF0000)),
    ("name different places", dynamic(6, value=64)),
    ("misses a mandatory entry", dynamic(11, new_tag=1)),
    ("the dynamic string table and its section name different places", dynamic(10, value=3)),
    ("dynamic symbols of 23 bytes", dynamic(11, value=23)),
]


def test_the_file_is_sound_before_it_is_changed() -> None:
    assert elf_structure.check(read(SOUND)) == []


@pytest.mark.parametrize("board", ["qemu-x86", "qemu-x86_64"])
def test_a_boot_loader_without_symbol_names_is_sound(board: str) -> None:
    loader = Path("/usr/lib/u-boot") / board / "uboot.elf"
    if not loader.exists():
        pytest.skip("u-boot-qemu is not installed")
    elf = read(loader.read_bytes())
    table = elf.section(".dynsym")
    assert table is not None
    assert table.size == table.entry_size
    assert not elf_structure.check(elf)


@pytest.mark.parametrize(("before_end", "agrees"), [(36, True), (60, True), (35, False), (4, False)])
def test_a_note_may_stand_inside_another_section_and_not_across_its_end(before_end: int, agrees: bool) -> None:
    """Xen's mkelf32 writes one section of program and a second header for the notes within it."""
    elf = read(SOUND)
    host = elf.section(".dynamic")
    assert host is not None
    data = bytearray(SOUND)
    section(".note.demo", 24, "Q", host.offset + host.size - before_end)(data, elf)
    words = [message for message, _ in elf_structure.check(read(bytes(data)))]
    assert any("overlap" in message for message in words) is not agrees, words


@pytest.mark.parametrize(("message", "edit"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_one_disagreement_is_noticed(message: str, edit: Edit) -> None:
    found = issues(edit)
    assert any(message in one for one in found), found
