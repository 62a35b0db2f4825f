"""Reports as arguments: somebody else's files, so they are bounded and strictly read like any input."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.ending import INPUT, Stop

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.model import Problem
    from auditor.report.schema import Report


def read(path: Path, limits: Limits) -> Report:
    """Read one report: no key twice, no depth or size beyond the limits, nothing the schema does not allow.

    Raises Stop (3).
    """
    return parsed(path, content(path, limits), limits)


def perhaps(path: Path, limits: Limits) -> Report | None:
    """Return the report that a file holds; None when it is none: an image, a document, a folder."""
    if not path.is_file() or path.stat().st_size > limits.document_size:
        return None
    try:
        return read(path, limits)
    except Stop:
        return None


def through_workers(paths: Sequence[Path], limits: Limits) -> list[Report]:
    """Read reports that others wrote: the sandboxed workers must read each in full before this process does.

    Raises Stop (3).
    """
    from auditor.identify.documents import earlier_report
    from auditor.worker import Workers, hold_input

    contents = [content(path, limits) for path in paths]
    opened = [hold_input(path.name, BytesIO(data), len(data)) for path, data in zip(paths, contents, strict=True)]
    try:
        with Workers(limits, declared=earlier_report.NAME) as workers:
            looks = workers.examine(opened)
    finally:
        for one in opened:
            one.close()
    for path, look in zip(paths, looks, strict=True):
        if look.problems:
            raise Stop(INPUT, f"{path} {_wrong(look.problems[0])}")
    return [parsed(path, data, limits) for path, data in zip(paths, contents, strict=True)]


def content(path: Path, limits: Limits) -> bytes:
    """Return the bytes, never more than a document may have; a pipe is read like a file. Raises Stop (3)."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.document_size + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the name holds a NUL character"
        raise Stop(INPUT, f"{path} cannot be read: {reason}") from None
    if len(data) > limits.document_size:
        raise Stop(
            INPUT, f"{path} is larger than document-size={limits.document_size}: raise it with --limit document-size=N"
        )
    return data


def parsed(path: Path, data: bytes, limits: Limits) -> Report:
    """Return the report that these bytes of a file are, its verdict as far as it can be believed. Raises Stop (3)."""
    import msgspec

    from auditor.identify.documents import json_text
    from auditor.identify.documents.notes import Unreadable
    from auditor.report import json
    from auditor.report.believed import consistent

    try:
        noted = json_text.parse(data, limits).notes.problems
        if noted:
            raise Stop(INPUT, f"{path} {_wrong(noted[0])}")
        return consistent(json.read(data))
    except (Unreadable, msgspec.MsgspecError, RecursionError) as error:
        raise Stop(INPUT, f"{path} is no report of this program: {error}") from None


def _wrong(problem: Problem) -> str:
    """Say what is wrong with a report: a limit is no fault of the file."""
    if problem.code.startswith("limit-"):
        return f"was not read in full: {problem.message}"
    return f"is no report of this program: {problem.message}"
