"""Write files out of an image, on request only: new regular files below one folder, nothing else."""

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Callable

from auditor.limits import Limits
from auditor.model import Evidence, Problem
from auditor.unpack.view import Budget, View
from auditor.unpack.walker import walk

PIECE = 1 << 20
NAME_BYTES = 255
"""Longest name of a file on the usual file systems."""
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def extract(
    view: View,
    pattern: str,
    folder: str | os.PathLike[str],
    limits: Limits,
    report: Callable[[Problem | Evidence], None] = lambda _problem: None,
) -> list[str]:
    """Write each file whose path matches the glob `pattern` below `folder`; returns what was written.

    The paths are those of the artifacts with every part made harmless; `!/` becomes a folder
    named `<container>!`. Links, devices and folders of the image are never made, existing files
    never overwritten: what stands in the way is reported as `not-written`. The folder must exist.
    """
    written: list[str] = []
    root = os.open(folder, FOLDER_FLAGS)
    try:
        for artifact, content in walk(view, Budget(limits), report):
            if content is None or not artifact.path or not fnmatch.fnmatchcase(artifact.path, pattern):
                continue
            parts = _parts(artifact.path)
            try:
                _write(root, parts, content)
                written.append("/".join(parts))
            except OSError as error:
                message = f"not written: {error.strerror or type(error).__name__}"
                report(Problem(code="not-written", message=message, path=artifact.path))
    finally:
        os.close(root)
    return written


def _parts(path: str) -> list[str]:
    """Return the parts of a path that are safe as names: no empty part, `.`, `..`, NUL or overlong name."""
    parts = [_harmless(part) for part in path.split("/") if part]
    return parts or ["_"]


def _harmless(part: str) -> str:
    if not part.strip("."):
        return part.replace(".", "_")
    raw = part.replace("\0", "_").replace("\\", "_").encode("utf-8", "replace")
    return raw[:NAME_BYTES].decode("utf-8", "ignore") or "_"


def _write(root: int, parts: list[str], content: View) -> None:
    """Create one file; each folder on the way is opened without following links."""
    folder = os.dup(root)
    try:
        for part in parts[:-1]:
            # a folder of an earlier file may exist; anything else fails at the open below
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=folder)
            below = os.open(part, FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = below
        file = os.open(parts[-1], FILE_FLAGS, 0o644, dir_fd=folder)
        try:
            position = 0
            while position < content.size:
                position += os.write(file, content.data[position : position + PIECE])
        finally:
            os.close(file)
    finally:
        os.close(folder)
