"""The progress note: a shared page on which a worker says what it is at, readable after its death."""

from __future__ import annotations

import mmap
import os
import struct
import sys
import tempfile
from dataclasses import dataclass

SIZE = 16384
LAYOUT = struct.Struct("<QQBH")
"""Step count, entries met so far, stage, bytes of the path that follows."""
UNPACK, IDENTIFY = 1, 2


@dataclass(frozen=True, slots=True)
class Progress:
    """What a note says."""

    step: int = 0
    entries: int = 0
    stage: int = 0
    path: str = ""


def create() -> int:
    """Return the descriptor of a new note; it has no name anywhere."""
    if sys.platform == "linux":
        handle = os.memfd_create("auditor-note", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    os.ftruncate(handle, SIZE)
    return handle


def read(handle: int) -> Progress:
    """Read a note; never trusts it (a worker may have written anything, or cut the page)."""
    data = os.pread(handle, SIZE, 0)
    if len(data) < LAYOUT.size:
        return Progress()
    step, entries, stage, length = LAYOUT.unpack_from(data)
    path = data[LAYOUT.size : LAYOUT.size + length].decode("utf-8", "replace")
    return Progress(step, entries, stage, path)


class Note:
    """The worker's side of it."""

    def __init__(self, handle: int) -> None:
        self.page = mmap.mmap(handle, SIZE)
        self.step = 0

    def write(self, stage: int, path: str, entries: int) -> None:
        """Say which stage is at which artifact; costs about a microsecond."""
        self.step += 1
        name = path.encode("utf-8", "replace")[: SIZE - LAYOUT.size]
        self.page[LAYOUT.size : LAYOUT.size + len(name)] = name
        LAYOUT.pack_into(self.page, 0, self.step, entries, stage, len(name))
