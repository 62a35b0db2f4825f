"""The supervisor's side of the fork server: start it, ask it for workers, learn how they ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

import msgspec

from auditor.limits import Limits
from auditor.worker import messages, note
from auditor.worker.messages import Closed, Collect, Collected, Fork, Forked, FromServer, Hello, Setup
from auditor.worker.sandbox import Isolation

COMMAND = (sys.executable, "-I", "-B", "-m", "auditor.worker.program")
"""Isolated: no working folder, no user folder and no PYTHON* variable has a say; nothing is written."""
KEPT = ("HOME", "XDG_CACHE_HOME", "AUDITOR_CACHE_DIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables a worker gets; secrets of the environment stay out of reach of what parses hostile bytes."""
START_SECONDS = 120
COLLECT_SECONDS = 1

Decoder = msgspec.msgpack.Decoder(FromServer)


class WorkerUnavailable(Exception):
    """No worker can be started; the message says why."""


class IsolationUnavailable(Exception):
    """The sandbox that was asked for is not complete here; the message says what is missing."""


class Worker:
    """One worker process and the two things shared with it."""

    def __init__(self, pid: int, channel: socket.socket, page: int) -> None:
        self.pid = pid
        self.channel = channel
        self.page = page

    def close(self) -> None:
        """Give both back."""
        self.channel.close()
        os.close(self.page)


class Server:
    """A fork server; starting does not wait for it."""

    def __init__(self, limits: Limits, command: Sequence[str] = COMMAND, identify: bool = True) -> None:
        self.control, theirs = socket.socketpair()
        self.control.settimeout(START_SECONDS)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - the command is ours or the test's, never an input's
                [*command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                env={
                    "LC_ALL": "C.UTF-8",
                    "TZ": "UTC",
                    **{name: os.environ[name] for name in KEPT if name in os.environ},
                },
            )
        self.hello: Isolation | None = None
        self.setup = Setup(limits, identify)
        self.workers: dict[int, Worker] = {}
        with contextlib.suppress(Closed):  # `isolation` reports it with what the program said
            messages.send(self.control, self.setup)

    @property
    def isolation(self) -> Isolation:
        """What is in force; waits for the server to be ready. Raises WorkerUnavailable."""
        if self.hello is None:
            answer = self._answer()
            if not isinstance(answer, Hello):
                raise WorkerUnavailable(f"the worker program does not start: {self._last_words()}")
            self.hello = answer.isolation
        return self.hello

    def fork(self) -> Worker:
        """Return a new worker; raises WorkerUnavailable."""
        _ = self.isolation
        ours, theirs = socket.socketpair()
        page = note.create()
        with theirs:
            answer = self._ask(Fork(), (theirs.fileno(), page))
        if not isinstance(answer, Forked) or answer.pid <= 0:
            ours.close()
            os.close(page)
            raise WorkerUnavailable("no worker process could be made")
        worker = Worker(answer.pid, ours, page)
        self.workers[answer.pid] = worker
        return worker

    def collect(self, worker: Worker) -> int | None:
        """Return how a worker that closed its channel ended (waitpid status), killing it when it lingers.

        None = the server is gone too. The server waits for a child only when asked, so the pid
        cannot belong to another process.
        """
        self.workers.pop(worker.pid, None)
        try:
            messages.send(self.control, Collect(worker.pid))
            self.control.settimeout(COLLECT_SECONDS)
            try:
                answer = self._receive()
            except TimeoutError:
                self.kill(worker)
                self.control.settimeout(START_SECONDS)
                answer = self._receive()
        except (Closed, TimeoutError):
            answer = None
        finally:
            self.control.settimeout(START_SECONDS)
            worker.close()
        return answer.status if isinstance(answer, Collected) else None

    def kill(self, worker: Worker) -> None:
        """End a worker now."""
        with contextlib.suppress(ProcessLookupError):  # gone with its server
            os.kill(worker.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the server and every worker."""
        for worker in self.workers.values():
            if self.process.poll() is None:
                self.kill(worker)
            worker.close()
        self.workers.clear()
        self.control.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _ask(self, message: msgspec.Struct, descriptors: Sequence[int]) -> FromServer | None:
        try:
            messages.send(self.control, message, descriptors)
        except Closed:
            return None
        return self._answer()

    def _answer(self) -> FromServer | None:
        try:
            return self._receive()
        except (Closed, TimeoutError, msgspec.MsgspecError):
            return None

    def _receive(self) -> FromServer:
        answer: FromServer = Decoder.decode(messages.receive(self.control)[0])
        return answer

    def _last_words(self) -> str:
        self.process.kill()
        assert self.process.stderr is not None
        text = self.process.stderr.read().decode("utf-8", "replace").strip()
        line = text.rsplit("\n", 1)[-1]
        return "".join(c if c.isprintable() else "?" for c in line) or f"exit code {self.process.wait()}"
