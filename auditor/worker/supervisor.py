"""Hand opened inputs to workers, watch them, and bring back one Examination per input, whatever happens."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec

from auditor.limits import MIB, Limits
from auditor.model import Examination, Problem
from auditor.worker import messages, note, sandbox, unblob
from auditor.worker.inputs import OpenedInput
from auditor.worker.kept import Kept, open_kept
from auditor.worker.messages import Batch, Closed, Content, Done, FromWorker, Inbox, Job
from auditor.worker.offers import Offers
from auditor.worker.progress import Progress, Watch
from auditor.worker.result import Part, assemble
from auditor.worker.sandbox import Isolation
from auditor.worker.server import COMMAND, IsolationUnavailable, Server, Worker, WorkerUnavailable
from auditor.worker.tasks import Task, tasks

RERUNS = 3
"""Fresh workers an input gets after one died on it."""
POLL_SECONDS = 0.25
Keep = Callable[[int, Content], None]
"""Receives the index of the input and a piece of the bytes that were asked for."""
Decoder = msgspec.msgpack.Decoder(FromWorker)


@dataclass(slots=True)
class Seat:
    """A worker's place: the process, what it works on and until when."""

    worker: Worker | None = None
    task: Task | None = None
    inbox: Inbox = field(default_factory=Inbox)
    served: set[int] = field(default_factory=set)
    deadline: float = 0.0
    step: int = -1
    step_deadline: float = 0.0


class Workers:
    """Isolated workers for any number of inputs; a context manager. The first file to be examined starts them.

    With `identify=False` inputs are only unpacked, and the detectors are not even loaded. `extractor` is the
    program that unknown regions are offered to, by default unblob where that extra is installed. `declared` is the
    type that the user says the inputs have; the files of a folder are recognized by their bytes all the same.
    """

    def __init__(
        self,
        limits: Limits,
        jobs: int = 1,
        require_isolation: bool = False,
        command: Sequence[str] = COMMAND,
        identify: bool = True,
        extractor: Sequence[str] = (),
        declared: str = "",
    ) -> None:
        self.declared = declared
        self.extractor = tuple(extractor) or (unblob.COMMAND if unblob.available() else ())
        self.wanted = ""
        self.keep: Keep | None = None
        self.kept: Kept | None = None
        self.watch: Watch | None = None
        self.progress = Progress()
        self.identify = identify
        self.limits = limits
        self.jobs = max(1, jobs)
        self.require_isolation = require_isolation
        self.command = tuple(command)
        self.server: Server | None = None
        self.selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        if self.server is not None:
            self.server.close()
        self.server = None
        self.selector.close()

    @property
    def isolation(self) -> Isolation:
        """What of the sandbox is in force; starts the workers and waits for them. Raises WorkerUnavailable."""
        return self._server().isolation

    def in_force(self) -> Isolation:
        """Return the same without a start for it where nothing had to be examined. Raises WorkerUnavailable."""
        tried = sandbox.tried(self.limits) if self.server is None and self.command == COMMAND else None
        return tried or self.isolation

    def examine(
        self, inputs: Sequence[OpenedInput], wanted: str = "", keep: Keep | None = None
    ) -> tuple[Examination, ...]:
        """Return one Examination per input, in their order, the same for any number of workers.

        The bytes of artifacts whose path matches the glob `wanted` go to `keep`, with the index of the
        input; when a worker died they come once more from the first piece on.
        Raises IsolationUnavailable when a complete sandbox was asked for and is not to be had,
        WorkerUnavailable when no process can be started.
        """
        if self.require_isolation and not self.isolation.complete:
            raise IsolationUnavailable(
                f"the sandbox is not complete here: {msgspec.json.encode(self.isolation).decode()}"
            )
        parts: list[list[Part]] = [[] for _ in inputs]
        self.wanted, self.keep = wanted, keep
        self.progress = Progress(total=sum(one.size for one in inputs))
        seats = [Seat() for _ in range(self.jobs)]
        try:
            self._all(seats, inputs, parts)
        finally:
            if self.watch is not None:
                self.watch(None)
        for seat in seats:
            self._retire(seat)
        return tuple(assemble(opened, made) for opened, made in zip(inputs, parts, strict=True))

    def _all(self, seats: list[Seat], inputs: Sequence[OpenedInput], parts: list[list[Part]]) -> None:
        """Have the inputs read, and then what the extractor makes of their unknown regions."""
        # bytes that are asked for or offered come from a worker only
        apart = bool(self.wanted or self.extractor or self.declared) or self.command != COMMAND
        self.kept = None if apart else open_kept(self.limits, self.identify)
        self._run(seats, tasks(inputs, parts, self.limits))
        if self.kept is not None:
            self.kept.close()
            self.kept = None
        if self.extractor:
            command, self.extractor = self.extractor, ()  # what comes out is not offered again
            with Offers(command, self.limits) as offers:
                self._run(seats, offers.tasks(parts))
            self.extractor = command

    def _run(self, seats: list[Seat], todo: Iterator[Task]) -> None:
        """Have all tasks done."""
        busy = True
        while busy:
            for seat in seats:
                if seat.task is None and (task := self._next(todo)) is not None:
                    self._start(seat, task)
            busy = any(seat.task is not None for seat in seats)
            if busy:
                self._wait(seats)

    def _next(self, todo: Iterator[Task]) -> Task | None:
        """Return the next task that nothing is kept of."""
        for task in todo:
            if self.kept is None or not self.kept.fill(task):
                return task
            _close(task)
        return None

    def _server(self) -> Server:
        if self.server is None:
            self.server = Server(self.limits, self.command, self.identify)
        return self.server

    def _start(self, seat: Seat, task: Task) -> None:
        """Give a seat its next task, with a fresh worker where one is due."""
        if len(seat.served | {task.order}) > self.limits.worker_files:
            self._retire(seat)
        if seat.worker is None:
            seat.worker = self._fork()
            seat.worker.channel.setblocking(True)
            self.selector.register(seat.worker.channel, selectors.EVENT_READ, seat)
        now = time.monotonic()
        seat.task = task
        seat.inbox = Inbox(messages.RESULT_SIZE + (self.limits.total_size if self.wanted else 0))
        seat.served.add(task.order)
        seat.deadline = now + self.limits.wall + task.state.st_size / (16 * MIB)
        seat.step, seat.step_deadline = -1, now + self.limits.step
        task.part.reset()
        job = Job(
            task.state.st_size,
            task.part.prefix,
            task.skip,
            task.stops,
            parent=task.part.parent or "",
            wanted=self.wanted,
            offer=bool(self.extractor),
            declared="" if task.part.prefix else self.declared,
        )
        with contextlib.suppress(Closed):  # its death shows as the end of the channel
            messages.send(seat.worker.channel, job, (task.descriptor,))

    def _fork(self) -> Worker:
        """Return a worker, from a new server when the old one is gone."""
        try:
            return self._server().fork()
        except WorkerUnavailable:
            self._server().close()
            self.server = Server(self.limits, self.command, self.identify)
            return self.server.fork()

    def _retire(self, seat: Seat) -> None:
        """Let a worker go."""
        if seat.worker is not None:
            self.selector.unregister(seat.worker.channel)
            self._server().kill(seat.worker)
            self._server().collect(seat.worker)
        seat.worker = None
        seat.served = set()

    def _wait(self, seats: list[Seat]) -> None:
        """Take what workers say and end those that are over a limit."""
        for key, _ in self.selector.select(POLL_SECONDS):
            self._hear(key.data)
        now = time.monotonic()
        for seat in seats:
            if seat.task is None or seat.worker is None:
                continue
            progress = note.read(seat.worker.page)
            if self.watch is not None:
                self.progress.path = progress.path
                self.watch(self.progress)
            if progress.step != seat.step:
                seat.step, seat.step_deadline = progress.step, now + self.limits.step
            if now >= seat.deadline:
                self._end(seat, self._limit("wall", seat.task))
            elif now >= seat.step_deadline:
                self._end(seat, self._limit("step", seat.task))

    def _hear(self, seat: Seat) -> None:
        """Read what one worker sent; the end of the channel is its death."""
        assert seat.worker is not None
        if seat.task is None:  # an idle worker has nothing to say: it died
            self._retire(seat)
            return
        try:
            data = seat.worker.channel.recv(messages.FRAME_SIZE)
        except ConnectionError:
            data = b""
        if not data:
            self._end(seat, None)
            return
        try:
            for whole in seat.inbox.feed(data):
                message = Decoder.decode(whole)
                if isinstance(message, Batch):
                    seat.task.part.add(message)
                    self.progress.files += len(message.artifacts)
                    self.progress.unpacked += sum(one.size for one in message.artifacts)
                elif isinstance(message, Content):
                    self._content(seat.task, message)
                elif isinstance(message, Done):
                    self._finish(seat)
                    if message.last:
                        self._retire(seat)
        except (ValueError, msgspec.MsgspecError):
            value = messages.RESULT_SIZE
            self._end(
                seat, Problem("limit-result", "the worker's answer is out of bounds", limit="result", value=value)
            )

    def _content(self, task: Task, piece: Content) -> None:
        """Pass bytes on: to the extractor later, or to who asked for them."""
        if piece.unknown:
            task.part.hold(piece)
        elif self.keep is not None:
            self.keep(task.order, piece)

    def _finish(self, seat: Seat) -> None:
        """Close a task; the file must still be what it was when it was opened."""
        assert seat.task is not None
        task, seat.task = seat.task, None
        self.progress.done += task.state.st_size
        task.part.problems.extend(task.deaths)
        if task.changed() and not task.deaths:
            task.part.problems.append(task.change())
        if self.kept is not None:
            self.kept.note(task)
        _close(task)

    def _end(self, seat: Seat, limit: Problem | None) -> None:
        """Deal with a worker that died, or kill one over a limit; the task goes on in a fresh one or ends."""
        assert seat.worker is not None and seat.task is not None
        worker, task = seat.worker, seat.task
        self.selector.unregister(worker.channel)
        if limit is not None:
            self._server().kill(worker)
        progress = note.read(worker.page)
        status = self._server().collect(worker)
        seat.worker, seat.served = None, set()
        problem = limit or _death(status)
        if task.changed():
            task.deaths.append(task.change())
            self._finish(seat)
            return
        where = "while identifying it" if progress.stage == note.IDENTIFY else "while unpacking it or what follows it"
        task.deaths.append(msgspec.structs.replace(problem, path=progress.path, message=f"{problem.message} {where}"))
        if len(task.deaths) > RERUNS:
            self._finish(seat)
            return
        if progress.stage == note.IDENTIFY:
            task.skip = (*task.skip, progress.path)
        else:
            task.stops = (0,) if progress.entries in task.stops else (*task.stops, progress.entries)
        seat.task = None
        self._start(seat, task)

    def _limit(self, name: str, task: Task) -> Problem:
        value = self.limits.step if name == "step" else int(self.limits.wall + task.state.st_size / (16 * MIB))
        return Problem(f"limit-{name}", f"stopped after {value} s", limit=name, value=value)


def _close(task: Task) -> None:
    task.part.ensure(task.descriptor, task.state.st_size)
    if task.owned:
        os.close(task.descriptor)


def _death(status: int | None) -> Problem:
    """Name how a worker died."""
    if status is None:
        return Problem("parser-died", "parser died (with the worker program)")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(ValueError):
            return Problem("parser-died", f"parser died (signal {number}, {signal.Signals(number).name})")
        return Problem("parser-died", f"parser died (signal {number})")
    return Problem("parser-died", f"parser died (exit code {os.waitstatus_to_exitcode(status)})")
