"""An extractor that was taken over by its input, in the real sandbox; does what the region's first word says."""

import os
import signal
import sys
import time
from pathlib import Path

import msgspec

from auditor.limits import Limits
from auditor.worker import sandbox
from auditor.worker.program import readable_folders
from auditor.worker.unblob import Chunk, Extracted
from auditor.worker.unblob_program import LISTS, PROGRAMS


def tried(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return f"denied {error.errno}"
    return "done"


def outside(word, out, place):
    """Try what must not succeed and write down what came of it; `place` is a folder of the test's."""
    import socket

    return {
        "write": tried(Path(place, "written").write_bytes, b"x"),
        "remove": tried(os.unlink, f"{place}/there"),
        "rename": tried(os.rename, f"{place}/there", f"{place}/gone"),
        "read": tried(Path(place, "there").read_bytes),
        "passwd": tried(Path("/etc/passwd").read_bytes),
        "socket": tried(socket.socket, socket.AF_INET, socket.SOCK_DGRAM),
        "signal": tried(os.kill, os.getppid(), 0),
        "session": tried(os.setsid),
        "device": tried(os.mknod, out / "null", 0o20666, os.makedev(1, 3)),
        "fifo": tried(os.mkfifo, out / "fifo"),
        "mode": tried(os.chmod, f"{place}/there", 0o777),
    }


def act(word, out, place):
    (out / "good").write_bytes(b"a good file\n")
    if word == "outside":
        (out / "tried").write_bytes(msgspec.json.encode(outside(word, out, place)))
    elif word == "links":
        os.symlink(f"{place}/there", out / "absolute")
        os.symlink("../" * 12 + place + "/there", out / "relative")
        os.symlink(place, out / "folder")
    elif word == "names":
        for name in (b"\x1b]52;c;x\x07", b"a!\xff", b"new\nline"):
            Path(os.fsdecode(os.fsencode(out) + b"/" + name)).write_bytes(b"n")
    elif word == "deep":
        os.chdir(out)
        for _ in range(1200):
            os.mkdir("d" * 9)
            os.chdir("d" * 9)
        Path("end").write_bytes(b"deep")
    elif word == "modes":
        (out / "closed").mkdir(mode=0)
        os.close(os.open(out / "unreadable", os.O_CREAT | os.O_WRONLY, 0))
    elif word == "many":
        for number in range(3000):
            (out / str(number)).write_bytes(b"")
        time.sleep(60)
    elif word == "large":
        for number in range(64):
            (out / str(number)).write_bytes(os.urandom(1 << 20))
        time.sleep(60)
    elif word == "child":
        if os.fork() == 0:
            time.sleep(3600)
    elif word == "hang":
        os.fork()
        time.sleep(3600)
    elif word == "abort":
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.abort()


def main(folder):
    place = Path(folder, "region").read_bytes()[8:].split(b"\0")[0].decode()
    word = Path(folder, "region").read_bytes()[:8].split()[0].decode()
    assert sandbox.lock_extractor(
        msgspec.json.decode(sys.stdin.buffer.read(), type=Limits), (*PROGRAMS, *readable_folders()), LISTS, folder
    )
    out = Path(folder, "out", "region_extract")
    out.mkdir(parents=True)
    act(word, out, place)
    if word == "garbage":
        sys.stdout.buffer.write(b"\xff" * 4096)
        return
    size = os.stat(Path(folder, "region")).st_size
    end = size + 1000 if word == "lies" else size
    faults = ("\x1b[2J\n" * 500,) if word == "faults" else ()
    sys.stdout.buffer.write(msgspec.msgpack.encode(Extracted((Chunk(0, end, "any thing"),), faults)))


if __name__ == "__main__":
    main(sys.argv[1])
