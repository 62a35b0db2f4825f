"""Isolated processes that unpack and identify; the only place that knows about processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from auditor.limits import Limits
from auditor.model import Examination
from auditor.worker.inputs import OpenedInput, hold_input, open_input
from auditor.worker.progress import Progress
from auditor.worker.sandbox import Isolation
from auditor.worker.server import IsolationUnavailable, WorkerUnavailable
from auditor.worker.supervisor import Workers

__all__ = [
    "Isolation",
    "IsolationUnavailable",
    "OpenedInput",
    "Progress",
    "WorkerUnavailable",
    "Workers",
    "examine",
    "hold_input",
    "isolation",
    "open_input",
]


def examine(
    inputs: Sequence[OpenedInput], limits: Limits, jobs: int = 1, require_isolation: bool = False
) -> tuple[Examination, ...]:
    """Return one Examination per opened input, in their order; see `Workers` for the same with an early start."""
    with Workers(limits, jobs, require_isolation) as workers:
        return workers.examine(inputs)


def isolation(limits: Limits | None = None) -> dict[str, Any]:
    """Return {landlockAbi, seccomp, rlimits}: what the sandbox of this machine has in force. Starts it once."""
    with Workers(limits or Limits()) as workers:
        answer: dict[str, Any] = msgspec.to_builtins(workers.isolation)
        return answer
