"""The worker program: load everything, lock in, then serve as fork server of long-lived workers.

Started by the supervisor as a program of its own; the argument is the number of the inherited
control socket. It never opens an input: descriptors arrive over sockets that exist already.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import mmap
import os
import pkgutil
import signal
import socket
import sys
import sysconfig
from collections.abc import Callable
from functools import partial

import msgspec

from auditor import resources
from auditor.limits import Limits
from auditor.unpack.view import View
from auditor.worker import messages, note, sandbox
from auditor.worker.examine import Examiner
from auditor.worker.messages import Closed, Collect, Collected, Done, Fork, Forked, Hello, Job, Setup, ToServer

UNPACKING = ("auditor.unpack",)
IDENTIFYING = ("auditor.identify", "auditor.identify.firmware", "auditor.identify.documents")
LIBRARIES = (
    "bz2",
    "lzma",
    "zlib",
    "zstandard",
    "isal.igzip",
    "isal.isal_zlib",
    "lz4.block",
    "lz4.frame",
    "lzallright",
    "hyperscan",
)
"""Imported before the lock because every image needs them; what is rarer (lief, lxml) is imported by
the worker that needs it, from the folders of code that stay readable."""
SHARED = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
"""Where the system's shared libraries are, which a late import may load."""

ToServerDecoder = msgspec.msgpack.Decoder(ToServer)
JobDecoder = msgspec.msgpack.Decoder(Job)


def main(arguments: list[str]) -> int:
    """Serve until the control socket closes."""
    sandbox.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(arguments[0]))
    with contextlib.suppress(Closed):
        setup = _request(control)[0]
        if not isinstance(setup, Setup):
            return 2
        gc.disable()
        load(setup)
        gc.collect()
        gc.freeze()  # what is loaded is no garbage: collections in workers need not look at it
        gc.enable()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        isolation = sandbox.lock(setup.limits, readable_folders())
        _silence(nowhere)
        messages.send(control, Hello(isolation))
        serve(control, setup)
    return 0


def load(setup: Setup) -> None:
    """Import what workers need and let modules prepare data they read from files (`prepare(limits)`)."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for package in (*UNPACKING, *(IDENTIFYING if setup.identify else ())):
        folder = importlib.import_module(package)
        names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
        for module in (folder, *(importlib.import_module(f"{package}.{name}") for name in names)):
            prepare: Callable[[Limits], None] | None = getattr(module, "prepare", None)
            if prepare is not None:
                prepare(setup.limits)


def readable_folders() -> tuple[str, ...]:
    """Return the folders of code and shipped data, which stay readable for late imports."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {*SHARED, *(path for path in map(sysconfig.get_path, names) if path)}
    folders |= {path for path in sys.path if os.path.isdir(path)}  # packages that come through .pth files
    folders.add(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with contextlib.suppress(FileNotFoundError):
        folders.add(str(resources.folder("rules")))
    return tuple(sorted(folders))


def serve(control: socket.socket, setup: Setup) -> None:
    """Fork workers and collect the dead; never reads an input's bytes itself."""
    children = set[int]()
    try:
        while True:
            request, handles = _request(control, 2)
            if isinstance(request, Fork) and len(handles) == 2:
                pid = _fork(control, handles, setup)
                children.add(pid)
                messages.send(control, Forked(pid))
            elif isinstance(request, Collect) and request.pid in children:
                children.discard(request.pid)
                messages.send(control, Collected(os.waitpid(request.pid, 0)[1]))
    finally:
        for pid in children - {0}:
            os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, handles: list[int], setup: Setup) -> int:
    """Return the pid of a new worker, 0 when there is none; the descriptors go to the worker."""
    try:
        pid = os.fork()
    except OSError:
        pid = 0
    else:
        if pid == 0:
            control.close()
            _work(socket.socket(fileno=handles[0]), handles[1], setup)
    for handle in handles:
        os.close(handle)
    return pid


def _work(channel: socket.socket, page: int, setup: Setup) -> None:
    """Be a worker until the channel closes; never returns."""
    code = 1
    try:
        sandbox.die_with_parent()
        sandbox.lock_worker()
        progress = note.Note(page)
        os.close(page)
        while True:
            data, handles = messages.receive(channel, 1)
            clean = _examine(channel, JobDecoder.decode(data), handles[0], setup, progress)
            messages.send(channel, Done(last=not clean))
    except Closed:
        code = 0
    finally:
        os._exit(code)


def _examine(channel: socket.socket, job: Job, handle: int, setup: Setup, progress: note.Note) -> bool:
    """Map one file and examine it, never copying it whole; returns whether the mapping could be given back."""
    progress.write(note.UNPACK, job.prefix, 0)
    data = mmap.mmap(handle, job.size, access=mmap.ACCESS_READ) if job.size else None
    os.close(handle)
    send = partial(messages.send, channel)
    Examiner(job, setup.limits, progress.write, send, setup.identify).run(View(b"" if data is None else data))
    return data is None or _unmap(data)


def _unmap(data: mmap.mmap) -> bool:
    """Close a mapping, which holds a descriptor; what still looks at it may be garbage that refers to itself."""
    for clean in (False, True):
        if clean:
            gc.collect()
        with contextlib.suppress(BufferError):
            data.close()
            return True
    return False


def _silence(nowhere: int) -> None:
    """Send what libraries print to nowhere: nobody reads it and a full pipe would block."""
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _request(control: socket.socket, descriptors: int = 0) -> tuple[ToServer, list[int]]:
    data, handles = messages.receive(control, descriptors)
    return ToServerDecoder.decode(data), handles


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
