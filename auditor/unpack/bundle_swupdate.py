"""SWUpdate archives: cpio whose first member is `sw-description`.

Layout as in the SWUpdate documentation, "SWUpdate: syntax and tags" (sbabic.github.io/swupdate).
The module stands before `cpio` by name, so that it is asked first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Evidence
from auditor.unpack import cpio
from auditor.unpack.names import absent
from auditor.unpack.view import Budget, Container, Entry, Opaque, View

NAME = "swupdate"
TITLE = "SWUpdate archive (.swu)"
MAGICS = ((0, b"070702"), (0, b"070701"))
ANYWHERE = False
KIND = "ecu"
MADE_BY = "swugenerator"

DESCRIPTION = b"sw-description"
MAX_DESCRIPTION = 1 << 20
IS = rb"\"?\s{0,16}[=:]\s{0,16}"
"""Between a name and its value, in both notations of a description (libconfig and JSON)."""
VERSION = re.compile(rb"\bversion" + IS + rb"\"([^\"\n]{1,128})\"")
ENCRYPTED = re.compile(rb"\bencrypted" + IS + rb"true\b")
FILE = re.compile(rb"\bfilename" + IS + rb"\"([^\"\n]{1,256})\"")


def open(view: View, budget: Budget) -> Container | None:
    """Read the archive; encrypted images named by the description are reported as opaque."""
    if DESCRIPTION not in view.head(256):
        return None
    container = cpio.open(view, budget)
    if container is None:
        return None
    entries = list(container.entries)
    if not entries or entries[0].name != DESCRIPTION:
        return None
    container.entries = entries
    text = _text(entries[0])
    if ENCRYPTED.search(text):
        container.problems.append(Opaque("sw-description names encrypted images", entries[0].offset))
    container.problems += absent(FILE.findall(text), [entry.name for entry in entries], "sw-description")
    container.evidence = tuple(_facts(text, entries[0].offset or 0))
    return container


def _text(entry: Entry) -> bytes:
    data = entry.data() if callable(entry.data) else entry.data
    return b"" if data is None else data.head(MAX_DESCRIPTION)


def _facts(text: bytes, base: int) -> Iterator[Evidence]:
    """Return the version of the software set: the first one of the description."""
    found = VERSION.search(text)
    if found is not None:
        value = found[1].decode("utf-8", "replace")
        if value.isprintable():
            yield Evidence(
                subject="file:",
                claim="version",
                value=value,
                detector=NAME,
                method="header",
                grade="supporting",
                offset=base + found.start(1),
                pointer="sw-description",
            )
