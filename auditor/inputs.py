"""What an input is: its name in the report, its type, its digest, the controller it belongs to."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor.identify.documents.notes import LOSSY
from auditor.model import Artifact, Examination, Input, Problem
from auditor.unpack.names import display

if TYPE_CHECKING:
    from auditor.worker import OpenedInput

DEFAULT_ECU = "controller"
TEXT = "text"
"""What unpack calls text in no format of its own."""
SMALLEST_IMAGE = 64
"""Bytes; less than that, in no known format, is not an image."""


def controllers(path: str, ecus: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return every controller an input was named for, sorted: one file may be flashed to several."""
    return tuple(name for name, paths in sorted(ecus.items()) if path in paths) or (DEFAULT_ECU,)


def describe(opened: OpenedInput, look: Examination, path: str, ecu: str = DEFAULT_ECU, declared: str = "") -> Input:
    """Return the report's record of one examined input, which it calls `path`; `declared` is what its user calls it."""
    kind, problems = recognize(opened, look)
    if declared and opened.kind == "file" and opened.size:
        kind, problems = declared.partition(":")[0], look.problems
    lost = (problem for paper in look.documents for problem in paper.problems if problem.code in LOSSY)
    problems = tuple(dict.fromkeys((*problems, *lost)))
    top = next((one for one in look.artifacts if one.path == ""), None)
    digest = top.id if top is not None and opened.kind == "file" else content_digest(look.artifacts)
    return Input(
        id=_short(f"{path}\0{digest}"),
        path=path,
        type=kind,
        size=opened.size or sum(one.size for one in look.artifacts if one.kind == "file" and not one.parent),
        sha256=digest,
        ecu=ecu,
        complete=not problems,
        problems=problems,
    )


def apart(inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs with an id of its own for each, also where the same bytes of one name come more than once."""
    alike = Counter(one.id for one in inputs)
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for one in inputs:
        seen[one.id, one.ecu] += 1
        own = f"{one.id}\0{one.ecu}\0{seen[one.id, one.ecu]}"
        found.append(msgspec.structs.replace(one, id=_short(own)) if alike[one.id] > 1 else one)
    return found


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def repository(here: Path) -> Path:
    """Return the root of the repository that a folder is in, else the folder."""
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def shown(path: str, base: Path | None = None) -> str:
    """Return the path as reports show it: relative to `base`, the repository or the working folder, else the name."""
    if path == "-":
        return path
    here = Path.cwd().resolve()
    root = repository(here)
    full = Path(os.path.realpath(path))
    for folder in (*((base.resolve(),) if base else ()), root, here):
        if full.is_relative_to(folder):
            return display(os.fsencode(full.relative_to(folder))) or "."
    return display(os.fsencode(full.name)) or "/"


def content_digest(artifacts: Sequence[Artifact]) -> str:
    """Return the digest of a folder: over the paths and digests of its files."""
    lines = sorted(f"{one.path}\0{one.id}\0{one.target or ''}" for one in artifacts if not one.parent)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def recognize(opened: OpenedInput, look: Examination) -> tuple[str, tuple[Problem, ...]]:
    """Return the type of an input and its problems; `unrecognized` is one of them."""
    problems = look.problems
    if opened.descriptor < 0:
        return "none", problems
    if opened.kind == "directory":
        if not problems and not any(one.kind == "file" for one in look.artifacts):
            problems = (Problem("empty", "the folder holds no file"),)
        return "directory", problems
    paper = next((one for one in look.documents if one.path == ""), None)
    top = next((one for one in look.artifacts if one.path == ""), None)
    if paper is not None:
        return paper.format, problems
    if top is not None and top.format not in ("", TEXT):
        return top.format, problems
    if opened.size == 0:
        return "empty", problems
    if votes := [one for one in look.evidence if one.path == "" and one.claim == "format"]:
        return votes[0].value, problems
    if opened.size >= SMALLEST_IMAGE and not textual(opened):
        return "raw-image", problems
    if told := sorted({one.detector for one in look.evidence if one.path == "" and one.grade != "weak"}):
        return told[0].replace("_", "-"), problems
    if problems:
        return "unknown", problems
    reason = "text" if opened.size >= SMALLEST_IMAGE else f"{opened.size} bytes"
    message = f"{reason} in no known format; give a firmware image or a bill of materials"
    return "unknown", (*problems, Problem("unrecognized", message))


def textual(opened: OpenedInput) -> bool:
    """Tell whether the first 4 KiB are text (UTF-8 without control characters)."""
    head = os.pread(opened.descriptor, 4096, 0)
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(sign.isprintable() or sign in "\t\n\r\f\ufeff" for sign in text)
