"""The `.note.package` of an ELF: the package its builder says it belongs to.

JSON in an ELF note of owner FDO (systemd.io/ELF_PACKAGE_METADATA).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from auditor.identify.firmware.package_db import upstream_version
from auditor.identify.sample import Sample
from auditor.model import Evidence
from auditor.unpack.view import Damaged

NAME = "note_package"
TITLE = "Package metadata in ELF notes (.note.package)"
CLAIMS = ("name", "version", "cpe", "architecture")

TYPE = 0xCAFE1A7E


class Metadata(msgspec.Struct, frozen=True):
    """The fields that are read; unknown ones are ignored."""

    type: str = ""
    name: str = ""
    version: str = ""
    architecture: str = ""
    appCpe: str = ""


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the package that a note names."""
    elf = sample.elf
    for note in elf.notes if elf is not None else ():
        if note.owner != "FDO" or note.type != TYPE:
            continue
        try:
            data = msgspec.json.decode(note.content.rstrip(b"\0"), type=Metadata)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Damaged(".note.package is no valid JSON", note.offset) from error
        if not data.name:
            continue
        subject = f"{data.type}:{data.name}" if data.type else data.name
        facts = [
            ("name", data.name),
            ("version", upstream_version(data.type, data.version)),
            ("cpe", data.appCpe),
            ("architecture", data.architecture),
        ]
        for claim, value in facts:
            if value:
                yield sample.vote(
                    subject, claim, value, detector=NAME, method="note", grade="decisive", offset=note.offset
                )
