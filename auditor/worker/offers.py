"""Unknown regions offered to another extractor, and what it made of them read by our own workers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import Self

import msgspec

from auditor.limits import Limits
from auditor.model import Problem
from auditor.unpack.names import join
from auditor.worker import unblob
from auditor.worker.inputs import Member, members
from auditor.worker.result import Part
from auditor.worker.tasks import Task, member_tasks

CARVED = (".unknown", ".padding")
"""Ranges of the region that unblob writes out and has no handler for: they are in our tree already."""


class Offers:
    """The private folders of one run; a context manager that removes them."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self.command = command
        self.limits = limits
        self.outputs: list[unblob.Output] = []
        self.roots: list[int] = []

    def __enter__(self) -> Self:
        unblob.remove_stale()
        return self

    def __exit__(self, *reason: object) -> None:
        for root in self.roots:
            os.close(root)
        for output in self.outputs:
            output.close()

    def tasks(self, parts: Sequence[list[Part]]) -> Iterator[Task]:
        """Offer all held regions, one after the other, and return a task for each file that came out."""
        made = []
        for order, those in enumerate(parts):
            spent = 0.0
            held = [(part, path) for part in those for path in part.held]
            for number, (part, path) in enumerate(held):
                if number >= unblob.MAX_REGIONS or spent > self.limits.wall:
                    part.problems.append(self._unoffered(path, spent))
                    continue
                start = time.monotonic()
                root = self._offer(part, path)
                spent += time.monotonic() - start
                if root is not None:
                    made.append((order, path, root, those))
        return (task for order, path, root, those in made for task in self._read_back(order, path, root, those))

    def _unoffered(self, path: str, spent: float) -> Problem:
        if spent > self.limits.wall:
            wall = self.limits.wall
            return Problem("limit-wall", "no time left to offer it to unblob", path, limit="wall", value=wall)
        most = unblob.MAX_REGIONS
        message = f"more than {most} unknown regions: not offered to unblob"
        return Problem("limit-offers", message, path, limit="offers", value=most)

    def _offer(self, part: Part, path: str) -> int | None:
        """Run the extractor on one region; returns the opened folder of its output."""
        output = unblob.run(bytes(part.held[path]), path, self.limits, self.command)
        self.outputs.append(output)
        part.problems += output.problems
        if output.root is None:
            return None
        _claim(part, path, output)
        root = os.open(output.root, unblob.FOLDER)
        self.roots.append(root)
        return root

    def _read_back(self, order: int, path: str, root: int, made: list[Part]) -> Iterator[Task]:
        """Yield tasks for the files below an output folder, and note its other nodes."""
        for member in members(root, self.limits):
            inner = member.artifact
            if len(member.parts) == 1 and inner.path.endswith(CARVED):
                continue
            # the extractor sets modes as it likes: they are no facts of the image
            placed = msgspec.structs.replace(inner, path=join(path, inner.path), parent=path, mode=None)
            problem = member.problem
            if problem is not None:
                problem = msgspec.structs.replace(problem, path=join(path, problem.path) if problem.path else path)
            if not member.parts:
                placed = msgspec.structs.replace(placed, path=path)
            yield from member_tasks(order, root, Member(placed, member.parts, problem), made, self.limits)


def _claim(part: Part, path: str, output: unblob.Output) -> None:
    """Count the chunks as understood; a region that is wholly one and came out without fault is opaque no more."""
    size = len(part.held[path])
    understood = _covered(output.chunks)
    whole = understood == size and not output.problems
    if whole:
        part.sent = [problem for problem in part.sent if problem.path != path or problem.code != "opaque"]
    parent = next((artifact.parent for artifact in part.artifacts if artifact.path == path), None)
    handlers = {chunk.handler for chunk in output.chunks}
    for index, artifact in enumerate(part.artifacts):
        if artifact.path == path:
            name = f"unblob-{handlers.pop()}" if len(output.chunks) == 1 and whole else ""
            part.artifacts[index] = msgspec.structs.replace(
                artifact, format=_name(name), understood=understood, complete=artifact.complete or whole
            )
        elif artifact.path == parent and _is_gap(path, parent):
            more = min(artifact.size, artifact.understood + understood)
            part.artifacts[index] = msgspec.structs.replace(artifact, understood=more)


def _covered(chunks: tuple[unblob.Chunk, ...]) -> int:
    """Return how many bytes the chunks cover, each counted once."""
    covered = end = 0
    for chunk in sorted(chunks, key=lambda chunk: (chunk.start, chunk.end)):
        covered += max(0, chunk.end - max(chunk.start, end))
        end = max(end, chunk.end)
    return covered


def _is_gap(path: str, parent: str) -> bool:
    """Tell whether a region is one that no format claims, and not one that a container names."""
    return path == join(parent, path.rpartition("!/")[2]) and path.endswith((".unknown", ".high-entropy"))


def _name(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in text[:40])
