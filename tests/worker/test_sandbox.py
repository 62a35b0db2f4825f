"""What a taken-over parser can do, with the whole sandbox and with parts of it missing."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.worker import IsolationUnavailable, Workers, isolation, open_input, syscalls

HERE = Path(__file__).parent
PROBE = (sys.executable, "-I", "-B", str(HERE / "probe_program.py"))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


@pytest.fixture(autouse=True)
def outside(tmp_path, monkeypatch):
    """The folder the probes try to write to; the variable is one of those a worker gets."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def probe(tmp_path, *forced):
    path = tmp_path / "input"
    path.write_bytes(b"probed")
    before = os.stat(path)
    with Workers(Limits(), command=(*PROBE, *forced)) as workers:
        opened = open_input(path)
        (found,) = workers.examine([opened])
        opened.close()
        state = workers.isolation
    after = os.stat(path)
    assert not found.problems
    assert (after.st_mode, after.st_uid, after.st_mtime_ns, after.st_size) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
        before.st_size,
    )
    return state, {vote.subject: vote.value for vote in found.evidence}


def strangers(folder):
    """What stands in the folder besides our own cache, which is written before the lock."""
    return [path.name for path in folder.iterdir() if path.name != "auditor"]


def allowed(votes):
    return sorted(name for name, value in votes.items() if not value.startswith("denied"))


@LINUX
def test_everything_is_denied(tmp_path):
    state, votes = probe(tmp_path)
    assert strangers(tmp_path / "outside") == [] or not state.complete
    if not state.complete:
        pytest.skip("the sandbox is not complete on this machine")
    assert allowed(votes) == []
    assert len(votes) > 55
    # ours and not the kernel's, which may not know such numbers at all
    assert votes.get("x32 number", "denied (Operation not permitted)") == "denied (Operation not permitted)"


@LINUX
def test_without_landlock_only_reading_is_left(tmp_path):
    state, votes = probe(tmp_path, "landlock")
    assert state.landlock_abi == 0 and not state.complete
    if not state.seccomp:
        pytest.skip("seccomp is forbidden on this machine")
    assert set(allowed(votes)) <= {"read passwd", "list root"}


@LINUX
def test_under_the_rules_of_a_container_the_filter_is_ours(tmp_path):
    """Landlock and a few more calls are answered "not permitted"; our own filter goes on top all the same."""
    state, votes = probe(tmp_path, "container")
    assert state.landlock_abi == 0 and not state.complete
    if not state.seccomp:
        pytest.skip("seccomp is forbidden on this machine")
    assert set(allowed(votes)) <= {"read passwd", "list root"}
    assert "write outside" not in allowed(votes)


@LINUX
def test_without_seccomp_files_and_memory_are_kept(tmp_path):
    state, votes = probe(tmp_path, "seccomp")
    assert not state.seccomp and not state.complete
    assert votes["memory"] == "denied (memory)"
    if state.landlock_abi == 0:
        pytest.skip("Landlock is not available on this machine")
    files = ("write outside", "read passwd", "read parent memory", "exec", "mkdir", "symlink", "fifo", "mknod")
    assert [votes[name] for name in files] == ["denied (Permission denied)"] * len(files)
    if state.landlock_abi >= 6:  # the first with a scope for signals
        assert votes["signal 1"] == "denied (Operation not permitted)"


@LINUX
def test_without_both_the_limits_hold_and_the_state_says_so(tmp_path):
    state, votes = probe(tmp_path, "landlock", "seccomp")
    assert (state.landlock_abi, state.seccomp) == (0, False)
    assert state.rlimits == ("core", "data", "fsize", "nofile")
    assert votes["memory"] == "denied (memory)"


@LINUX
@pytest.mark.parametrize("missing", ["landlock", "seccomp", "container"])
def test_isolation_that_was_asked_for_is_refused_when_incomplete(tmp_path, missing):
    with (
        Workers(Limits(), require_isolation=True, command=(*PROBE, missing)) as workers,
        pytest.raises(IsolationUnavailable, match="not complete"),
    ):
        workers.examine([])


def test_isolation_is_reported():
    assert set(isolation()) == {"landlockAbi", "seccomp", "rlimits"}


@LINUX
@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads this machine's header")
@pytest.mark.parametrize(
    ("header", "column"),
    [("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0), ("/usr/include/asm-generic/unistd.h", 1)],
)
def test_numbers_are_those_of_the_kernel_headers(header, column):
    if not Path(header).exists():
        pytest.skip("kernel headers are not installed")
    defined = {}
    for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text()):
        defined[name] = int(number)
    tables = syscalls.REFUSED | syscalls.ABSENT | syscalls.CONDITIONAL | syscalls.WORKER | syscalls.OTHER
    newer = {name for name, numbers in tables.items() if numbers[column] and numbers[column] > max(defined.values())}
    wrong = {
        name: (numbers[column], defined.get(name))
        for name, numbers in tables.items()
        if name not in newer and numbers[column] != defined.get(name)
    }
    assert not wrong or (column == 1 and all(value == (None, defined.get(name)) for name, value in wrong.items()))


@LINUX
@pytest.mark.integration
def test_nothing_is_written_and_nobody_is_called(tmp_path, hostile, outside):
    """Under strace: no file opened to write, none made, no socket but the inherited kind."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    (tmp_path / "input").write_bytes(b"anything at all\n" * 10)
    script = (
        "import sys\nfrom auditor.limits import Limits\nfrom auditor.worker import Workers, open_input\n"
        "with Workers(Limits(), command=sys.argv[2:]) as workers:\n"
        "    print(len(workers.examine([open_input(sys.argv[1])])[0].evidence))\n"
    )
    log = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-o", str(log), "-e", "trace=%file,%network,ftruncate"]
    command += [sys.executable, "-B", "-c", script, str(tmp_path / "input"), *hostile]
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.stdout == "1\n", done.stderr
    writes = []
    for line in log.read_text().splitlines():
        if re.search(r"= -1 E", line) or "/dev/null" in line or f"{outside}/auditor" in line:
            continue  # refused, nowhere, or the cache of compiled signatures, written before the lock
        if re.search(
            r"O_WRONLY|O_RDWR|O_CREAT|\b(mkdir|unlink|rename|link|symlink|mknod|chmod|chown|utimensat)\w*\(", line
        ):
            writes.append(line)
        if re.search(r"\b(socket|connect|bind)\(", line) and "socket(AF_UNIX" not in line:
            writes.append(line)
    assert writes == []
