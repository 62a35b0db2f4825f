"""RAUC bundles: squashfs, then a CMS signature and its size as a big-endian 64-bit number.

Layout as in the RAUC documentation, "Reference: bundle format" (rauc.readthedocs.io).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack import squashfs
from auditor.unpack.names import absent
from auditor.unpack.view import Budget, Container, Damaged, View

NAME = "rauc"
TITLE = "RAUC bundle (squashfs with CMS signature)"
MAGICS = ((0, b"hsqs"),)
ANYWHERE = False
KIND = "ecu"
MADE_BY = "rauc"

MANIFEST = b"manifest.raucm"
MAX_SIGNATURE = 1 << 20
MAX_LOOKED_AT = 1000
FILE = re.compile(rb"^filename=([^\r\n]{1,256})", re.MULTILINE)
FIELD = re.compile(rb"^(compatible|version)=([^\r\n]{1,256})", re.MULTILINE)


def open(view: View, budget: Budget) -> Container | None:
    """Read the file system when a signature follows it; the manifest names target and version."""
    if view.size < 4096:
        return None
    size = int.from_bytes(view.copy(view.size - 8, 8), "big")
    start = view.size - 8 - size
    if not 64 <= size <= MAX_SIGNATURE or start < 512 or bytes(view.data[start : start + 1]) != b"\x30":
        return None
    container = squashfs.open(view, budget)
    if container is None or container.extent > start:
        return None
    container.extent = view.size
    text, names = _manifest(view, budget)
    container.evidence = tuple(_facts(text))
    container.problems += absent(FILE.findall(text), names, MANIFEST.decode())
    return container


def _manifest(view: View, budget: Budget) -> tuple[bytes, list[bytes]]:
    """Return the manifest and all names of the bundle, read through a container of its own; empty when damaged."""
    again = squashfs.open(view, Budget(budget.limits))
    text, names = b"", []
    try:
        for count, entry in enumerate(again.entries if again is not None else ()):
            if count > MAX_LOOKED_AT:
                return b"", []
            names.append(entry.name)
            if entry.name == MANIFEST and entry.data is not None:
                data = entry.data() if callable(entry.data) else entry.data
                text = data.head(1 << 16)
    except Damaged:
        return b"", []  # the reader of the file system reports it
    return text, names


def _facts(text: bytes) -> Iterator[Evidence]:
    """Return what the manifest says."""
    for found in FIELD.finditer(text):
        value = found[2].decode("utf-8", "replace").strip()
        if value.isprintable():
            yield Evidence(
                subject="file:",
                claim=found[1].decode(),
                value=value,
                detector=NAME,
                method="header",
                grade="supporting",
                pointer=MANIFEST.decode(),
            )
