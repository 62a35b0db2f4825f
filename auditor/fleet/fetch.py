"""Have one image as a local file for as long as it is read, with its SHA-256."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auditor.fleet import Refused
from auditor.fleet.sources import Source, opened, reason
from auditor.worker import open_input

PREFIX = "auditor-fleet-"
PIECE = 8 << 20
"""Bytes of one range."""


class Unreadable(Exception):
    """An image that could not be read this time."""


@dataclass(frozen=True)
class Held:
    """An image that can be read."""

    path: str
    sha256: str
    size: int


@contextlib.contextmanager
def held(source: Source, most: int) -> Iterator[Held]:
    """Give a source as a local file: where it is, or fetched in ranges into a private temporary file.

    `most` bounds the bytes of a fetched object. The temporary file is gone afterwards, also when the process
    is killed: the next one sweeps. Raises Unreadable.
    """
    if not source.remote:
        yield _local(source.place)
        return
    with private() as folder:
        yield _fetched(source, Path(folder) / "image", most)


def _local(place: str) -> Held:
    one = open_input(place)
    try:
        if one.kind == "directory" or one.problems:
            raise Unreadable("is a folder" if one.kind == "directory" else one.problems[0].message)
        digest, offset = hashlib.sha256(), 0
        while data := os.pread(one.descriptor, PIECE >> 3, offset):
            digest.update(data)
            offset += len(data)
    except OSError as error:
        raise Unreadable(reason(error)) from None
    finally:
        one.close()
    return Held(place, digest.hexdigest(), offset)


def _fetched(source: Source, target: Path, most: int) -> Held:
    """Read an object range by range; one that changes meanwhile has another length or is refused by its server."""
    digest = hashlib.sha256()
    try:
        system, path = opened(source.place)
        size = system.info(path)["size"]
        if size is None:
            raise Unreadable("its server does not say how large it is")
        if size > most:
            raise Unreadable(f"{size} bytes are more than --max-fetch {most}")
        if not size:
            raise Unreadable("the object is empty")
        with system.open(path, "rb", block_size=PIECE, cache_type="none") as stream, open(target, "xb") as file:
            left = size
            while left:
                data = stream.read(min(PIECE, left))
                if not data:
                    raise Unreadable("ended before its size")
                left -= len(data)
                digest.update(data)
                file.write(data)
    except (Unreadable, MemoryError):
        raise
    except Refused as error:
        raise Unreadable(str(error)) from None
    except Exception as error:  # each file system has its own
        raise Unreadable(reason(error)) from None
    return Held(str(target), digest.hexdigest(), size)


@contextlib.contextmanager
def private() -> Iterator[str]:
    """Give a private folder that is gone afterwards."""
    folder, lock = room()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def room() -> tuple[str, int]:
    """Return a new private folder and the descriptor that says, by its lock, that somebody uses it."""
    folder = tempfile.mkdtemp(prefix=PREFIX)
    lock = os.open(f"{folder}/making", os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(f"{folder}/making", f"{folder}/lock")
    return folder, lock


def sweep() -> None:
    """Remove the folders of processes that were killed: ours, and nobody holds their lock."""
    for entry in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):
            state = entry.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
                continue
            lock = os.open(entry / "lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry, ignore_errors=True)
            finally:
                os.close(lock)
