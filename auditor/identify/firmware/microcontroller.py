"""What microcontroller images say of their core: build attributes, vector table, SDK sections, addresses."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator

import msgspec

from auditor.identify.elf_file import Elf
from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence
from auditor.unpack.view import View

NAME = "microcontroller"
TITLE = "Build attributes, Cortex-M vector table, SDK sections, address ranges of flash files"
CLAIMS = ("core", "machine", "vector-table", "address", "chip-family")

MAX_ATTRIBUTES = 1 << 16
MIN_IMAGE = 256
RAM, RAM_END = 0x20000000, 0x20400000
"""Where SRAM begins in the Armv7-M memory map, and how much of it real parts have at most."""
_ADDRESS = re.compile(r"(?:^|/)[^/]*@(0x[0-9a-f]{8,16})(?:#\d+)?$")
_CPU_NAME, _CPU_RAW_NAME, _ARCH_RISCV = 5, 4, 5


class Hints(msgspec.Struct, frozen=True):
    """`rules/detectors/microcontrollers.yaml`."""

    class Range(msgspec.Struct, frozen=True):
        """A memory range of a chip family; `start` inclusive, `end` exclusive."""

        family: str
        memory: str
        start: int
        end: int

    class Section(msgspec.Struct, frozen=True):
        """A section name that only one SDK writes."""

        family: str
        pattern: str

    ranges: tuple[Range, ...]
    sections: tuple[Section, ...]


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for core and chip family, each with its grade; addresses alone never decide."""
    subject = f"file:{sample.artifact.path}"
    elf = sample.elf
    if elf is not None:
        core = build_attribute(elf)
        if core:
            yield sample.vote(subject, "core", core, detector=NAME, method="build-attribute", grade="decisive")
        if elf.is_bare_metal:
            yield from _sections(sample, subject, elf)
        return
    if sample.artifact.format not in ("", "region"):
        return
    base = load_address(sample)
    vectors = vector_table(sample.view, base)
    if vectors is not None:
        for claim, value in (
            ("vector-table", f"stack {vectors[0]:#010x} reset {vectors[1]:#010x}"),
            ("machine", "40"),
            ("core", "cortex-m"),
        ):
            yield sample.vote(subject, claim, value, detector=NAME, method="vector-table", grade="supporting", offset=0)
    if base is not None:
        yield sample.vote(subject, "address", f"{base:#010x}", detector=NAME, method="address", grade="decisive")
        for entry in table("microcontrollers", Hints).ranges:
            if entry.start <= base < entry.end:
                yield sample.vote(
                    subject,
                    "chip-family",
                    f"{entry.family} ({entry.memory})",
                    detector=NAME,
                    method="address",
                    grade="weak",
                    role="mention",
                )


def load_address(sample: Sample) -> int | None:
    """Return where a flash file puts the artifact, None when nothing says so."""
    placed = _ADDRESS.search(sample.artifact.path)
    return int(placed[1], 16) if placed else None


def has_vectors(sample: Sample) -> bool:
    """Say whether an artifact begins with a Cortex-M vector table."""
    return vector_table(sample.view, load_address(sample)) is not None


def _sections(sample: Sample, subject: str, elf: Elf) -> Iterator[Evidence]:
    for entry in table("microcontrollers", Hints).sections:
        names = [section for section in elf.sections if re.fullmatch(entry.pattern, section.name)]
        if names:
            yield sample.vote(
                subject,
                "chip-family",
                entry.family,
                detector=NAME,
                method="section",
                grade="supporting",
                offset=names[0].offset,
            )


def build_attribute(elf: Elf) -> str | None:
    """Return the core that the compiler noted: a name such as `cortex-m4`, or the RISC-V ISA string.

    Layout: "ABI for the Arm Architecture: Addenda" 3.2 and the RISC-V ELF psABI: version `A`, then
    sub-sections (length, vendor, then tag, length, attributes as ULEB128 and texts).
    """
    for name, vendor in ((".ARM.attributes", b"aeabi"), (".riscv.attributes", b"riscv")):
        section = elf.section(name)
        raw = elf.content(section, MAX_ATTRIBUTES) if section is not None else b""
        if len(raw) > 5 + len(vendor) and raw[:1] == b"A" and raw[5 : 6 + len(vendor)] == vendor + b"\0":
            return _attributes(raw, 6 + len(vendor), arm=vendor == b"aeabi")
    return None


def _attributes(raw: bytes, start: int, arm: bool) -> str | None:
    """Walk the attributes of the whole file (tag 1); texts end with NUL, all else is a number."""
    if raw[start : start + 1] != b"\x01":
        return None
    position = start + 5
    name = None
    while position < len(raw):
        tag, position = _uleb128(raw, position)
        # Arm: 4, 5, 65 and 67 are texts, from 32 on the odd ones; RISC-V: odd tags are texts
        is_text = (tag in (4, 5) or (tag > 32 and tag & 1)) if arm else bool(tag & 1)
        if arm and tag == 32:  # Tag_compatibility: a number, then a text
            _, position = _uleb128(raw, position)
            is_text = True
        if not is_text:
            _, position = _uleb128(raw, position)
            continue
        end = raw.find(b"\0", position)
        if end < 0:
            break
        if tag == (_CPU_NAME if arm else _ARCH_RISCV) or (arm and tag == _CPU_RAW_NAME and name is None):
            name = raw[position:end].decode("ascii", "backslashreplace").lower()
        position = end + 1
    return name or None


def _uleb128(raw: bytes, position: int) -> tuple[int, int]:
    """Return (value, position behind it); a number that runs over the end is cut there."""
    value = shift = 0
    while position < len(raw) and shift < 64:
        byte = raw[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return value, position


def vector_table(view: View, base: int | None) -> tuple[int, int] | None:
    """Return (initial stack, reset vector) when an image begins with a Cortex-M vector table.

    The stack pointer lies in SRAM, the reset vector is odd (Thumb) and inside the image; without a
    base address the first fifteen vectors, three at least, have to lie in one window of the image's size
    (Armv7-M Architecture Reference Manual, B1.5.3).
    """
    if view.size < MIN_IMAGE:
        return None
    words = struct.unpack("<16I", view.copy(0, 64))
    stack, reset = words[0], words[1]
    if not (RAM < stack <= RAM_END and stack % 4 == 0 and reset & 1):
        return None
    handlers = [word for word in words[1:] if word]
    if len(handlers) < 3 or any(not word & 1 for word in handlers):
        return None
    low, high = min(handlers), max(handlers)
    if base is not None:
        return (stack, reset) if base <= low and high < base + view.size else None
    inside = high - low < view.size and high < 0x60000000 and not RAM <= low < RAM_END
    return (stack, reset) if inside else None
