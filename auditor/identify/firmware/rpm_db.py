"""The database of installed RPM packages (rpmdb.sqlite, rpm 4.16 and later).

The table `Packages` holds one header per package: number of index entries, size of the data, then
entries (tag, type, offset, count), all big-endian, then the data (rpm.org, RPM v4 format).
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from auditor.identify.sample import Sample
from auditor.model import Evidence
from auditor.unpack.view import Damaged, LimitHit, Truncated, View

NAME = "rpm_db"
TITLE = "Installed packages (rpm, SQLite database)"
CLAIMS = ("name", "kind", "version", "purl", "license", "source", "supplier")

MAX_PACKAGES = 10_000
MAX_ENTRIES = 4096
MAX_HEADER = 16 << 20
MAX_TEXT = 1024
MAX_STEPS = 2_000
"""Thousands of SQLite instructions: a hostile schema must not run for ever."""
_PATH = re.compile(r"(?:^|/)(?:var/lib|usr/lib/sysimage)/rpm/rpmdb\.sqlite$")
_TAGS = {
    1000: "name",
    1001: "version",
    1002: "release",
    1011: "supplier",
    1014: "license",
    1022: "arch",
    1044: "source",
}
_ENTRY = struct.Struct(">IIII")
_TEXTS = (6, 9)


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for each installed package."""
    if sample.head[:16] != b"SQLite format 3\0" or not _PATH.search(sample.artifact.path.replace("!/", "/")):
        return
    if sample.view.size > sample.limits.document_size:
        raise LimitHit("document-size", sample.limits.document_size, "an rpm database exceeds document-size")
    for count, blob in enumerate(_headers(sample)):
        if count >= MAX_PACKAGES:
            raise LimitHit("packages", MAX_PACKAGES, "more packages than are read")
        yield from _votes(sample, header(View(blob)))


def _headers(sample: Sample) -> Iterator[bytes]:
    """Yield the headers, in the order of their numbers."""
    data = bytearray(sample.view.data)
    data[18:20] = b"\1\1"  # a database in WAL mode cannot be opened in memory; its log is another file
    connection = sqlite3.connect(":memory:")
    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 1
        return steps > MAX_STEPS

    try:
        connection.deserialize(bytes(data))
        connection.set_progress_handler(step, 1000)
        kinds = connection.execute("SELECT type FROM sqlite_master WHERE name = 'Packages'").fetchall()
        if kinds != [("table",)]:
            raise Damaged("rpm database without a table Packages", 0)
        query = "SELECT blob FROM Packages WHERE length(blob) < ? ORDER BY hnum"
        for (blob,) in connection.execute(query, (MAX_HEADER,)):
            if isinstance(blob, bytes):
                yield blob
    except sqlite3.Error as error:
        raise Damaged(f"rpm database: {type(error).__name__}", 0) from error
    finally:
        connection.close()


def header(view: View) -> dict[str, str]:
    """Return the texts of one header by name. Raises Truncated, Damaged."""
    entries, size = view.unpack(struct.Struct(">II"), 0)
    if entries > MAX_ENTRIES:
        raise Damaged(f"rpm header with {entries} entries", 0)
    start = 8 + entries * _ENTRY.size
    view.need(start, size)
    values: dict[str, str] = {}
    for index in range(entries):
        tag, kind, offset, _ = view.unpack(_ENTRY, 8 + index * _ENTRY.size)
        if tag in _TAGS and kind in _TEXTS:
            if offset >= size:
                raise Truncated("a text of an rpm header lies outside of it", 8 + index * _ENTRY.size)
            raw = view.copy(start + offset, min(MAX_TEXT, size - offset)).split(b"\0", 1)[0]
            values.setdefault(_TAGS[tag], raw.decode("utf-8", "backslashreplace"))
    return values


def _votes(sample: Sample, values: dict[str, str]) -> Iterator[Evidence]:
    name, version = values.get("name"), values.get("version")
    if not name or not version:
        return
    release = f"-{values['release']}" if values.get("release") else ""
    purl = f"pkg:rpm/{quote(name, safe='')}@{quote(version + release, safe='')}"
    if values.get("arch"):
        purl += f"?arch={quote(values['arch'], safe='')}"
    facts = {
        "name": name,
        "version": version,
        "purl": purl,
        "license": values.get("license", ""),
        "supplier": values.get("supplier", ""),
        "source": values.get("source", "").removesuffix(".src.rpm").rsplit("-", 2)[0],
    }
    for claim, value in facts.items():
        if value:
            yield sample.vote(f"rpm:{name}", claim, value, detector=NAME, method="package-database", grade="decisive")
    kind = "library" if name.startswith("lib") else "application"
    yield sample.vote(f"rpm:{name}", "kind", kind, detector=NAME, method="package-database", grade="weak")
