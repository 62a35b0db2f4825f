"""Offer unknown regions to unblob (the extra `unblob`) in a sandbox of its own; its output is a folder to read.

unblob extracts to disk: it gets a private temporary folder, the only place that its sandbox lets it write,
and the folder is removed after it was read; one that a killed run left is removed by the next. What unblob
says and what it wrote is as untrusted as the region.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from auditor.limits import Limits
from auditor.model import Problem

COMMAND = (sys.executable, "-I", "-B", "-m", "auditor.worker.unblob_program")
GUARD = (sys.executable, "-I", "-B", "-m", "auditor.worker.guard")
PREFIX = "auditor-region-"
REGION = "region"
POLL_SECONDS = 0.2
ANSWER_SIZE = 1 << 20
MAX_REGIONS = 16
"""Regions of one input that are offered; each costs a start of unblob."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Chunk(msgspec.Struct, frozen=True):
    """A range of the region that unblob has a handler for."""

    start: int
    end: int
    handler: str


class Extracted(msgspec.Struct, frozen=True):
    """What the program says it did."""

    chunks: tuple[Chunk, ...] = ()
    faults: tuple[str, ...] = ()
    locked: bool = True


@dataclass(slots=True)
class Output:
    """What unblob made of one region."""

    folder: str
    """The private folder; `close` removes it."""
    claim: int
    """The opened folder, locked as long as it is in use."""
    root: str | None
    """The folder with what was extracted."""
    chunks: tuple[Chunk, ...]
    problems: tuple[Problem, ...]

    def close(self) -> None:
        """Remove the folder."""
        remove(self.folder)
        os.close(self.claim)


def available() -> bool:
    """Tell whether the extra is installed; its code is not loaded."""
    return importlib.util.find_spec("unblob") is not None


def run(data: bytes, path: str, limits: Limits, command: Sequence[str] = COMMAND) -> Output:
    """Offer the bytes of the region at `path`; never raises for what comes of it."""
    folder = tempfile.mkdtemp(prefix=PREFIX)
    claim = os.open(folder, FOLDER)
    fcntl.flock(claim, fcntl.LOCK_EX)
    with open(os.path.join(folder, REGION), "xb") as file:
        file.write(data)
    answer, problem = _ask(folder, limits, command)
    problems = [] if problem is None else [msgspec.structs.replace(problem, path=path)]
    problems += [Problem("extractor-fault", f"unblob: {_line(fault)}", path) for fault in answer.faults[:8]]
    root = os.path.join(folder, "out", REGION + "_extract")
    chunks = tuple(chunk for chunk in answer.chunks if 0 <= chunk.start < chunk.end <= len(data))
    there = os.path.isdir(root) and not os.path.islink(root)
    if not answer.locked:
        problems.append(Problem("extractor-not-run", "unblob is not run: its sandbox is not complete here", path))
    return Output(folder, claim, root if there and chunks else None, chunks, tuple(problems))


def _ask(folder: str, limits: Limits, command: Sequence[str]) -> tuple[Extracted, Problem | None]:
    """Run the program until it answers, a limit ends it or it dies."""
    places = {"HOME": folder, "TMPDIR": folder, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(msgspec.json.encode(limits))
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 - the command is ours or the test's, never an input's
            [*GUARD, str(os.getpid()), *command, folder],
            stdin=given,
            stdout=said,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
            env={"LC_ALL": "C.UTF-8", "TZ": "UTC", **places},
        )
        try:
            problem = _watch(process, folder, limits)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if problem is not None:
            return Extracted(), problem
        said.seek(0)
        try:
            return msgspec.msgpack.decode(said.read(ANSWER_SIZE), type=Extracted), None
        except (msgspec.MsgspecError, ValueError):
            return Extracted(), Problem("extractor-died", f"unblob died (status {process.returncode})")


def _watch(process: subprocess.Popen[bytes], folder: str, limits: Limits) -> Problem | None:
    """Wait for the end; the problem says which limit was hit first."""
    deadline = time.monotonic() + limits.step
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
        size, count = usage(folder, limits)
        if size > limits.total_size:
            return _limit("total-size", limits.total_size, "unblob wrote more than total-size")
        if count > limits.members:
            return _limit("members", limits.members, "unblob wrote more files than members")
        if process.returncode is not None:
            return None
        if time.monotonic() > deadline:
            return _limit("step", limits.step, f"unblob stopped after {limits.step} s")


def _limit(name: str, value: int, message: str) -> Problem:
    return Problem(f"limit-{name}", message, limit=name, value=value)


def usage(folder: str, limits: Limits) -> tuple[int, int]:
    """Return bytes on disk and number of nodes below a folder that may change meanwhile; stops past the limits."""
    size, count, pending = 0, 0, [folder]
    while pending and size <= limits.total_size and count <= limits.members:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as nodes:
            for node in nodes:
                count += 1
                size += node.stat(follow_symlinks=False).st_blocks * 512
                if node.is_dir(follow_symlinks=False):
                    pending.append(node.path)
    return size, count


def remove_stale() -> None:
    """Remove the folders of runs that were killed: ours by owner and mode, begun, and locked by nobody."""
    place = tempfile.gettempdir()
    for name in sorted(os.listdir(place)):
        if not name.startswith(PREFIX):
            continue
        with contextlib.suppress(OSError):
            folder = os.path.join(place, name)
            claim = os.open(folder, FOLDER)
            try:
                state = os.fstat(claim)
                ours = state.st_uid == os.geteuid() and state.st_mode & 0o777 == 0o700
                # the region is written under the lock: without it the folder is one that is being made
                if ours and REGION in os.listdir(claim):
                    fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(folder)
            finally:
                os.close(claim)


def remove(folder: str) -> None:
    """Remove a folder that a hostile program filled: any depth, any modes, no link followed.

    Folders are emptied by moving what is in them up, so that no path grows and nothing recurses.
    """
    root = os.open(folder, FOLDER)
    serial = 0
    try:
        while names := os.listdir(root):
            for name in names:
                serial = _remove(root, name, serial)
    finally:
        os.close(root)
    os.rmdir(folder)


def _remove(root: int, name: str, serial: int) -> int:
    try:
        os.unlink(name, dir_fd=root)
        return serial
    except (IsADirectoryError, PermissionError):
        os.chmod(name, 0o700, dir_fd=root)
    inner = os.open(name, FOLDER, dir_fd=root)
    try:
        for below in os.listdir(inner):
            try:
                os.unlink(below, dir_fd=inner)
            except (IsADirectoryError, PermissionError):
                os.chmod(below, 0o700, dir_fd=inner)
                serial += 1
                os.rename(below, f"moved {os.getpid()} {serial} {name[:9]}"[:99], src_dir_fd=inner, dst_dir_fd=root)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=root)
    return serial


def _line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])
