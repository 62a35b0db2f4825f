"""Where the time of a run goes: one row per phase, of this process and of the workers it ended."""

from __future__ import annotations

import resource
import time

import msgspec


class Phase(msgspec.Struct, frozen=True, rename="camel"):
    """What one phase cost, in seconds."""

    name: str
    wall: float
    processor: float
    """User and system time of this process."""
    workers: float
    """User and system time of the processes that ended in this phase, all together."""


class Clock:
    """Cuts a run into phases; each ends where `lap` is called. The first begins with the process itself."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self._last = (time.monotonic(), 0.0, 0.0)

    def lap(self, name: str) -> None:
        """End a phase."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        now = (time.monotonic(), time.process_time(), children.ru_utime + children.ru_stime)
        wall, processor, workers = (round(new - old, 4) for new, old in zip(now, self._last, strict=True))
        self.phases.append(Phase(name, wall, processor, workers))
        self._last = now

    def report(self) -> bytes:
        """Return the phases as JSON."""
        return msgspec.json.format(msgspec.json.encode({"phases": self.phases}), indent=1) + b"\n"
