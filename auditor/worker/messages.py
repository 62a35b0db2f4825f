"""What supervisor, fork server and worker say to each other, and how it is framed.

A message is msgpack, cut into frames of at most 1 MiB: 4 bytes length (little-endian), one byte
"more follows", the bytes. File descriptors travel with the first frame. Both sides decode into
typed records; what a worker says is as untrusted as what it read.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

import msgspec

from auditor.limits import Limits
from auditor.model import Artifact, Document, Evidence, Problem
from auditor.worker.sandbox import Isolation

FRAME_SIZE = 1 << 20
RESULT_SIZE = 512 << 20
"""Bytes a worker may send about one input."""
HEADER = struct.Struct("<IB")


class Setup(msgspec.Struct, frozen=True, tag=True):
    """To the fork server, once: load, lock in, answer with Hello."""

    limits: Limits
    identify: bool = True
    """False = only unpack: detectors and their libraries are not loaded."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """From the fork server: everything is loaded and locked."""

    isolation: Isolation


class Fork(msgspec.Struct, frozen=True, tag=True):
    """To the fork server, with two descriptors (socket, progress note): start a worker."""


class Forked(msgspec.Struct, frozen=True, tag=True):
    """From the fork server; pid 0 = no process could be made."""

    pid: int


class Collect(msgspec.Struct, frozen=True, tag=True):
    """To the fork server: wait for a worker that ends or was killed."""

    pid: int


class Collected(msgspec.Struct, frozen=True, tag=True):
    """From the fork server: how it ended, as waitpid(2) says."""

    status: int


class Job(msgspec.Struct, frozen=True, tag=True):
    """To a worker, with one descriptor: examine this file."""

    size: int
    prefix: str = ""
    """Path of the file inside a directory input; empty = the file is the input."""
    skip: tuple[str, ...] = ()
    """Artifacts that are listed but not identified: they ended an earlier worker."""
    stops: tuple[int, ...] = ()
    """Entries (counted over all containers) at which their container's listing ends; 0 = do not look inside."""
    parent: str = ""
    """Path of what holds a file that has a prefix."""
    wanted: str = ""
    """Glob of the paths whose bytes are sent too."""
    offer: bool = False
    """Whether the bytes of unknown regions are sent too."""
    declared: str = ""
    """The type that the user says the file has; empty = its bytes tell."""


class Batch(msgspec.Struct, frozen=True, tag=True):
    """From a worker: a part of the result."""

    artifacts: tuple[Artifact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()


class Content(msgspec.Struct, frozen=True, tag=True):
    """From a worker: a piece of the bytes of an artifact, in order."""

    path: str
    data: bytes
    first: bool
    last: bool
    unknown: bool
    """Whether it is an unknown region that is offered to another extractor."""


class Done(msgspec.Struct, frozen=True, tag=True):
    """From a worker: that was all about the job."""

    last: bool = False
    """It cannot take another: something of the job cannot be given back."""


ToServer = Setup | Fork | Collect
FromServer = Hello | Forked | Collected
FromWorker = Batch | Content | Done

encode = msgspec.msgpack.Encoder().encode


class Closed(Exception):
    """The other side is gone."""


def send(channel: socket.socket, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
    """Send one message; raises Closed when nobody listens any more."""
    data = encode(message)
    try:
        for start in range(0, len(data), FRAME_SIZE):
            piece = data[start : start + FRAME_SIZE]
            frame = HEADER.pack(len(piece), start + FRAME_SIZE < len(data)) + piece
            if descriptors:
                sent = socket.send_fds(channel, [frame], list(descriptors))
                frame, descriptors = frame[sent:], ()
            channel.sendall(frame)
    except (BrokenPipeError, ConnectionError) as error:
        raise Closed from error


def receive(channel: socket.socket, descriptors: int = 0) -> tuple[bytes, list[int]]:
    """Wait for one message and up to `descriptors` file descriptors; raises Closed at the end of the stream."""
    data, handles = bytearray(), list[int]()
    while True:
        head, more_handles = _exactly(channel, HEADER.size, descriptors)
        handles += more_handles
        length, more = HEADER.unpack(head)
        if length > FRAME_SIZE or len(data) + length > RESULT_SIZE:
            raise Closed
        data += _exactly(channel, length, 0)[0]
        if not more:
            return bytes(data), handles


def _exactly(channel: socket.socket, size: int, descriptors: int) -> tuple[bytes, list[int]]:
    data, handles = bytearray(), list[int]()
    while len(data) < size:
        try:
            if descriptors:
                piece, received, _, _ = socket.recv_fds(channel, size - len(data), descriptors)
                handles += received
            else:
                piece = channel.recv(size - len(data))
        except ConnectionError as error:
            raise Closed from error
        if not piece:
            raise Closed
        data += piece
    return bytes(data), handles


class Inbox:
    """Puts messages of a non-blocking channel together."""

    def __init__(self, limit: int = RESULT_SIZE) -> None:
        self.limit = limit
        self.buffer = bytearray()
        self.message = bytearray()
        self.total = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived and return the messages that are whole; raises ValueError when a bound is broken."""
        self.buffer += data
        self.total += len(data)
        if self.total > self.limit:
            raise ValueError("more than the result may hold")
        whole = []
        while len(self.buffer) >= HEADER.size:
            length, more = HEADER.unpack_from(self.buffer)
            if length > FRAME_SIZE or more > 1:
                raise ValueError("a frame out of bounds")
            if len(self.buffer) < HEADER.size + length:
                break
            self.message += self.buffer[HEADER.size : HEADER.size + length]
            del self.buffer[: HEADER.size + length]
            if not more:
                whole.append(bytes(self.message))
                self.message.clear()
        return whole
