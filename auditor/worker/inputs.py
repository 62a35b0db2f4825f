"""Open inputs once, without ever waiting, following a link or touching a device by surprise."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from auditor.limits import Limits
from auditor.model import Artifact, Problem
from auditor.unpack.names import display

KINDS = {
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char-device",
    stat.S_IFBLK: "block-device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
PIECE = 1 << 20
"""Bytes of a stream that are read at once."""
QUIET = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class OpenedInput:
    """An input as the user named it, opened."""

    path: str
    """As given."""
    descriptor: int
    """Open for reading; -1 when it could not be opened, then `problems` says why."""
    kind: str = "file"
    """file or directory"""
    size: int = 0
    problems: tuple[Problem, ...] = ()

    def close(self) -> None:
        """Give the descriptor back."""
        if self.descriptor >= 0:
            os.close(self.descriptor)


def open_input(path: str | os.PathLike[str]) -> OpenedInput:
    """Open a file or directory that the user named; a link given as such is followed, once, to a regular one.

    Never blocks and never raises for what is there: a missing, unreadable or unsuitable input
    (FIFO, device, socket) comes back with descriptor -1 and a problem
    (`not-found`, `unreadable`, `not-regular`); an empty file with problem `empty`.
    """
    name = os.fspath(path)
    try:
        real = os.path.realpath(name, strict=True)
        if not stat.S_ISREG(mode := os.lstat(real).st_mode) and not stat.S_ISDIR(mode):
            return _refused(name, "not-regular", f"is a {_kind(mode)}; give a file or a directory")
        descriptor = _open(real)
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        code = "not-found" if missing else "unreadable"
        return _refused(name, code, os.strerror(error.errno or errno.EIO))
    except ValueError:
        return _refused(name, "not-found", "the name holds a NUL character")
    state = os.fstat(descriptor)
    if stat.S_ISDIR(state.st_mode):
        return OpenedInput(name, descriptor, "directory")
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        return _refused(name, "not-regular", f"is a {_kind(state.st_mode)}; give a file or a directory")
    problems = () if state.st_size else (Problem("empty", "the file is empty"),)
    return OpenedInput(name, descriptor, "file", state.st_size, problems)


def hold_input(name: str, source: BinaryIO, most: int) -> OpenedInput:
    """Return a stream (standard input) as an opened input, kept in memory: at most `most` bytes of it.

    What goes beyond is not read and is a problem of the input (`limit-total-size`).
    """
    descriptor = os.memfd_create("auditor-input", os.MFD_CLOEXEC) if hasattr(os, "memfd_create") else _nameless()
    size = 0
    with open(descriptor, "wb", closefd=False) as file:
        while size < most and (piece := source.read(min(PIECE, most - size))):
            size += file.write(piece)
    problems: tuple[Problem, ...] = ()
    if not size:
        problems = (Problem("empty", "the input is empty"),)
    elif size == most and source.read(1):
        message = "longer than total-size, which bounds what is kept in memory: give it as a file"
        problems = (Problem("limit-total-size", message, limit="total-size", value=most),)
    return OpenedInput(name, descriptor, "file", size, problems)


def _nameless() -> int:
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _refused(name: str, code: str, message: str) -> OpenedInput:
    return OpenedInput(name, -1, problems=(Problem(code, message),))


def _kind(mode: int) -> str:
    return KINDS.get(stat.S_IFMT(mode), "special file").replace("-", " ")


def _open(path: str | bytes, folder: int | None = None, flags: int = QUIET) -> int:
    """Open one name; when the process is out of descriptors, ask for all it may have and try again."""
    try:
        return os.open(path, flags, dir_fd=folder)
    except OSError as error:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if error.errno != errno.EMFILE or soft == hard:
            raise
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return os.open(path, flags, dir_fd=folder)


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a directory input."""

    artifact: Artifact
    parts: tuple[bytes, ...]
    problem: Problem | None = None


def members(root: int, limits: Limits) -> Iterator[Member]:
    """Yield the nodes below an opened directory, folders first in byte order of names; no link is followed.

    Names keep their bytes and are shown escaped. Ends with a problem after `limits.members` nodes.
    """
    pending: list[tuple[bytes, ...]] = [()]
    count = 0
    while pending:
        parts = pending.pop()
        try:
            names = _names(root, parts)
        except OSError as error:
            yield _lost(parts, "directory", error)
            continue
        folders = []
        for name in names:
            count += 1
            if count > limits.members:
                value = limits.members
                problem = Problem("limit-members", "entries exceed members", limit="members", value=value)
                yield Member(Artifact(id="", path="", kind="directory", size=0), (), problem)
                return
            member = _member(root, (*parts, name))
            yield member
            if member.artifact.kind == "directory" and member.problem is None:
                folders.append((*parts, name))
        pending.extend(reversed(folders))


def open_member(root: int, parts: tuple[bytes, ...], flags: int = QUIET) -> int:
    """Open a node below a directory, link by link refused; raises OSError."""
    folder = os.dup(root)
    try:
        for part in parts[:-1]:
            inner = _open(part, folder, QUIET | os.O_DIRECTORY)
            os.close(folder)
            folder = inner
        return _open(parts[-1], folder, flags)
    finally:
        os.close(folder)


def _names(root: int, parts: tuple[bytes, ...]) -> list[bytes]:
    folder = open_member(root, parts, QUIET | os.O_DIRECTORY) if parts else os.dup(root)
    try:
        return sorted(os.fsencode(name) for name in os.listdir(folder))
    finally:
        os.close(folder)


def _member(root: int, parts: tuple[bytes, ...]) -> Member:
    path = display(b"/".join(parts))
    try:
        folder = open_member(root, parts[:-1], QUIET | os.O_DIRECTORY) if parts[:-1] else os.dup(root)
        try:
            state = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
            link = stat.S_ISLNK(state.st_mode)
            target = display(os.readlink(parts[-1], dir_fd=folder)) if link else None
        finally:
            os.close(folder)
    except OSError as error:
        return _lost(parts, "file", error)
    kind = "directory" if stat.S_ISDIR(state.st_mode) else KINDS.get(stat.S_IFMT(state.st_mode), "file")
    size = state.st_size if kind == "file" else 0
    mode = stat.S_IMODE(state.st_mode)
    return Member(Artifact(id="", path=path, kind=kind, size=size, mode=mode, target=target, parent=""), parts)


def _lost(parts: tuple[bytes, ...], kind: str, error: OSError) -> Member:
    path = display(b"/".join(parts))
    problem = Problem("unreadable", os.strerror(error.errno or errno.EIO), path)
    return Member(Artifact(id="", path=path, kind=kind, size=0, parent=path and "", complete=False), parts, problem)
