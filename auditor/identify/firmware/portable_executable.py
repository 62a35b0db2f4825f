"""PE files (UEFI applications and drivers, Windows CE): machine and imported libraries, through LIEF.

LIEF is imported only when a file has a PE header. It is given `bytes`, its logging is off; what it
cannot read is a problem of the artifact.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from auditor.identify.sample import Sample
from auditor.model import Evidence
from auditor.unpack.view import Damaged

NAME = "portable_executable"
TITLE = "PE headers: machine, subsystem, imported libraries"
CLAIMS = ("machine", "format", "needed", "subsystem")

HEADER = struct.Struct("<I")
MOST = 64
"""Imported libraries that are voted for."""


def detect(sample: Sample) -> Iterator[Evidence]:
    """Vote for what the headers of a PE file say."""
    if sample.head[:2] != b"MZ" or sample.view.size < 0x40:
        return
    (offset,) = sample.view.unpack(HEADER, 0x3C)
    if offset + 4 > sample.view.size or sample.view.copy(offset, 4) != b"PE\0\0":
        return
    subject = f"file:{sample.artifact.path}"
    yield sample.vote(subject, "format", "pe", detector=NAME, method="magic", grade="decisive", offset=offset)
    for claim, value in _facts(sample):
        yield sample.vote(subject, claim, value, detector=NAME, method="header", grade="decisive")


def _facts(sample: Sample) -> list[tuple[str, str]]:
    """Return (claim, value) pairs; raises Damaged when LIEF refuses the file."""
    import lief

    lief.logging.disable()
    options = lief.PE.ParserConfig()
    options.parse_signature = options.parse_rsrc = options.parse_reloc = False
    binary = lief.PE.parse(sample.data, options)
    if binary is None:
        raise Damaged("the PE headers cannot be read", 0)
    # numbers that LIEF has no name for come as they are
    machine: Any = binary.header.machine
    subsystem: Any = binary.optional_header.subsystem
    found = [
        ("machine", str(getattr(machine, "value", machine))),
        ("subsystem", getattr(subsystem, "name", str(subsystem)).lower()),
    ]
    names = sorted({name for one in binary.imports if (name := _name(one)) is not None})
    return found + [("needed", name) for name in names[:MOST]]


def _name(one: object) -> str | None:
    """Return the name of an import; LIEF raises for names that are no text."""
    try:
        name = str(one.name)  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() else None
