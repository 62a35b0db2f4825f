"""Mender artifacts: tar whose first member is `version` with a JSON text that says so.

Layout as in `Documentation/artifact-format-v3.md` of mender-artifact.
"""

from __future__ import annotations

import json
import re

from auditor.model import Evidence
from auditor.unpack import tar
from auditor.unpack.names import absent
from auditor.unpack.view import Budget, Container, View

NAME = "mender"
TITLE = "Mender artifact"
MAGICS = ((257, b"ustar"),)
ANYWHERE = False
KIND = "ecu"
MADE_BY = "mender-artifact"

MAX_VERSION_FILE = 4096
MAX_MANIFEST = 1 << 20
FILE = re.compile(rb"^[0-9a-f]{64} +([^\n]{1,256})$", re.MULTILINE)
PAYLOAD = re.compile(rb"(data/[0-9]{4})(?:/.*|\.tar(?:\.[a-z0-9]{1,4})?)", re.DOTALL)


def open(view: View, budget: Budget) -> Container | None:
    """Read a tar whose first member is the version file of a Mender artifact."""
    if view.head(8) != b"version\0":
        return None
    container = tar.open(view, budget)
    if container is None:
        return None
    entries = list(container.entries)
    first = entries[0].data if entries and entries[0].name == b"version" else None
    if not isinstance(first, View):
        return None
    try:
        said = json.loads(first.head(MAX_VERSION_FILE))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("format") != "mender":
        return None
    container.entries = entries
    manifest = next((entry.data for entry in entries if entry.name == b"manifest"), None)
    if isinstance(manifest, View):
        named = [_archive(path) for path in FILE.findall(manifest.head(MAX_MANIFEST))]
        container.problems += absent(named, [_archive(entry.name) for entry in entries], "manifest")
    container.evidence = (
        Evidence(
            subject="file:",
            claim="format",
            value=f"mender {said.get('version')}"[:64],
            detector=NAME,
            method="header",
            grade="decisive",
            offset=entries[0].offset,
        ),
    )
    return container


def _archive(path: bytes) -> bytes:
    """Return what a path of the manifest and the archive that holds it have in common: `data/0000`."""
    found = PAYLOAD.fullmatch(path)
    return found[1] if found else path
