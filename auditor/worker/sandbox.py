"""Lock a process in: resource limits, Landlock, seccomp; in force for good, inherited by children.

Written with ctypes on the kernel's documented interfaces (landlock(7), seccomp(2), prctl(2)).
Where the kernel, the container or the platform lacks a part, the others are still applied and
the result says what is in force.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable

import msgspec

from auditor.limits import Limits
from auditor.worker.syscalls import ABSENT, CONDITIONAL, EXTRACTING, MACHINES, METADATA, OTHER, REFUSED, WORKER

OPEN_FILES = 64
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
EPERM, ENOSYS = 1, 38
RET_ALLOW, RET_ERRNO, RET_KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Classic BPF opcodes of linux/bpf_common.h: LD|W|ABS, JMP|JEQ|K, JMP|JGE|K, JMP|JSET|K, RET|K."""
X32_BIT = 0x40000000
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CLONE_THREAD = 0x00010000
PR_SET_NAME, PR_SET_VMA = 15, 0x53564D41

FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""Landlock file-system rights by the ABI that brought them: all of 1, refer, truncate, ioctl on devices."""
READ_RIGHTS = 1 << 2 | 1 << 3
"""Read a file, list a folder."""
RUN_RIGHTS = READ_RIGHTS | 1 << 0
KEEP_RIGHTS = READ_RIGHTS | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 13 | 1 << 14
"""Write, remove, make and move files, folders and symbolic links; no devices, sockets or FIFOs, nothing run."""
FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
"""Rights that a rule on a file, not a folder, may name."""
NAMESPACES = 0x7E020000
"""CLONE_NEW* flags of clone(2)."""


class Isolation(msgspec.Struct, frozen=True, rename="camel"):
    """What of the sandbox is in force."""

    landlock_abi: int = 0
    """0 = not available."""
    seccomp: bool = False
    rlimits: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every part is in force."""
        return self.landlock_abi > 0 and self.seccomp and len(self.rlimits) == len(_limits(Limits()))


def lock(limits: Limits, readable: Iterable[str]) -> Isolation:
    """Lock this process in; only `readable` folders can still be opened, to read.

    Never raises for a part that is not available.
    """
    set_limits = _rlimits(_limits(limits))
    if sys.platform != "linux":
        return Isolation(rlimits=set_limits)
    libc = _libc()
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    abi = _landlock(libc, ((folder, READ_RIGHTS) for folder in readable))
    _drop_capabilities(libc)
    column = MACHINES.get(platform.machine())
    seccomp = column is not None and install(server_filter(*column))
    return Isolation(landlock_abi=abi, seccomp=seccomp, rlimits=set_limits)


def tried(limits: Limits) -> Isolation | None:
    """Return what `lock` puts in force here, learned in a process that does nothing else; None = it did not answer."""
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        return None
    if child == 0:
        try:
            os.write(theirs, msgspec.msgpack.encode(lock(limits, ())))
        finally:
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as answer:
        data = answer.read()
    os.waitpid(child, 0)
    try:
        return msgspec.msgpack.decode(data, type=Isolation)
    except msgspec.MsgspecError:
        return None


def lock_worker() -> None:
    """Refuse, on top of `lock`, new processes and every signal to others. Best effort, as `lock` reported."""
    column = MACHINES.get(platform.machine())
    if sys.platform == "linux" and column is not None:
        install(worker_filter(*column, os.getpid()))


def lock_extractor(limits: Limits, runnable: Iterable[str], readable: Iterable[str], folder: str) -> bool:
    """Lock this process in as one that runs programs and writes below `folder` only; True when all is in force.

    What is in `runnable` folders may be read and run, `readable` files may be read. Calls that change
    metadata of files answer as if they had been done, so that programs go on and nothing is changed.
    """
    column = MACHINES.get(platform.machine())
    if sys.platform != "linux" or column is None:
        return False
    bounds = {**_limits(limits), "fsize": (resource.RLIMIT_FSIZE, limits.member_size)}
    bounds |= {"nofile": (resource.RLIMIT_NOFILE, 4 * OPEN_FILES), "cpu": (resource.RLIMIT_CPU, limits.step)}
    if len(_rlimits(bounds)) < len(bounds):
        return False
    libc = _libc()
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    rules = [(path, RUN_RIGHTS) for path in runnable] + [(path, READ_RIGHTS & FILE_ONLY) for path in readable]
    rules += [(folder, KEEP_RIGHTS), (os.devnull, READ_RIGHTS & FILE_ONLY | 1 << 1)]
    abi = _landlock(libc, rules)
    _drop_capabilities(libc)
    return abi > 0 and install(extractor_filter(*column))


def die_with_parent(number: int = 9) -> None:
    """Ask the kernel to send this process a signal, SIGKILL, when its parent ends (Linux)."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(name: str) -> int:
    column, _ = MACHINES[platform.machine()]
    return OTHER[name][column]


# ---------------------------------------------------------------- resource limits


def _limits(limits: Limits) -> dict[str, tuple[int, int]]:
    return {
        "core": (resource.RLIMIT_CORE, 0),
        "data": (resource.RLIMIT_DATA, limits.memory),
        "fsize": (resource.RLIMIT_FSIZE, 0),
        "nofile": (resource.RLIMIT_NOFILE, OPEN_FILES),
    }


def _rlimits(bounds: dict[str, tuple[int, int]]) -> tuple[str, ...]:
    done = []
    for name, (number, value) in sorted(bounds.items()):
        hard = resource.getrlimit(number)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(number, (bound, bound))
        except (OSError, ValueError):
            continue
        done.append(name)
    return tuple(done)


# ---------------------------------------------------------------- Landlock


def _landlock(libc: ctypes.CDLL, allowed: Iterable[tuple[str, int]]) -> int:
    """Put Landlock in force with the rights on each path and return its ABI; 0 = not available."""
    if platform.machine() not in MACHINES:
        return 0
    create, add, restrict = (_call("landlock_" + name) for name in ("create_ruleset", "add_rule", "restrict_self"))
    abi = int(libc.syscall(create, None, ctypes.c_size_t(0), 1))
    if abi < 1:
        return 0
    rights = sum(bits for since, bits in FILE_RIGHTS.items() if abi >= since)
    network = 0b11 if abi >= 4 else 0
    scoped = 0b11 if abi >= 6 else 0
    attributes = struct.pack("=QQQ", rights, network, scoped)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = int(libc.syscall(create, attributes, ctypes.c_size_t(len(attributes)), 0))
    if ruleset < 0:
        return 0
    try:
        for path, wanted in allowed:
            _landlock_allow(libc, add, ruleset, path, wanted & rights)
        return abi if libc.syscall(restrict, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _landlock_allow(libc: ctypes.CDLL, add: int, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    try:
        libc.syscall(add, ruleset, 1, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up root's powers (capset(2), version 3, empty sets); nothing to do for others."""
    if platform.machine() in MACHINES:
        libc.syscall(_call("capset"), struct.pack("=Ii", 0x20080522, 0), bytes(24))


# ---------------------------------------------------------------- seccomp


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _refuse(errno: int = EPERM) -> bytes:
    return _instruction(RETURN, RET_ERRNO | errno)


def _argument(index: int, high: bool = False) -> bytes:
    """Load 32 bits of an argument (struct seccomp_data: nr, arch, instruction pointer, six arguments)."""
    return _instruction(LOAD, 16 + 8 * index + 4 * high)


def _rule(number: int | None, *body: bytes) -> bytes:
    """Run `body` (which ends in a return) when the call is `number`."""
    if number is None:
        return b""
    code = b"".join(body)
    return _instruction(EQUAL, number, 0, len(code) // 8) + code


def _frame(architecture: int, rules: Iterable[bytes]) -> bytes:
    """Return a filter: foreign architectures die, x32 numbers and the rules' calls are refused, the rest passes."""
    return b"".join(
        (
            _instruction(LOAD, 4),
            _instruction(EQUAL, architecture, 1, 0),
            _instruction(RETURN, RET_KILL_PROCESS),
            _instruction(LOAD, 0),
            _instruction(AT_LEAST, X32_BIT, 0, 1),
            _refuse(),
            *rules,
            _instruction(RETURN, RET_ALLOW),
        )
    )


def server_filter(column: int, architecture: int) -> bytes:
    """Return the filter that holds for the fork server and its workers."""
    allow = _instruction(RETURN, RET_ALLOW)
    rules = [_rule(numbers[column], _refuse()) for numbers in REFUSED.values()]
    rules += [_rule(numbers[column], _refuse(ENOSYS)) for numbers in ABSENT.values()]
    for name, flags in (("open", 1), ("openat", 2)):
        write = _instruction(ANY_BIT, WRITING, 1, 0)
        rules.append(_rule(CONDITIONAL[name][column], _argument(flags), write, allow, _refuse()))
    null = (_argument(2), _instruction(EQUAL, 0, 0, 3), _argument(2, high=True), _instruction(EQUAL, 0, 0, 1))
    rules.append(_rule(CONDITIONAL["prlimit64"][column], *null, allow, _refuse()))
    return _frame(architecture, rules)


def worker_filter(column: int, architecture: int, pid: int) -> bytes:
    """Return the filter that a worker adds: signals only to itself, threads but no processes."""
    allow = _instruction(RETURN, RET_ALLOW)
    calls = {name: numbers[column] for name, numbers in WORKER.items()}
    itself = (_argument(0), _instruction(EQUAL, pid, 0, 1), allow, _refuse())
    rules = [_rule(calls.pop(name), *itself) for name in ("kill", "tkill", "tgkill")]
    thread = (_argument(0), _instruction(ANY_BIT, CLONE_THREAD, 0, 1), allow, _refuse())
    rules.append(_rule(calls.pop("clone"), *thread))
    rules.append(_rule(calls.pop("clone3"), _refuse(ENOSYS)))
    names = (_instruction(EQUAL, PR_SET_NAME, 1, 0), _instruction(EQUAL, PR_SET_VMA, 0, 1))
    rules.append(_rule(calls.pop("prctl"), _argument(0), *names, allow, _refuse()))
    rules += [_rule(number, _refuse()) for number in calls.values()]
    return _frame(architecture, rules)


def extractor_filter(column: int, architecture: int) -> bytes:
    """Return the filter of a process that runs extraction programs: no sockets, signals, namespaces or devices."""
    allow = _instruction(RETURN, RET_ALLOW)
    calls = {name: numbers[column] for name, numbers in REFUSED.items() if name not in EXTRACTING}
    calls |= {name: WORKER[name][column] for name in ("kill", "tkill", "tgkill", "setsid", "setpgid")}
    rules = [_rule(number, _refuse(0 if name in METADATA else EPERM)) for name, number in calls.items()]
    rules += [_rule(numbers[column], _refuse(ENOSYS)) for numbers in ABSENT.values()]
    rules.append(_rule(WORKER["clone3"][column], _refuse(ENOSYS)))
    apart = _instruction(ANY_BIT, NAMESPACES, 1, 0)
    rules.append(_rule(WORKER["clone"][column], _argument(0), apart, allow, _refuse()))
    null = (_argument(2), _instruction(EQUAL, 0, 0, 3), _argument(2, high=True), _instruction(EQUAL, 0, 0, 1))
    rules.append(_rule(CONDITIONAL["prlimit64"][column], *null, allow, _refuse()))
    names = (_instruction(EQUAL, PR_SET_NAME, 1, 0), _instruction(EQUAL, PR_SET_VMA, 0, 1))
    rules.append(_rule(WORKER["prctl"][column], _argument(0), *names, allow, _refuse()))
    return _frame(architecture, rules)


def install(code: bytes) -> bool:
    """Put a filter in force for good; False when the kernel or the container forbids it."""
    libc = _libc()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(_call("seccomp"), 1, 0, program) == 0:
        return True
    return bool(libc.prctl(PR_SET_SECCOMP, 2, program, 0, 0) == 0)
