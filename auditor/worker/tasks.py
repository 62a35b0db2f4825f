"""One task for each file of each input; everything that is no file is noted where it belongs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.limits import Limits
from auditor.model import Artifact, Problem
from auditor.worker.inputs import Member, OpenedInput, members, open_member
from auditor.worker.result import Part


@dataclass(slots=True)
class Task:
    """One file to examine and how far it is."""

    order: int
    """Index of the input."""
    descriptor: int
    state: os.stat_result
    part: Part
    owned: bool
    """Whether the descriptor is closed when the task ends."""
    skip: tuple[str, ...] = ()
    stops: tuple[int, ...] = ()
    deaths: list[Problem] = field(default_factory=list)

    def changed(self) -> bool:
        """Tell whether the file is another one than when it was opened."""
        now = os.fstat(self.descriptor)
        return (now.st_size, now.st_mtime_ns) != (self.state.st_size, self.state.st_mtime_ns)

    def change(self) -> Problem:
        """Say that it is."""
        return Problem("input-changed", "the file was changed while it was read; run again", self.part.prefix)


def tasks(inputs: Sequence[OpenedInput], parts: list[list[Part]], limits: Limits) -> Iterator[Task]:
    """Yield a task for each file of each input and note everything else where it belongs."""
    for order, opened in enumerate(inputs):
        made = parts[order]
        if opened.descriptor < 0:
            continue
        if opened.kind == "directory":
            for member in members(opened.descriptor, limits):
                yield from member_tasks(order, opened.descriptor, member, made, limits)
        else:
            yield from _task(order, opened.descriptor, Part(), made, limits, owned=False)


def member_tasks(order: int, root: int, member: Member, made: list[Part], limits: Limits) -> Iterator[Task]:
    """Yield the task of a node below an opened folder, if it is a file that can be opened."""
    artifact = member.artifact
    part = Part(artifact.path, artifact)
    if member.problem is not None:
        part.problems.append(member.problem)
    elif artifact.kind == "file":
        try:
            descriptor = open_member(root, member.parts)
        except OSError as error:
            part.problems.append(Problem("unreadable", os.strerror(error.errno or 5), artifact.path))
        else:
            yield from _task(order, descriptor, part, made, limits, owned=True)
            return
    part.keep_node()
    made.append(part)


def _task(order: int, descriptor: int, part: Part, made: list[Part], limits: Limits, owned: bool) -> Iterator[Task]:
    made.append(part)
    state = os.fstat(descriptor)
    if state.st_size <= limits.input_size:
        yield Task(order, descriptor, state, part, owned)
        return
    value = limits.input_size
    part.problems.append(
        Problem("limit-input-size", "larger than input-size", part.prefix, limit="input-size", value=value)
    )
    part.artifacts.append(Artifact(id="", path=part.prefix, kind="file", size=state.st_size, complete=False))
    if owned:
        os.close(descriptor)
