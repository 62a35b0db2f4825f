"""The votes of each detector, as data: `votes/<detector>.yaml`.

A case gives an `input` - `text`, `hex`, `elf` (arguments of elf_writer.shared_object), `module`
(lines of .modinfo), `firmware` (arguments of elf_writer.executable), `rpm` (packages) or `tree` (a device tree) - and
the votes it has to give: `[subject, claim, value, grade, role]`, shorter lists leave the rest open.
`never` lists subjects or `subject claim` pairs that must not appear, `problems` the codes of problems.
"""

from __future__ import annotations

import copy
import struct
from pathlib import Path
from typing import Any

import elf_writer
import pytest
import rpm_writer
import yaml

from auditor.identify import detectors, identify
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.plain import sniff
from auditor.unpack.view import View

CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{case['name'].replace(' ', '-')}")
    for path in sorted((Path(__file__).parent / "votes").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def device_tree(tree: dict[str, Any]) -> bytes:
    """Flatten nested mappings: a mapping is a node, a list of texts or numbers a property."""
    names, structure = bytearray(), bytearray()

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 4)

    def node(name: str, content: dict[str, Any]) -> None:
        structure.extend(struct.pack(">I", 1) + padded(name.encode() + b"\0"))
        for key, value in content.items():
            if isinstance(value, dict):
                continue
            cells = value if isinstance(value, list) else [value]
            data = b"".join(
                struct.pack(">I", cell) if isinstance(cell, int) else cell.encode() + b"\0" for cell in cells
            )
            structure.extend(struct.pack(">III", 3, len(data), len(names)) + padded(data))
            names.extend(key.encode() + b"\0")
        for key, value in content.items():
            if isinstance(value, dict):
                node(key, value)
        structure.extend(struct.pack(">I", 2))

    node("", tree)
    structure.extend(struct.pack(">I", 9))
    start = 56
    end = start + len(structure)
    header = struct.pack(">10I", 0xD00DFEED, end + len(names), start, end, 40, 17, 16, 0, len(names), len(structure))
    return header + bytes(16) + bytes(structure) + bytes(names)


def attributes(cpu: str) -> bytes:
    """Write `.ARM.attributes` with one Tag_CPU_name."""
    content = b"\x05" + cpu.encode() + b"\0" + b"\x06\x0d\x07M\x09\x02"
    file = b"\x01" + struct.pack("<I", 5 + len(content)) + content
    return b"A" + struct.pack("<I", 4 + 6 + len(file)) + b"aeabi\0" + file


def content(given: dict[str, Any]) -> bytes:
    """Make the bytes of an input."""
    ((kind, value),) = copy.deepcopy(given).items()
    if kind == "text":
        return value.encode()
    if kind == "hex":
        return bytes.fromhex(value)
    if kind == "tree":
        return device_tree(value)
    if kind == "rpm":
        return rpm_writer.database([rpm_writer.header(package) for package in value])
    if kind == "module":
        return elf_writer.relocatable(value)
    if kind == "firmware":
        cpu = value.pop("cpu", None)
        parts = [(int(address), data.encode()) for address, data in value.pop("parts")]
        return elf_writer.executable(parts, attributes=attributes(cpu) if cpu else b"", **value)
    for key in ("notes", "extra"):
        if key in value:
            value[key] = [
                tuple(part.encode("latin-1") if part is entry[-1] else part for part in entry) for entry in value[key]
            ]
    return elf_writer.shared_object(**value)


@pytest.mark.parametrize(("detector", "case"), CASES)
def test_votes(detector: str, case: dict[str, Any]) -> None:
    data = content(case["input"]) + bytes(case.get("pad", 0))
    view = View(data)
    artifact = Artifact(
        id="0" * 64,
        path=case["path"],
        kind=case.get("kind", "file"),
        size=len(data),
        format=case.get("format", sniff(view)),
    )
    result = identify(Sample(artifact, view, Limits()))
    votes = [vote for vote in result.evidence if vote.detector == detector]
    rows = {(vote.subject, vote.claim, vote.value, vote.grade, vote.role) for vote in votes}
    for expected in case.get("votes", ()):
        row = tuple(str(part) for part in expected)
        assert any(have[: len(row)] == row for have in rows), f"missing {row} in {sorted(rows)}"
    for never in case.get("never", ()):
        subject, _, claim = never.partition(" ")
        assert not [row for row in rows if row[0] == subject and claim in ("", row[1])], f"unwanted {never}"
    if case.get("none"):
        assert not rows
    assert sorted(problem.code for problem in result.problems) == case.get("problems", [])


def test_every_detector_has_cases_and_describes_itself() -> None:
    covered = {param.values[0] for param in CASES}
    for module in detectors():
        name = module.__name__.rsplit(".", 1)[-1]
        assert name == module.NAME
        assert module.TITLE
        assert module.CLAIMS
        if name != "signatures":  # its cases stand beside the signatures
            assert name in covered


def test_claims_are_the_ones_that_are_announced() -> None:
    announced = {module.NAME: set(module.CLAIMS) for module in detectors()}
    for param in CASES:
        _, case = param.values
        data = content(case["input"]) + bytes(case.get("pad", 0))
        artifact = Artifact(id="", path=case["path"], kind="file", size=len(data), format=sniff(View(data)))
        for vote in identify(Sample(artifact, View(data), Limits())).evidence:
            assert vote.claim in announced[vote.detector], (vote.detector, vote.claim)
