"""Endings from outside: signals at any moment, full disks, missing isolation, faults of our own; secrets stay secret."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BOX = ROOT / "fixtures" / "demo" / "t-box"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
OLD = b'{"an": "older report"}\n'
SECONDS = 1.5
"""The demo takes about that long; signals fall into this span."""


def demo(folder: Path, **given: Any) -> subprocess.Popen[bytes]:
    outputs = [f"{name}={folder / name}" for name in ("json", "html", "csv")]
    words = [word for output in outputs for word in ("-o", output)]
    command = [sys.executable, "-m", "auditor", "demo", "-f", "json", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True, **given
    )


def whole(data: bytes, name: str) -> bool:
    if data == OLD:
        return True
    return {"json": data.endswith(b"}\n"), "html": data.rstrip().endswith(b"</html>"), "csv": data.endswith(b"\n")}[
        name
    ]


@pytest.mark.parametrize("moment", range(7))
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signal_leaves_the_old_report_or_the_new_one(tmp_path: Path, sent: signal.Signals, moment: int) -> None:
    spans = random.Random(f"{sent}{moment}")
    for name in ("json", "html", "csv"):
        (tmp_path / name).write_bytes(OLD)
    process = demo(tmp_path)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.3 + spans.random() * SECONDS)
    process.send_signal(sent)
    _, told = process.communicate(timeout=60)
    assert b"Traceback" not in told
    if sent != signal.SIGKILL:
        assert process.returncode in (130, 1, -signal.SIGINT, -sent)  # negative: before or after the program itself
        assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "html", "json"]
    for name in ("json", "html", "csv"):
        assert whole((tmp_path / name).read_bytes(), name), name
    assert not orphans(process.pid), "workers end with the program"


def orphans(session: int) -> list[str]:
    """Return the processes of a session that still run ten seconds later."""
    found: list[str] = []
    for _ in range(100):
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = status.read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    found.append(status.parent.name)
        if not found:
            break
        time.sleep(0.1)
    return found


def waits_for_input(number: int) -> bool:
    """Whether a process is inside read(0, …): the first two fields of proc(5)'s `syscall`."""
    try:
        return Path(f"/proc/{number}/syscall").read_text().split()[:2] in (["0", "0x0"], ["63", "0x0"])
    except OSError:  # a kernel that does not tell: time has to do
        time.sleep(3)
        return True


@LINUX
def test_interruption_ends_with_130_and_one_line() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "check", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not waits_for_input(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told.lstrip()) == (130, b"auditor: error: interrupted\n")


def test_full_disk_ends_with_7_and_leaves_the_old_report(tmp_path: Path) -> None:
    (tmp_path / "html").write_bytes(OLD)
    process = demo(
        tmp_path,
        env={**os.environ, "AUDITOR_CACHE_DIR": "none"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10)),
    )
    _, told = process.communicate(timeout=60)
    assert process.returncode == 7
    assert b"could not be written" in told and told.count(b"\n") == 1
    assert (tmp_path / "html").read_bytes() == OLD
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_report_replaces_a_link_and_not_what_it_points_to(program: Any, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(OLD)
    (tmp_path / "report.json").symlink_to("precious")
    assert program("demo", "-o", "json=report.json", cwd=tmp_path).returncode == 1
    assert (tmp_path / "precious").read_bytes() == OLD
    assert not (tmp_path / "report.json").is_symlink()


def without_landlock() -> None:
    """Answer landlock_create_ruleset with ENOSYS, as an older kernel does (Linux: seccomp(2), bpf(4))."""
    number, errno, allow = 444, 0x00050000 | 38, 0x7FFF0000
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, errno), (0x06, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    program = struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, program, 0, 0) == 0


@LINUX
def test_missing_isolation_ends_with_6_where_it_was_asked_for(program: Any, tmp_path: Path) -> None:
    refused = program("check", str(BOX / "t-box.dtb"), "--require-isolation", preexec_fn=without_landlock)
    assert refused.returncode == 6
    assert refused.stderr.startswith(b"auditor: error: the sandbox is not complete here")
    told = program("check", str(BOX / "t-box.dtb"), "-f", "text", preexec_fn=without_landlock)
    assert b"\nisolation: landlockAbi not available here" in told.stdout


def test_fault_of_our_own_ends_with_70_and_no_traceback(program: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif any(word.endswith('auditor') for word in sys.argv[:1]) or 'check' in sys.argv:\n"
        "    import auditor.resolve.inventory as stage\n"
        "    def broken(*given):\n        raise LookupError('a fault of our own')\n"
        "    stage.resolve = broken\n    import auditor.resolve\n    auditor.resolve.resolve = broken\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "auditor", "check", str(BOX / "t-box.dtb")],
        capture_output=True, check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 70
    assert done.stderr.startswith(b"auditor: error: internal error: LookupError: a fault of our own")
    assert done.stderr.count(b"\n") == 1 and done.stdout == b""


SECRET = "hunter2hunter2"
KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ" + "Q0x5" * 8 + "\n-----END PRIVATE KEY-----\n"


def everything(folder: Path) -> Callable[[Any], bytes]:
    return lambda done: done.stdout + done.stderr + b"".join(path.read_bytes() for path in folder.iterdir())


def test_secrets_are_in_no_report_and_no_line(program: Any, tmp_path: Path) -> None:
    image, out = tmp_path / "image", tmp_path / "out"
    (image / "etc").mkdir(parents=True)
    out.mkdir()
    (image / "etc" / "device.key").write_text(KEY)
    (image / "etc" / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (image / "etc" / "netrc").write_text(f"machine example.com login me password {SECRET}\n")
    secrets = {"API_TOKEN": SECRET, "HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9", "AUDITOR_CACHE_DIR": "none"}
    outputs = [word for name in ("json", "sarif", "html", "csv") for word in ("-o", f"{name}={out / name}")]
    run = program("check", "image", "-v", "-f", "text", *outputs, cwd=tmp_path, environment=secrets)
    online = program("check", "image", "-v", "--online", cwd=tmp_path, environment=secrets)
    for done in (run, online):
        told = everything(out)(done)
        assert SECRET.encode() not in told
        assert b"Q0x5Q0x5" not in told
    assert json.loads((out / "json").read_bytes())["inputs"][0]["type"] == "directory"
