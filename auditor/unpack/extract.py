"""Write files out of an image, on request only: new regular files below one folder, nothing else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Self

from auditor.model import Problem

NAME_BYTES = 255
"""Longest name of a file on the usual file systems."""
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Writer:
    """Writes files below one folder from pieces of their bytes, in order; a context manager.

    The paths are those of the artifacts with every part made harmless; `!/` becomes a folder
    named `<container>!`. Links, devices and folders of the image are never made, existing files
    never overwritten: what stands in the way is a problem `not-written`. The folder must exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.root = os.open(folder, FOLDER_FLAGS)
        self.written: list[str] = []
        self.problems: list[tuple[int, Problem]] = []
        """(index of the input, problem) pairs."""
        self.done: set[tuple[int, str]] = set()
        self.open: dict[int, _File] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        for order in list(self.open):
            self._abandon(order)
        os.close(self.root)

    def take(self, order: int, path: str, data: bytes, first: bool, last: bool) -> None:
        """Take the next piece of the file at `path` of input number `order`.

        A file that starts once more takes the place of its unfinished self; a finished one is kept.
        """
        if first:
            self._abandon(order)
            if (order, path) not in self.done:
                self._guard(order, path, self._begin)
        if order not in self.open:
            return
        self._guard(order, path, lambda one, _: self.open[one].write(data))
        if last and order in self.open:
            self.open.pop(order).close()
            self.done.add((order, path))
            self.written.append("/".join(_parts(path)))

    def _begin(self, order: int, path: str) -> None:
        self.open[order] = _File(self.root, _parts(path))

    def _guard(self, order: int, path: str, action: Callable[[int, str], None]) -> None:
        try:
            action(order, path)
        except OSError as error:
            self._abandon(order)
            self.done.add((order, path))
            message = f"not written: {error.strerror or type(error).__name__}"
            self.problems.append((order, Problem(code="not-written", message=message, path=path)))

    def _abandon(self, order: int) -> None:
        if order in self.open:
            self.open.pop(order).remove()


class _File:
    """One new file; its folder stays open, so that removing it removes nothing else."""

    def __init__(self, root: int, parts: list[str]) -> None:
        self.name = parts[-1]
        self.folder = os.dup(root)
        try:
            for part in parts[:-1]:
                # a folder of an earlier file may exist; anything else fails at the open below
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=self.folder)
                below = os.open(part, FOLDER_FLAGS, dir_fd=self.folder)
                os.close(self.folder)
                self.folder = below
            self.handle = os.open(self.name, FILE_FLAGS, 0o600, dir_fd=self.folder)
        except OSError:
            os.close(self.folder)
            raise

    def write(self, data: bytes) -> None:
        """Append all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.handle, view) :]

    def close(self) -> None:
        """Finish the file."""
        os.close(self.handle)
        os.close(self.folder)

    def remove(self) -> None:
        """Take back an unfinished file."""
        with contextlib.suppress(OSError):
            os.unlink(self.name, dir_fd=self.folder)
        self.close()


def _parts(path: str) -> list[str]:
    """Return the parts of a path that are safe as names: no empty part, `.`, `..`, NUL or overlong name."""
    parts = [_harmless(part) for part in path.split("/") if part]
    return parts or ["_"]


def _harmless(part: str) -> str:
    if not part.strip("."):
        return part.replace(".", "_")
    raw = part.replace("\0", "_").replace("\\", "_").encode("utf-8", "replace")
    return raw[:NAME_BYTES].decode("utf-8", "ignore") or "_"
