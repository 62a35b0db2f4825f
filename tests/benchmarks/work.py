"""What the worker's processor time goes to: the steps of one examination, timed in process."""

from __future__ import annotations

import hashlib
import mmap
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from auditor import identify
from auditor.identify import documents
from auditor.identify.firmware import elf
from auditor.identify.signatures.database import Engine
from auditor.limits import Limits
from auditor.unpack import codec, walker
from auditor.unpack.view import View
from auditor.worker.examine import Examiner
from auditor.worker.messages import Job


class Steps:
    """Processor seconds by step, each without the steps inside it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = [0.0]

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            start = time.thread_time()
            self._inside.append(0.0)
            try:
                result = work(*arguments, **named)
                # a generator works while it is consumed
                return result if not hasattr(result, "send") else list(result)
            finally:
                spent = time.thread_time() - start
                self.seconds[name] = self.seconds.get(name, 0.0) + spent - self._inside.pop()
                self._inside[-1] += spent

        return run


class _Hashing:
    """`hashlib` as the walker uses it, timed."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def sha256(self) -> _Digest:
        return _Digest(self.steps)


class _Digest:
    """One digest, of which the bytes are what costs."""

    def __init__(self, steps: Steps) -> None:
        digest = hashlib.sha256()
        self.update = steps.timed("SHA-256 of every file", digest.update)
        self.hexdigest = digest.hexdigest


def measure(image: Path) -> dict[str, float]:
    """Seconds by step of one examination, the second of two in this process."""
    with open(image, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = View(memoryview(mapped))
        examine(view)
        steps = Steps()
        with ExitStack() as stack:
            for where, name, label in (
                (codec, "block", "decoding blocks"),
                (Engine, "_ends", "searching patterns"),
                (elf, "read", "reading ELF"),
                (documents, "read", "recognizing documents"),
                (walker, "survey", "recognizing formats"),
            ):
                stack.enter_context(patch.object(where, name, steps.timed(label, getattr(where, name))))
            stack.enter_context(patch.object(walker, "hashlib", _Hashing(steps)))
            for module in identify.detectors():
                label = f"detector {module.__name__.rsplit('.', 1)[-1]}"
                stack.enter_context(patch.object(module, "detect", steps.timed(label, module.detect)))
            steps.timed("the rest", lambda: examine(view))()
        view.data.release()
    return {name: round(seconds, 4) for name, seconds in sorted(steps.seconds.items(), key=lambda row: -row[1])}


def examine(view: View) -> None:
    encode = msgspec.msgpack.Encoder().encode
    Examiner(Job(view.size), Limits(), lambda *_: None, encode, True).run(view)
