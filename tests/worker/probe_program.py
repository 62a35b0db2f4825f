"""A worker program whose detector tries what a taken-over parser would try, and votes what came of it.

Arguments before the control socket: parts of the sandbox that must answer "not implemented"
(`landlock`, `seccomp`), as on an old kernel; `container` answers "not permitted" to what the default
profile of container engines withholds, Landlock included, as the older ones do.
"""

import ctypes
import os
import socket
import struct
import sys

import auditor.identify as detection
from auditor.identify.sample import Sample
from auditor.worker import sandbox, syscalls

LIBC = ctypes.CDLL(None, use_errno=True)
STATE = {"parent": 0}
OUTSIDE = os.environ["XDG_CACHE_HOME"]
"""A folder of the test's, which the worker has no business in."""
COLUMN = syscalls.MACHINES[os.uname().machine][0]


def call(name, *arguments):
    numbers = {**syscalls.REFUSED, **syscalls.ABSENT, **syscalls.CONDITIONAL, **syscalls.WORKER, **syscalls.OTHER}
    number = numbers[name][COLUMN]
    if number is None:
        return "denied (no such call)"
    return answer(LIBC.syscall(number, *arguments))


def answer(result):
    return f"denied ({os.strerror(ctypes.get_errno())})" if result < 0 else "allowed"


def attempt(action, *arguments):
    try:
        action(*arguments)
    except MemoryError:
        return "denied (memory)"
    except OSError as error:
        return f"denied ({error.strerror})"
    return "allowed"


def fork_only():
    if os.fork() == 0:
        os._exit(0)


def execute():
    """Run a program in a child, or, where there can be none, in place of this process."""
    try:
        child = os.fork()
    except OSError:
        child = 0
    if child:
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise PermissionError(13, "Permission denied")
        return
    try:
        os.execv("/bin/true", ["true"])
    except OSError:
        if os.getppid() != STATE["parent"]:
            os._exit(1)
        raise


def descriptor():
    """The descriptor of the input, the only regular file that is open."""
    import stat

    for number in range(64):
        try:
            if stat.S_ISREG(os.fstat(number).st_mode) and os.fstat(number).st_size == 6:
                return number
        except OSError:
            pass
    raise AssertionError("the input is not open")


def probes():
    here = descriptor()
    null = ctypes.c_void_p(None)
    times = struct.pack("=4q", 0, 0x3FFFFFFE, 0, 0x3FFFFFFE)  # UTIME_OMIT: asks without changing
    yield "write outside", attempt(open, f"{OUTSIDE}/probe", "wb")
    yield "append outside", attempt(open, f"{OUTSIDE}/other", "ab")
    yield "read passwd", attempt(open, "/etc/passwd", "rb")
    yield "read parent memory", attempt(open, f"/proc/{os.getppid()}/mem", "rb")
    yield "list root", attempt(os.listdir, "/")
    yield "reopen input to write", attempt(os.open, f"/proc/self/fd/{here}", os.O_RDWR)
    yield "write input", attempt(os.pwrite, here, b"x", 0)
    yield "truncate input", attempt(os.ftruncate, here, 0)
    yield "exec", attempt(execute)
    yield "execveat", call("execveat", here, b"", null, null, 0x1000)
    yield "fork", attempt(fork_only)
    yield "mkdir", attempt(os.mkdir, f"{OUTSIDE}/probe-folder")
    yield "symlink", attempt(os.symlink, "a", f"{OUTSIDE}/probe-link")
    yield "fifo", attempt(os.mkfifo, f"{OUTSIDE}/probe-fifo")
    yield "mknod", attempt(os.mknod, f"{OUTSIDE}/probe-node", 0o20600, os.makedev(1, 3))
    yield "chmod", attempt(os.chmod, OUTSIDE, 0o700)
    yield "fchmod", attempt(os.fchmod, here, os.fstat(here).st_mode & 0o7777)
    yield "chown", attempt(os.fchown, here, 0, 0)
    yield "utime", call("utimensat", here, null, times, 0)
    yield "setxattr", call("fsetxattr", here, b"user.probe", b"x", 1, 0)
    for name in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            yield f"socket {name} {kind}", attempt(socket.socket, getattr(socket, name), kind)
    yield "mptcp", call("socket", 2, 1, 262)
    yield "socketpair", attempt(socket.socketpair)
    yield "io_uring", call("io_uring_setup", 1, bytes(120))
    yield "ptrace parent", call("ptrace", 16, os.getppid(), null, null)
    yield "read memory of parent", call("process_vm_readv", os.getppid(), null, 0, null, 0, 0)
    for target in (os.getppid(), 1, 0, -1):
        yield f"signal {min(target, 2)}", attempt(os.kill, target, 0)
    yield "pidfd", call("pidfd_open", os.getppid(), 0)
    yield "bpf", call("bpf", 0, null, 0)
    yield "perf", call("perf_event_open", bytes(128), 0, -1, -1, 0)
    yield "userfaultfd", call("userfaultfd", 1)
    yield "unshare", call("unshare", 0x10000000)
    yield "raise limit", call("prlimit64", 0, 7, struct.pack("=QQ", 1024, 1024), null)
    yield "openat2", call("openat2", -100, b"/etc/passwd", struct.pack("=QQQ", 0, 0, 0), 24)
    yield "stay after parent", call("prctl", 1, 0)
    if COLUMN == 0:
        yield "x32 number", answer(LIBC.syscall(0x40000000 | 39))
    yield "memory", attempt(bytearray, 4 << 30)


def identify(sample: Sample):
    STATE["parent"] = os.getppid()
    votes = [
        sample.vote(name, "probe", result, detector="probe", method="t", grade="weak") for name, result in probes()
    ]
    return votes, (), ()


def forced(parts):
    """Make parts of the sandbox answer ENOSYS, for this process and its children."""
    column, architecture = syscalls.MACHINES[os.uname().machine]
    container = "container" in parts
    errno = sandbox.EPERM if container else sandbox.ENOSYS
    refuse = struct.pack("=HBBI", sandbox.RETURN, 0, 0, sandbox.RET_ERRNO | errno)
    rules = [
        sandbox._rule(numbers[column], refuse)
        for name, numbers in syscalls.OTHER.items()
        if any(name.startswith(part) for part in parts)
    ]
    if container:
        names = [name for name in syscalls.OTHER if name.startswith("landlock")]
        names += ["mount", "umount2", "unshare", "setns", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key"]
        calls = {**syscalls.OTHER, **syscalls.REFUSED}
        rules += [sandbox._rule(calls[name][column], refuse) for name in names]
    if "seccomp" in parts:
        load, equal = struct.pack("=HBBI", 0x20, 0, 0, 16), struct.pack("=HBBI", sandbox.EQUAL, 0, 1, 22)
        allow = struct.pack("=HBBI", sandbox.RETURN, 0, 0, sandbox.RET_ALLOW)
        rules.append(sandbox._rule(syscalls.WORKER["prctl"][column], load, equal, refuse, allow))
    assert sandbox.install(sandbox._frame(architecture, rules))


detection.identify = identify

if __name__ == "__main__":
    if sys.argv[1:-1]:
        forced(sys.argv[1:-1])
    from auditor.worker.program import main

    sys.exit(main(sys.argv[-1:]))
