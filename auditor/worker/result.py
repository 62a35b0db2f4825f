"""Put the parts that workers sent together to one Examination per input, in a fixed order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

import msgspec

from auditor.model import Artifact, Document, Evidence, Examination, Problem
from auditor.record import intern
from auditor.unpack import settle
from auditor.worker.inputs import OpenedInput
from auditor.worker.messages import Batch, Content

CHUNK = 1 << 20


ARTIFACT_TEXTS = ("id", "path", "kind", "format", "parent")
EVIDENCE_TEXTS = ("subject", "claim", "value", "detector", "method", "artifact", "path")
"""Texts that recur: a decoder makes each anew, and together they were more than half of what a large image took."""


class Part:
    """What is known of one file: of a file input, or of one file of a directory input."""

    def __init__(self, prefix: str = "", node: Artifact | None = None) -> None:
        self.prefix = prefix
        self.node = node
        self.parent = None if node is None else node.parent
        self.problems: list[Problem] = []
        self.reset()

    def reset(self) -> None:
        """Forget what a worker sent that did not finish."""
        self.artifacts: list[Artifact] = []
        self.evidence: list[Evidence] = []
        self.documents: list[Document] = []
        self.sent: list[Problem] = []
        self.held: dict[str, bytearray] = {}

    def add(self, batch: Batch) -> None:
        """Take a batch."""
        for records, names in ((batch.artifacts, ARTIFACT_TEXTS), (batch.evidence, EVIDENCE_TEXTS)):
            for record in records:
                intern(record, *names)
        self.artifacts.extend(batch.artifacts)
        self.evidence.extend(batch.evidence)
        self.documents.extend(batch.documents)
        self.sent.extend(batch.problems)

    def hold(self, piece: Content) -> None:
        """Keep the bytes of an unknown region until they are offered."""
        if piece.first:
            self.held[piece.path] = bytearray()
        self.held[piece.path] += piece.data

    def keep_node(self) -> None:
        """Keep a node of a directory that has no content to examine."""
        if self.node is not None and self.node.path:
            self.artifacts.append(self.node)

    def ensure(self, descriptor: int, size: int) -> None:
        """Make sure that the file itself is listed, with its digest, when no worker got that far."""
        mode = self.node.mode if self.node else None
        for index, artifact in enumerate(self.artifacts):
            if artifact.path == self.prefix and artifact.id:
                self.artifacts[index] = msgspec.structs.replace(artifact, mode=mode)
                return
        digest = hashlib.sha256()
        offset = 0
        while data := os.pread(descriptor, CHUNK, offset):
            digest.update(data)
            offset += len(data)
        self.artifacts = [artifact for artifact in self.artifacts if artifact.path != self.prefix]
        path = self.prefix
        own = Artifact(digest.hexdigest(), path, "file", size, mode=mode, parent=self.parent, complete=False)
        self.artifacts.insert(0, own)


def assemble(opened: OpenedInput, parts: Iterable[Part]) -> Examination:
    """Return the Examination of one input."""
    artifacts: list[Artifact] = []
    evidence: list[Evidence] = []
    documents: list[Document] = []
    problems = list(opened.problems)
    if opened.kind == "directory" and opened.descriptor >= 0:
        artifacts.append(Artifact(id="", path="", kind="directory", size=0))
    for part in parts:
        artifacts += part.artifacts
        evidence += part.evidence
        documents += part.documents
        problems += part.problems + part.sent
    return Examination(
        artifacts=settle(artifacts, problems),
        evidence=tuple(sorted(set(evidence), key=_evidence_order)),
        documents=tuple(sorted(documents, key=lambda document: (document.path, document.format))),
        problems=tuple(sorted(set(problems), key=_problem_order)),
    )


def _evidence_order(vote: Evidence) -> tuple[str | int, ...]:
    place = (vote.path, -1 if vote.offset is None else vote.offset, vote.line or 0, vote.pointer or "")
    return (*place, vote.detector, vote.subject, vote.claim, vote.value, vote.method, vote.grade, vote.role)


def _problem_order(problem: Problem) -> tuple[str | int, ...]:
    return (problem.path, -1 if problem.offset is None else problem.offset, problem.code, problem.message)
