"""Examine one opened file in this process: walk it, identify every artifact, send the result in batches."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from auditor.limits import Limits
from auditor.model import Artifact, Document, Evidence, Problem
from auditor.unpack import walk
from auditor.unpack.search import RAW, formats
from auditor.unpack.view import Budget, Damaged, View
from auditor.worker.messages import Batch, Content, Job
from auditor.worker.note import IDENTIFY, UNPACK

BATCH = 64
"""Artifacts of one batch."""
PIECE = 1 << 19
"""Bytes of content sent at once."""
OFFERED_FLOOR = 64
"""Smaller unknown regions are not offered to another extractor."""
OFFERED_SIZE = 128 << 20
"""Bytes of all unknown regions of one file that are offered."""
LARGEST = (1 << 63) - 1
"""Offsets and sizes that an input declares beyond it are no places; records hold 64 bits."""

Tell = Callable[[int, str, int], None]
"""Receives stage, path and the count of entries before each step."""
Send = Callable[[Batch | Content], None]


class StoppedAt(Damaged):
    """The entry that ended an earlier worker: its container's listing ends here."""

    code = "parser-died"


class CountedBudget(Budget):
    """A budget that notes each entry before it is read."""

    __slots__ = ("path", "stops", "tell")

    def __init__(self, limits: Limits, tell: Tell, stops: tuple[int, ...]) -> None:
        super().__init__(limits)
        self.tell = tell
        self.stops = stops
        self.path = ""

    def member(self, offset: int | None = None) -> None:
        """Account one entry; raises StoppedAt at the one to stay away from."""
        super().member(offset)
        if self.members in self.stops:
            raise StoppedAt("entry not read: it ended the parser before; the listing ends here", offset)
        self.tell(UNPACK, self.path, self.members)


@dataclass(slots=True)
class _Collected:
    artifacts: list[Artifact] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self) -> Batch:
        batch = Batch(tuple(self.artifacts), tuple(self.evidence), tuple(self.documents), tuple(self.problems))
        self.artifacts, self.evidence, self.documents, self.problems = [], [], [], []
        return batch


class Examiner:
    """One file under examination."""

    def __init__(self, job: Job, limits: Limits, tell: Tell, send: Send, identify: bool = True) -> None:
        self.detect = identify
        self.job = job
        self.limits = limits
        self.tell = tell
        self.send = send
        self.skip = frozenset(job.skip)
        self.collected = _Collected()
        self.budget = CountedBudget(limits, tell, job.stops)
        self.room = OFFERED_SIZE

    def run(self, view: View) -> None:
        """Walk and identify; whatever a reader or detector raises becomes a problem."""
        self.tell(UNPACK, self.job.prefix, 0)
        try:
            if 0 in self.job.stops:
                self.artifact(Artifact(id="", path="", kind="file", size=view.size, complete=False), view)
            else:
                for artifact, content in walk(view, self.budget, self.report, self.container()):
                    self.artifact(artifact, content)
        except BaseException as fault:
            self.report(self.fault(fault, "", "unpacking"))
        self.flush()

    def container(self) -> str:
        """Return the declared type where it is one that is unpacked; documents are the readers' matter."""
        names = {RAW, *(one.NAME for one in formats())} if self.job.declared else set()
        return self.job.declared if self.job.declared in names else ""

    def artifact(self, artifact: Artifact, view: View | None) -> None:
        """Keep one artifact and identify it."""
        path = self.place(artifact.path)
        unknown = self.job.offer and _unknown(artifact)
        parent = artifact.parent
        if self.job.prefix:
            parent = self.job.parent if parent is None else self.place(parent)
        size = max(0, min(artifact.size, LARGEST))
        artifact = msgspec.structs.replace(artifact, path=path, parent=parent, size=size)
        self.collected.artifacts.append(artifact)
        if self.detect and view is not None and path not in self.skip:
            self.tell(IDENTIFY, path, self.budget.members)
            self.identify(artifact, view)
        if view is not None and unknown:
            self.offer(path, view)
        if view is not None and self.job.wanted and path and fnmatch.fnmatchcase(path, self.job.wanted):
            self.content(path, view, unknown=False)
        if len(self.collected.artifacts) >= BATCH:
            self.flush()
        self.budget.path = path
        self.tell(UNPACK, path, self.budget.members)

    def offer(self, path: str, view: View) -> None:
        """Send an unknown region for another extractor, as long as there is room."""
        self.room -= view.size
        if self.room >= 0:
            self.content(path, view, unknown=True)
            return
        message = "unknown regions larger than offer-size are not offered to another extractor"
        self.collected.problems.append(
            Problem("limit-offer-size", message, path, limit="offer-size", value=OFFERED_SIZE)
        )

    def content(self, path: str, view: View, unknown: bool) -> None:
        """Send the bytes of an artifact in pieces."""
        for start in range(0, view.size or 1, PIECE):
            piece = bytes(view.data[start : start + PIECE])
            self.send(Content(path, piece, start == 0, start + PIECE >= view.size, unknown))

    def identify(self, artifact: Artifact, view: View) -> None:
        """Run the detectors and document readers on one artifact."""
        from auditor.identify import identify
        from auditor.identify.sample import Sample

        declared = "" if artifact.path else self.job.declared
        try:
            evidence, documents, problems = identify(Sample(artifact, view, self.limits, declared))
        except BaseException as fault:
            self.collected.problems.append(self.fault(fault, artifact.path, "identifying"))
            return
        self.collected.evidence.extend(evidence)
        self.collected.documents.extend(documents)
        self.collected.problems.extend(problems)

    def report(self, fact: Problem | Evidence) -> None:
        """Take a problem or a header's fact from the walk."""
        offset = fact.offset if fact.offset is not None and 0 <= fact.offset <= LARGEST else None
        placed = msgspec.structs.replace(fact, path=self.place(fact.path), offset=offset)
        if isinstance(placed, Problem):
            self.collected.problems.append(placed)
        else:
            self.collected.evidence.append(placed)

    def fault(self, fault: BaseException, path: str, doing: str) -> Problem:
        """Describe an exception that nobody foresaw."""
        if isinstance(fault, MemoryError):
            memory = self.limits.memory
            return Problem("limit-memory", f"out of memory while {doing}", path, limit="memory", value=memory)
        if isinstance(fault, Damaged):
            return Problem(fault.code, fault.message, path, fault.offset)
        return Problem("reader-error", f"{type(fault).__name__} while {doing}", path)

    def place(self, path: str) -> str:
        """Return the path inside the input."""
        prefix = self.job.prefix
        return f"{prefix}!/{path}" if prefix and path else prefix or path

    def flush(self) -> None:
        """Send what is collected; a record that cannot be sent is a problem and the others are sent."""
        batch = self.collected.take()
        try:
            self.send(batch)
        except (UnicodeEncodeError, ValueError, TypeError, OverflowError):
            self.send(_sendable(batch))


def _unknown(artifact: Artifact) -> bool:
    """Tell whether no format claims any of the bytes of an input or region."""
    apart = artifact.kind == "region" or not artifact.path
    return apart and not artifact.format and not artifact.understood and artifact.size >= OFFERED_FLOOR


def _sendable(batch: Batch) -> Batch:
    """Return the batch without the records that have no encoding (a lone surrogate, an integer over 64 bits)."""
    lost = []

    def ok(record: Artifact | Evidence | Document | Problem) -> bool:
        try:
            msgspec.msgpack.encode(record)
        except (UnicodeEncodeError, ValueError, TypeError, OverflowError) as error:
            path = record.path.encode("utf-8", "replace").decode()
            name = type(record).__name__
            lost.append(Problem("reader-error", f"{name} that cannot be passed on: {type(error).__name__}", path))
            return False
        return True

    kept = Batch(
        tuple(filter(ok, batch.artifacts)),
        tuple(filter(ok, batch.evidence)),
        tuple(filter(ok, batch.documents)),
        tuple(filter(ok, batch.problems)),
    )
    return msgspec.structs.replace(kept, problems=kept.problems + tuple(lost))
