"""Facts of ELF files: machine, libraries, build id, compiler, and digests of what is loaded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from auditor.identify import dwarf, elf_structure
from auditor.identify.elf_file import ET_REL, PT_LOAD, SHF_ALLOC, SHT_NOBITS, Elf, read
from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence, Role
from auditor.unpack.view import Damaged

if TYPE_CHECKING:
    from auditor.identify.signatures.match import Facts

NAME = "elf"
TITLE = "ELF header, dynamic section, notes, compiler comment, DWARF units, digests of loaded bytes"
CLAIMS = (
    "machine",
    "arch",
    "soname",
    "needed",
    "interpreter",
    "rpath",
    "build-id",
    "load-digest",
    "format",
    "toolchain",
    "source-folder",
    "name",
    "kind",
    "version",
)
MAX_VOTES = 64
MAX_FOLDERS = 16
MAX_LOAD = 64 << 20
"""Bytes of load segments that are hashed."""
MAX_FLAT = 16 << 20
"""Bytes of the flat image that is hashed."""

# e_machine names of the gABI for instruction sets with many makers; others are given by number
_ARCHITECTURES = {
    3: "i386",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    243: "riscv",
    258: "loongarch",
}


class Toolchain(msgspec.Struct, frozen=True):
    """One text of `rules/detectors/toolchains.yaml`."""

    subject: str
    pattern: str


class Inconsistent(Damaged):
    """The parts of the file contradict each other: facts read from it may be changed or missing."""

    code = "structure-inconsistent"


def parse(sample: Sample) -> Elf | None:
    """Read the ELF of a sample; None when its header cannot be read."""
    return read(sample.view)


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the facts of an ELF; afterwards raise Inconsistent when its structure does not agree."""
    if sample.head[:4] != b"\x7fELF":
        return
    elf = sample.elf
    if elf is None:
        raise Inconsistent("the ELF header cannot be read", 0)
    subject = f"file:{sample.artifact.path}"
    for claim, value, offset in _facts(elf):
        yield sample.vote(subject, claim, value, detector=NAME, method="elf", grade="decisive", offset=offset)
    yield from _toolchains(sample, elf)
    issues = elf_structure.check(elf)
    if _is_split(sample, elf):
        yield sample.vote(subject, "format", "split-elf", detector=NAME, method="elf", grade="supporting")
        issues = [issue for issue in issues if elf_structure.OUTSIDE not in issue[0]]
    if issues:
        shown = "; ".join(dict.fromkeys(message for message, _ in issues[:3]))
        rest = f" and {len(issues) - 3} more" if len(issues) > 3 else ""
        raise Inconsistent(f"structure inconsistent: {shown}{rest}", issues[0][1])


def _is_split(sample: Sample, elf: Elf) -> bool:
    """Tell the header file of a split ELF (.mdt, .b00): its segments stand in files beside it (.b01 ...)."""
    return sample.name.endswith((".mdt", ".b00")) and not elf.sections and elf.is_bare_metal


def _facts(elf: Elf) -> Iterator[tuple[str, str, int | None]]:
    yield "machine", str(elf.machine), 18
    yield "arch", _ARCHITECTURES.get(elf.machine, f"machine-{elf.machine}"), 18
    if elf.soname:
        yield "soname", elf.soname, None
    for name in elf.needed[:MAX_VOTES]:
        yield "needed", name, None
    for name in elf.rpath[:MAX_VOTES]:
        yield "rpath", name, None
    if elf.interpreter:
        yield "interpreter", elf.interpreter, None
    if elf.build_id:
        yield "build-id", elf.build_id, None
    if elf.is_bare_metal:
        for digest in load_digests(elf):
            yield "load-digest", digest, None


def loaded_runs(elf: Elf) -> list[tuple[int, memoryview]]:
    """Return (physical address, bytes) of what a programmer writes to memory, by address.

    These are the sections that occupy memory and have bytes, as objcopy copies them to HEX and
    S-record; the load segments when there are no sections.
    """
    data, size = elf.view.data, elf.view.size
    loads = [s for s in elf.segments if s.type == PT_LOAD and s.filesz and s.offset + s.filesz <= size]
    runs: list[tuple[int, memoryview]] = []
    if not any(s.flags & SHF_ALLOC for s in elf.sections) or len(loads) * len(elf.sections) > elf_structure.MAX_PAIRS:
        return sorted((s.paddr, data[s.offset : s.offset + s.filesz]) for s in loads)
    for section in elf.sections:
        if not section.flags & SHF_ALLOC or section.type in (0, SHT_NOBITS) or not section.size:
            continue
        end = section.offset + section.size
        home = next((s for s in loads if s.offset <= section.offset and end <= s.offset + s.filesz), None)
        if home is not None:
            runs.append((home.paddr + section.offset - home.offset, data[section.offset : end]))
    return sorted(runs, key=lambda run: (run[0], len(run[1])))


def load_digests(elf: Elf) -> list[str]:
    """Return `address:sha256` of each run of touching addresses, then `flat:sha256` of the flat image.

    A region of a HEX or S-record file, or a flat binary, with the same sha256 carries the same bytes;
    the flat image has its gaps filled with zeros, as objcopy does.
    """
    runs = loaded_runs(elf)
    if not runs or sum(len(data) for _, data in runs) > MAX_LOAD:
        return []
    found: list[str] = []
    start, end, digest = runs[0][0], runs[0][0], hashlib.sha256()
    for address, data in runs:
        if address != end:
            found.append(f"{start:#010x}:{digest.hexdigest()}")
            start, digest = address, hashlib.sha256()
        digest.update(data)
        end = address + len(data)
    found.append(f"{start:#010x}:{digest.hexdigest()}")
    if 0 < end - runs[0][0] <= MAX_FLAT:
        flat = bytearray(end - runs[0][0])
        for address, data in runs:
            flat[address - runs[0][0] : address - runs[0][0] + len(data)] = data
        found.append(f"flat:{hashlib.sha256(flat[: end - runs[0][0]]).hexdigest()}")
    return found[:MAX_VOTES]


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((entry.subject, re.compile(entry.pattern)) for entry in table("toolchains", tuple[Toolchain, ...]))


def _toolchains(sample: Sample, elf: Elf) -> Iterator[Evidence]:
    """Vote for what compiled the file: texts of `.comment`, and what DWARF says of each unit."""
    place = elf.section(".comment")
    for text in elf.comments[:MAX_VOTES]:
        yield from _toolchain(sample, text, "comment", place.offset if place else None)
    place = elf.section(".debug_info")
    if place is None:
        return
    units = list(dwarf.units(elf))
    for producer in list(dict.fromkeys(unit.producer for unit in units))[:MAX_VOTES]:
        yield from _toolchain(sample, producer, "dwarf", place.offset)
    for folder in sorted({unit.folder for unit in units if unit.folder})[:MAX_FOLDERS]:
        yield sample.vote(
            f"file:{sample.artifact.path}",
            "source-folder",
            folder,
            detector=NAME,
            method="dwarf",
            grade="decisive",
            offset=place.offset,
        )


def _toolchain(sample: Sample, text: str, method: str, offset: int | None) -> Iterator[Evidence]:
    for subject, pattern in _patterns():
        match = pattern.match(text[:512])
        if match is None:
            continue
        name = f"{subject.partition(':')[2]} {match[1]}"
        votes: tuple[tuple[str, str, str, Role], ...] = (
            (subject, "kind", "toolchain", "mention"),
            (subject, "version", match[1], "mention"),
            (f"file:{sample.artifact.path}", "toolchain", name, "self"),
        )
        for about, claim, value, role in votes:
            yield sample.vote(
                about, claim, value, detector=NAME, method=method, grade="decisive", role=role, offset=offset
            )


def signature_facts(sample: Sample, elf: Elf) -> Facts:
    """Return what the signatures ask of an ELF file."""
    from auditor.identify.signatures.match import Facts

    program = elf.interpreter is not None or bool(elf.needed) or elf.soname is not None
    return Facts(
        name=sample.name,
        elf=True,
        program=program or (elf.type == ET_REL and elf.section(".modinfo") is not None),
        bare_metal=elf.is_bare_metal,
        soname=elf.soname or "",
        symbols=elf.defined,
        nodes=tuple(sorted({version for version, _ in elf.versions_defined})),
    )
