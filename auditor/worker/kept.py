"""What was found in a file before, by its content: files that did not change are not examined again.

The command's own process computes the SHA-256 of every input file, asks and writes; a worker never sees the
cache. What a worker says about a file is kept under the digest of that whole file and nowhere else, so that
a file which takes its worker over can falsify its own entry and no other. An entry also depends on the path
of the file, the limits, the code, the data and the libraries that read it, and is checked when it is read:
one that is damaged, exchanged or from elsewhere is as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from auditor import compiled, resources
from auditor.limits import Limits
from auditor.worker.messages import Batch
from auditor.worker.tasks import Task

NAME = "results-1.sqlite"
MOST = 1 << 30
"""Bytes of all entries; the least recently used go first."""
LARGEST = 128 << 20
"""Bytes of one entry."""
FRESH = "AUDITOR_FRESH"
"""Variable that asks for everything to be examined again; what is found is not kept either."""
BUSY_SECONDS = 2.0
"""How long another writer is waited for; after that nothing is kept."""
PIECE = 1 << 18
"""Bytes read at once: they stay in the cache of the processor until they are hashed."""
PASSING = frozenset(
    {"limit-memory", "limit-wall", "limit-step", "limit-result", "parser-died", "input-changed", "unreadable"}
)
"""Problems that another run may not have."""
LIBRARIES = ("hyperscan", "isal", "lief", "lxml", "lz4", "lzallright", "msgspec", "PyYAML", "zstandard")
OPTIONAL = ("openpyxl", "jsonschema-rs", "cyclonedx-python-lib", "spdx-tools")
SCHEMA = "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL)"
Decoder = msgspec.msgpack.Decoder(Batch)


class Kept:
    """The cache of one run; without a folder that can be trusted it is empty and stays so."""

    def __init__(self, root: Path, limits: Limits, identify: bool) -> None:
        self.stamp = compiled.key(_code(), msgspec.msgpack.encode(limits), str(identify))
        self.path = root / NAME
        self._buffer = memoryview(bytearray(PIECE))
        self._digests: dict[int, str] = {}
        self._hits: list[str] = []
        self._made: list[tuple[str, bytes]] = []
        self._base: sqlite3.Connection | None = None
        with contextlib.suppress(OSError, sqlite3.Error):
            if compiled.trusted(root) and compiled.trusted(self.path):
                self._base = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)

    def fill(self, task: Task) -> bool:
        """Put what is known of a file into its part; False when it has to be examined."""
        digest = _digest(task.descriptor, self._buffer)
        self._digests[task.descriptor] = digest
        key = self._key(task, digest)
        batch = self._read(key)
        if batch is None or not _is_about(batch, task, digest):
            return False
        del self._digests[task.descriptor]
        self._hits.append(key)
        task.part.reset()
        task.part.add(batch)
        return True

    def note(self, task: Task) -> None:
        """Remember what a worker found in a file, unless another run may find something else."""
        digest = self._digests.pop(task.descriptor, "")
        part = task.part
        codes = {problem.code for problem in (*part.problems, *part.sent)}
        if not digest or task.deaths or codes & PASSING:
            return
        batch = Batch(tuple(part.artifacts), tuple(part.evidence), tuple(part.documents), tuple(part.sent))
        if _is_about(batch, task, digest):
            key = self._key(task, digest)
            content = msgspec.msgpack.encode(batch)
            if len(content) <= LARGEST:
                self._made.append((key, compiled.seal(key, content)))

    def close(self) -> None:
        """Write what is new; a cache that cannot be written costs the next run some time."""
        if self._base is not None:
            self._base.close()
        if not self._made and not self._hits:
            return
        for _ in range(2):
            try:
                self._write()
            except sqlite3.OperationalError:  # read-only, full, or another writer takes too long
                return
            except (OSError, sqlite3.DatabaseError):  # damaged: begin anew
                with contextlib.suppress(OSError):
                    self.path.unlink()
                continue
            return

    def _write(self) -> None:
        if not compiled.make(self.path.parent) or (self.path.exists() and not compiled.trusted(self.path)):
            return
        with contextlib.suppress(FileExistsError):  # made by us, for us alone
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        base = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            base.execute("PRAGMA synchronous = OFF")  # what a power cut damages is found again
            with base:
                base.execute("BEGIN IMMEDIATE")
                base.execute(SCHEMA)
                ((last,),) = base.execute("SELECT coalesce(max(used), 0) + 1 FROM results").fetchall()
                base.executemany("UPDATE results SET used = ? WHERE key = ?", [(last, key) for key in self._hits])
                rows = [(key, last, value) for key, value in self._made]
                base.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
                _shrink(base)
        finally:
            base.close()

    def _key(self, task: Task, digest: str) -> str:
        return compiled.key(self.stamp, digest, task.part.prefix, task.part.parent or "")

    def _read(self, key: str) -> Batch | None:
        if self._base is None:
            return None
        try:
            row = self._base.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
            content = compiled.unseal(key, bytes(row[0])) if row is not None else None
            return None if content is None else Decoder.decode(content)
        except (sqlite3.Error, msgspec.MsgspecError, TypeError, ValueError):
            return None


def _shrink(base: sqlite3.Connection) -> None:
    """Remove the least recently used entries beyond the size of the cache."""
    total = 0
    gone = []
    for key, size in base.execute("SELECT key, length(value) FROM results ORDER BY used DESC, key"):
        total += size
        if total > MOST:
            gone.append((key,))
    base.executemany("DELETE FROM results WHERE key = ?", gone)


def _is_about(batch: Batch, task: Task, digest: str) -> bool:
    """Tell whether the records say of the file itself what this process computed."""
    own = (artifact for artifact in batch.artifacts if artifact.path == task.part.prefix)
    return any(artifact.id == digest and artifact.size == task.state.st_size for artifact in own)


def _digest(descriptor: int, buffer: memoryview) -> str:
    """Hash a file through a buffer; read, not mapped: a mapping of a file that shrinks ends the process."""
    digest, offset = hashlib.sha256(), 0
    while count := os.preadv(descriptor, [buffer], offset):
        digest.update(buffer[:count])
        offset += count
    return digest.hexdigest()


@cache
def _code() -> str:
    """Return the digest of everything that decides what is found in a file: code, data, libraries."""
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256(sys.version.encode())
    for path in _sources(package, resources.folder("rules")):
        data = path.read_bytes()
        total.update(f"{path.name}:{len(data)}:".encode() + data)
    for name in (*LIBRARIES, *OPTIONAL):
        total.update(f"{name} {compiled.release(name) or '-'}\n".encode())
    return total.hexdigest()


def _sources(package: Path, rules: Path) -> Iterator[Path]:
    yield from (package / "model.py", package / "limits.py")
    for part in ("unpack", "identify", "worker"):
        yield from sorted((package / part).rglob("*.py"))
    yield from sorted((rules / "detectors").rglob("*.yaml"))
    yield from sorted((rules / "signatures").rglob("*.yaml"))
    yield rules / "knowledge" / "part-list-columns.yaml"


def open_kept(limits: Limits, identify: bool) -> Kept | None:
    """Return the cache of the user's choice, None when there is to be none or all is to be examined afresh."""
    root = None if os.environ.get(FRESH) else compiled.folder()
    return None if root is None else Kept(root.absolute(), limits, identify)
