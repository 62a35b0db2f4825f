"""A worker program whose only detector does what the artifact's bytes say; run by the tests, never shipped."""

import os
import signal
import sys
import time

import auditor.identify as detection
from auditor.identify.sample import Sample


def blocked_pipe() -> None:
    read, _ = os.pipe()
    os.read(read, 1)


def busy() -> None:
    while True:
        pass


def memory() -> None:
    held = []
    while True:
        held.append(bytearray(32 << 20))


def recurse() -> None:
    recurse()


def lief() -> None:
    import lief

    lief.logging.disable()
    for number in range(100):
        lief.ELF.parse(list(b"\x7fELF" + bytes([number]) * 60))


def threads() -> None:
    import threading

    worker = threading.Thread(target=time.sleep, args=(0,))
    worker.start()
    worker.join()


KEPT = []
ACTIONS = {
    "abort": os.abort,
    "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "quit": lambda: os._exit(0),
    "exit": lambda: sys.exit("bye"),
    "raise": lambda: {}["missing"],
    "recurse": recurse,
    "memory": memory,
    "busy": busy,
    "sleep": lambda: time.sleep(3600),
    "pipe": blocked_pipe,
    "lief": lief,
    "threads": threads,
}


def identify(sample: Sample):
    words = sample.head[:32].split()
    if len(words) > 1 and words[0] == b"hostile":
        action = words[1].decode()
        if action == "watch":
            while True:
                bytes(sample.view.data[-1:])
        if action == "cycle":
            knot = [sample.view]
            knot.append(knot)
            action = "good"
        if action == "keep":
            KEPT.append(sample.view)
            action = "good"
        if action == "surrogate":
            return (sample.vote("x", "name", "\udcff", detector="t", method="t", grade="weak"),), (), ()
        if action != "good":
            ACTIONS[action]()
    return (sample.vote("seen", "name", f"{sample.view.size}", detector="t", method="t", grade="weak"),), (), ()


detection.identify = identify

if __name__ == "__main__":
    from auditor.worker.program import main

    sys.exit(main(sys.argv[1:]))
