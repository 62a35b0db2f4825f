"""What all records share, and what was read from bytes: the vocabulary of the first stages."""

from __future__ import annotations

import sys
from typing import Literal

import msgspec

SCHEMA_VERSION = "1.0"

Grade = Literal["decisive", "supporting", "weak"]
Confidence = Literal["high", "medium", "low"]
Severity = Literal["info", "low", "medium", "high", "critical"]
Basis = Literal["read", "derived", "user", "stated"]
Role = Literal["self", "mention"]

ComponentKind = Literal[
    "os-kernel",
    "os-distribution",
    "rtos",
    "hypervisor",
    "bootloader",
    "firmware",
    "middleware",
    "library",
    "application",
    "toolchain",
    "chip",
    "ai-model",
    "dataset",
    "material",
    "service",
]

Layer = Literal[
    "silicon",
    "boot",
    "hypervisor",
    "kernel",
    "middleware",
    "ai-runtime",
    "application",
    "toolchain",
    "data",
    "material",
]


class Record(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of all records: immutable, compared by value, camelCase in JSON."""


def intern(record: Record, *names: str) -> None:
    """Make equal texts of some fields the same object.

    msgspec leaves a default out by identity: without this, the same record would be written
    with or without the field, depending on where its text came from.
    """
    for name in names:
        text = getattr(record, name)
        if text is not None:
            msgspec.structs.force_setattr(record, name, sys.intern(text))


# ---------------------------------------------------------------- what was read


class Problem(Record, frozen=True, rename="camel", omit_defaults=True):
    """Something that kept an input from being read in full."""

    code: str
    """Stable kebab-case code: `truncated`, `limit-size`, `parser-died`, `opaque` ..."""
    message: str
    """One line: what, where, what to do. Never contains raw control characters."""
    path: str = ""
    """Inner path of the artifact, parts joined by `!/`; empty = the input itself."""
    offset: int | None = None
    """Byte offset in that artifact."""
    pointer: str | None = None
    """JSON pointer, or `line N` in a text document."""
    limit: str | None = None
    """Name of the limit that was hit."""
    value: int | None = None
    """The limit's value."""


class Artifact(Record, frozen=True, rename="camel", omit_defaults=True):
    """A file, or a region of one, seen inside an input. The bytes stay in the mapping."""

    id: str
    """sha256 of the bytes (hex); for nodes without bytes, empty."""
    path: str
    """Path inside the input, containers joined by `!/`; empty = the input itself."""
    kind: str
    """file, directory, symlink, hardlink, char-device, block-device, fifo, socket, region"""
    size: int
    """Bytes; 0 for nodes without content."""
    format: str = ""
    """Name of the format that claimed it (`squashfs`, `elf`, `cyclonedx-json`), empty = none."""
    mode: int | None = None
    """Permission bits as stored in the container."""
    target: str | None = None
    """Where a symbolic or hard link points, as stored."""
    parent: str | None = None
    """Path of the container; None for the input itself."""
    understood: int = 0
    """Bytes of it that some reader understood, for coverage."""
    complete: bool = True


class Evidence(Record, frozen=True, rename="camel", omit_defaults=True):
    """One vote: a detector's claim about one subject, with the place it was seen.

    Votes are never overwritten; `resolve` weighs them, the rejected ones stay.
    """

    subject: str
    """What the vote speaks about: a component key such as `openssl`, `rtos:freertos`,
    `chip:fsl,imx8mq`. The same key from two detectors means the same component."""
    claim: str
    """name, kind, version, version-range, purl, cpe, license, supplier, soname, needed,
    compatible, mpn, machine, arch, build-id, toolchain, module-vendor, load-digest, format ..."""
    value: str
    detector: str
    """Module name of the detector, e.g. `elf`, `signatures`, `device_tree`."""
    method: str
    """How: `string`, `soname`, `symbol`, `package-database`, `device-tree`, `magic`, `note` ..."""
    grade: Grade
    role: Role = "self"
    """`self`: this artifact is (part of) the subject; `mention`: it only carries its traces."""
    path: str = ""
    """Inner path of the artifact."""
    artifact: str = ""
    """sha256 of the artifact."""
    offset: int | None = None
    pointer: str | None = None
    line: int | None = None
    input: str = ""
    """Id of the input; set by the pipeline."""
