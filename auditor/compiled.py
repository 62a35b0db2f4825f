"""What was computed from shipped data, kept in the user's cache folder for the next start.

An entry is a file named after what it was computed from. It is trusted only when the folder and
the file belong to this user, nobody else may write them, and the SHA-256 in front of the content
is right; anything else is as if it were not there, and is computed again. Writers never meet: a
file appears whole, under its final name. `AUDITOR_CACHE_DIR=none` does without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MOST = 64 << 20
"""Bytes of one entry."""
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
DIGEST_SIZE = 32
VERSIONS = 8
"""Entries of one kind that stay; the oldest go when a new one is written."""


def folder() -> Path | None:
    """Return the cache folder (AUDITOR_CACHE_DIR, else that of the XDG base directories); None = do without."""
    chosen = os.environ.get("AUDITOR_CACHE_DIR", "")
    if chosen == "none":
        return None
    if chosen:
        return Path(chosen)
    root = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(root) if root.startswith("/") else Path(os.path.expanduser("~")) / ".cache"
    return base / "auditor"


def key(*parts: bytes | str, code: Iterable[str] = ()) -> str:
    """Return a name for what is computed from `parts` by the source files `code`."""
    total = hashlib.sha256()
    for path in code:
        total.update(_digest_of(path))
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data))
        total.update(data)
    return total.hexdigest()[:32]


@cache
def _digest_of(path: str) -> bytes:
    return hashlib.sha256(Path(path).read_bytes()).digest()


def release(package: str) -> str:
    """Return the version of an installed package by the name of its metadata folder, "" when there is none.

    The standard library would read and parse the metadata of each, which costs a start more than all keys do.
    """
    return _releases().get(_plain(package), "")


@cache
def _releases() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            for entry in sorted(os.listdir(folder or os.curdir)):
                stem, _, kind = entry.rpartition(".")
                name, _, number = stem.partition("-")
                if kind in ("dist-info", "egg-info") and number:
                    found.setdefault(_plain(name), number)
    return found


def _plain(package: str) -> str:
    return package.lower().replace("_", "-").replace(".", "-")


def load(name: str, shape: type[T], root: Path | None) -> T | None:
    """Return the entry as a value of `shape`; None when there is none that can be trusted and read."""
    data = load_bytes(name, root)
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=shape)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def keep(name: str, value: Any, root: Path | None) -> None:
    """Keep a value of plain data and records; a folder that cannot be written costs the next start some time."""
    keep_bytes(name, msgspec.msgpack.encode(value), root)


def load_bytes(name: str, root: Path | None) -> bytes | None:
    """Return the content of an entry; None when there is none that can be trusted."""
    if root is None:
        return None
    with contextlib.suppress(OSError):
        if not trusted(root):
            return None
        handle = os.open(root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode) or not _ours(state) or state.st_size > MOST:
                return None
            data = stream.read(MOST + 1)
        return unseal(name, data)
    return None


def seal(name: str, content: bytes) -> bytes:
    """Return the content with the digest in front by which `unseal` knows that it is whole and its own."""
    return hashlib.sha256(name.encode() + b"\0" + content).digest() + content


def unseal(name: str, data: bytes) -> bytes | None:
    """Return what was sealed under this name; None when it is damaged or another's."""
    content = data[DIGEST_SIZE:]
    right = hashlib.sha256(name.encode() + b"\0" + content).digest() == data[:DIGEST_SIZE]
    return content if right else None


def trusted(path: Path) -> bool:
    """Tell whether a folder or file is there, no link, and only this user or the administrator can write it."""
    state = os.lstat(path)
    return (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)) and _ours(state)


def make(root: Path) -> bool:
    """Make the cache folder unless it is there; returns whether it can be trusted. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return trusted(root)


def keep_bytes(name: str, content: bytes, root: Path | None) -> None:
    """Write an entry whole or not at all."""
    if root is None:
        return
    temporary = ""
    try:
        if not make(root):
            return
        handle, temporary = tempfile.mkstemp(dir=root)
        with os.fdopen(handle, "wb") as stream:
            stream.write(seal(name, content))
        os.replace(temporary, root / name)
        _prune(root, name)
    except OSError:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _prune(root: Path, name: str) -> None:
    """Remove the oldest entries of the kind of `name`, which stands before its first hyphen."""
    kind, suffix = name.partition("-")[0] + "-", Path(name).suffix
    same = [entry for entry in os.scandir(root) if entry.name.startswith(kind) and entry.name.endswith(suffix)]
    for entry in sorted(same, key=lambda entry: -entry.stat(follow_symlinks=False).st_mtime_ns)[VERSIONS:]:
        os.unlink(entry.path)


def _ours(state: os.stat_result) -> bool:
    """Tell whether only this user or the administrator can have written it."""
    return state.st_uid in (os.geteuid(), 0) and not state.st_mode & OTHERS_WRITE
