"""DSDX 1.0 tag-value, as OpenSCA writes it: `Tag: value` lines, lists and the dependencies as JSON in one line.

Shape read from the template in `opensca/model/dsdx.go` of XmirrorSecurity/OpenSCA-cli. Its XML form is not read:
the published program cannot write one (its XML library refuses the map of dependencies), and no document was found.
"""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec

from auditor.identify.documents import dsdx, json_text, sniffing
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "dsdx-tag-value"
TITLE = "DSDX 1.0, tag-value"

MARKER = re.compile(rb"^DSDXVersion:[ \t]*\S", re.MULTILINE)
TAG = re.compile(r"([A-Za-z]+):[ \t]*(.*)")
DOCUMENT = {"DSDXVersion": "dsdx_version", "ProjectName": "project_name"}
COMPONENT = {
    "ComponentName": "name",
    "ComponentGroup": "group",
    "ComponentVersion": "version",
    "ComponentLanguage": "language",
    "ComponentID": "id",
}
OTHER = frozenset({"Name", "DSDXID", "Creator", "CreateTime"})


def sniff(sample: Sample) -> bool:
    """Tell whether one of the first lines is `DSDXVersion`."""
    head = sniffing.head_of(sample)
    return b"DSDXVersion" in head and MARKER.search(head) is not None


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    notes = Notes()
    try:
        text = json_text.decode(sample.data, notes, "DSDX").decode()
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", "not valid UTF-8", error.start) from error
    tree: dict[str, Any] = {"components": [], "dependencies": {}}
    for number, line in enumerate(text.splitlines(), 1):
        match = TAG.fullmatch(line.strip())
        if match is None:
            if line.strip():
                notes.add("bad-line", f"no tag: {shown(line.strip())}", f"line {number}")
            continue
        take(tree, match[1], match[2], number, notes)
    return dsdx.map_document(tree, "", notes, sample.limits, NAME)


def take(tree: dict[str, Any], tag: str, value: str, number: int, notes: Notes) -> None:
    """Put one tag into the tree, in the shape of DSDX JSON."""
    if tag == "ComponentName":
        node = Located()
        node.place = f"line {number}"
        tree["components"].append(node)
    current = tree["components"][-1] if tree["components"] else None
    if tag in DOCUMENT:
        tree[DOCUMENT[tag]] = value
    elif tag in COMPONENT and current is not None:
        current[COMPONENT[tag]] = value
    elif tag == "ComponentLicenses" and current is not None:
        current["license"] = decoded(value, number, notes)
    elif tag == "Dependencies":
        tree["dependencies"] = decoded(value, number, notes)
    elif tag not in OTHER:
        notes.unknown_keys += 1


def decoded(value: str, number: int, notes: Notes) -> Any:
    """Return the JSON of a value; the program's HTML template escapes its quotes."""
    try:
        return msgspec.json.decode(html.unescape(value).encode())
    except (ValueError, RecursionError):
        notes.add("bad-line", f"no JSON: {shown(value)}", f"line {number}")
        return None
