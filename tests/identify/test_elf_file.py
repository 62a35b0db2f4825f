"""The ELF reader against the tiny writer, against LIEF on the files of this machine, and against damage."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import elf_writer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.identify import elf_file, elf_structure, identify
from auditor.identify.firmware import elf as detector
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import Damaged, View

SHAPES = [
    {},
    {"bits": 32, "machine": 40},
    {"bits": 32, "little": False, "machine": 20},
    {"interpreter": "/lib/ld-demo.so.1", "soname": None},
    {"exports": (), "version_needs": ()},
]


def sample(data: bytes, path: str = "lib/libdemo.so") -> Sample:
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=path, kind="file", size=len(data), format="elf")
    return Sample(artifact, View(data), Limits())


def system_files(limit: int) -> Iterator[bytes]:
    count = 0
    for folder in ("/usr/bin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/sbin"):
        for path in sorted(Path(folder).glob("*")) if Path(folder).is_dir() else ():
            if count >= limit:
                return
            if path.is_symlink() or not path.is_file() or path.stat().st_size > 2_000_000:
                continue
            data = path.read_bytes()
            if data[:4] == b"\x7fELF":
                count += 1
                yield data


@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_writer_wrote_is_read(shape: dict) -> None:
    elf = elf_file.read(View(elf_writer.shared_object(**shape)))
    assert elf is not None
    assert elf.soname == shape.get("soname", "libdemo.so.1")
    assert elf.needed == ("libc.so.6",)
    assert elf.machine == shape.get("machine", 183)
    assert elf.interpreter == shape.get("interpreter")
    assert elf.exported == frozenset(shape.get("exports", ("demo_init", "demo_run")))
    assert elf.symbols == elf.exported | {"malloc"}
    assert elf.build_id == bytes(range(20)).hex()
    assert elf.comments == ("GCC: (Demo 12.2.0-1) 12.2.0",)
    assert elf_structure.check(elf) == []


def test_lief_reads_the_same() -> None:
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    files = [*system_files(60), *(elf_writer.shared_object(**shape) for shape in SHAPES)]
    for data in files:
        ours, theirs = elf_file.read(View(data)), lief.ELF.parse(data)
        assert ours is not None
        entries = list(theirs.dynamic_entries)
        names = {
            tag: [entry.name for entry in entries if entry.tag == tag]
            for tag in (lief.ELF.DynamicEntry.TAG.NEEDED, lief.ELF.DynamicEntry.TAG.SONAME)
        }
        assert list(ours.needed) == names[lief.ELF.DynamicEntry.TAG.NEEDED]
        assert ([ours.soname] if ours.soname else []) == names[lief.ELF.DynamicEntry.TAG.SONAME]
        assert ours.interpreter == (theirs.interpreter if theirs.has_interpreter else None)
        assert [section.name for section in ours.sections] == [section.name for section in theirs.sections]
        assert ours.symbols == {str(symbol.name) for symbol in theirs.symbols if symbol.name}
        assert {s.paddr for s in ours.segments} == {s.physical_address for s in theirs.segments}
        if not ours.little:
            continue  # LIEF swaps the words of a note's content there
        build_ids = [
            bytes(note.description).hex() for note in theirs.notes if note.type == lief.ELF.Note.TYPE.GNU_BUILD_ID
        ]
        assert ([ours.build_id] if ours.build_id else []) == build_ids[:1]


def test_no_false_alarm_on_files_of_this_machine() -> None:
    checked = 0
    for data in system_files(200):
        elf = elf_file.read(View(data))
        assert elf is not None
        assert elf_structure.check(elf) == []
        checked += 1
    if not checked:
        pytest.skip("no ELF files in the usual folders")


@pytest.mark.integration
def test_no_false_alarm_on_five_hundred_files() -> None:
    alarms = [elf_structure.check(elf) for data in system_files(2000) if (elf := elf_file.read(View(data)))]
    if len(alarms) < 500:
        pytest.skip(f"only {len(alarms)} ELF files on this machine")
    assert [alarm for alarm in alarms if alarm] == []


def facts(elf: elf_file.Elf) -> tuple:
    sections = tuple((section.name, section.type, section.size) for section in elf.sections)
    return (
        elf.machine, elf.type, elf.bits, elf.soname, elf.needed, elf.interpreter, elf.build_id, elf.comments,
        elf.symbols, elf.exported, elf.segments, elf.versions_needed, sections,
    )  # fmt: skip


def mutant(data: bytes, seed: int) -> bytes:
    """Damage as bad flash, cut downloads and forgers make it."""
    choice = random.Random(seed)
    raw = bytearray(data)
    place = choice.randrange(len(raw) - 8)
    kind = choice.choice(["word", "word", "word", "flip", "fill", "cut", "copy", "double"])
    if kind == "word":  # lie in a field of a header, a segment or a section
        table = struct.unpack_from("<Q", raw, 40)[0]
        place = choice.choice(
            [choice.randrange(16, 64), choice.randrange(64, 64 + 3 * 56), choice.randrange(table, len(raw) - 8)]
        )
        value = choice.choice(
            [0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 64) - 1, len(raw), choice.getrandbits(64)]
        )
        struct.pack_into("<Q", raw, place & ~7, value)
    elif kind == "flip":
        for _ in range(choice.choice([1, 2, 8, 64])):
            raw[choice.randrange(len(raw))] ^= 1 << choice.randrange(8)
    elif kind == "fill":
        raw[place : place + choice.choice([1, 4, 16, 256])] = bytes([choice.choice([0, 0x41, 0xFF])]) * 4
    elif kind == "cut":
        del raw[choice.randrange(64, len(raw)) :]
    elif kind == "copy":
        other = choice.randrange(len(raw) - 8)
        raw[place : place + 16] = raw[other : other + 16]
    else:
        raw[place:place] = raw[place : place + 64]
    return bytes(raw)


def test_changed_facts_are_flagged() -> None:
    """At least three of four mutants whose facts changed silently have to be noticed."""
    seed = elf_writer.shared_object(interpreter="/lib/ld-demo.so.1", soname=None)
    original = elf_file.read(View(seed))
    assert original is not None
    changed = flagged = 0
    for number in range(800):
        elf = elf_file.read(View(mutant(seed, number)))
        if elf is None:
            continue
        issues = elf_structure.check(elf)
        if facts(elf) != facts(original):
            changed += 1
            flagged += bool(issues)
    assert changed > 300
    assert flagged / changed >= 0.75


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shape=st.sampled_from(SHAPES),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
    cut=st.floats(0.02, 1),
)
def test_damage_never_raises_in_the_reader(shape: dict, edits: list, cut: float) -> None:
    raw = bytearray(elf_writer.shared_object(**shape))
    for place, value in edits:
        offset = int(place * (len(raw) - 1))
        raw[offset : offset + len(value)] = value
    result = identify(sample(bytes(raw[: int(len(raw) * cut)])))
    assert not [problem for problem in result.problems if problem.code == "reader-error"]


@pytest.mark.parametrize("count", [0xFFFF, 0])
def test_absurd_counts_cost_nothing(count: int) -> None:
    header = struct.pack("<HHIQQQIHHHHHH", 3, 183, 1, 0, 64, 64, 0, 64, 56, 0xFFFF, 64, count, 0)
    first = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1 << 40, 0, 0xFFFFFFFF, 0, 0)
    result = identify(sample(b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + header + first + bytes(512)))
    assert [problem.code for problem in result.problems] == ["structure-inconsistent"]


def test_a_name_that_is_no_text_is_shown_escaped() -> None:
    data = elf_writer.shared_object(exports=("demo_init", "bad\xffname"), needed=("lib\x1b[2J.so", "libc.so.6"))
    elf = elf_file.read(View(data))
    assert elf is not None
    assert "bad\\xffname" in elf.symbols
    result = identify(sample(data))
    assert [problem.code for problem in result.problems] == ["structure-inconsistent"]
    assert all(problem.message.isprintable() for problem in result.problems)


def test_a_cyclic_version_table_ends() -> None:
    data = bytearray(elf_writer.shared_object())
    elf = elf_file.read(View(bytes(data)))
    assert elf is not None
    table = next(section for section in elf.sections if section.type == elf_file.SHT_VERNEED)
    struct.pack_into("<I", data, table.offset + 16 + 12, 0xFFFFFFF0)  # the next entry, far outside
    damaged = elf_file.read(View(bytes(data)))
    assert damaged is not None


def test_a_header_that_is_cut_off_is_a_problem() -> None:
    result = identify(sample(b"\x7fELF\x02\x01\x01" + bytes(20)))
    assert [(problem.code, problem.path) for problem in result.problems] == [
        ("structure-inconsistent", "lib/libdemo.so")
    ]


def test_load_digests_are_those_of_the_flash_files() -> None:
    parts = [(0x08000000, b"vectors!"), (0x08000008, b"code" * 8), (0x08001000, b"data")]
    elf = elf_file.read(View(elf_writer.executable(parts)))
    assert elf is not None
    first, second = b"vectors!" + b"code" * 8, b"data"
    flat = first.ljust(0x1000, b"\0") + second
    assert detector.load_digests(elf) == [
        f"0x08000000:{hashlib.sha256(first).hexdigest()}",
        f"0x08001000:{hashlib.sha256(second).hexdigest()}",
        f"flat:{hashlib.sha256(flat).hexdigest()}",
    ]


def test_detect_keeps_its_votes_when_the_structure_disagrees() -> None:
    data = bytearray(elf_writer.shared_object())
    data[9] = 1  # identification padding
    votes = []
    with pytest.raises(Damaged) as caught:
        for vote in detector.detect(sample(bytes(data))):
            votes.append(vote)
    assert caught.value.code == "structure-inconsistent"
    assert {"needed", "soname", "machine"} <= {vote.claim for vote in votes}
