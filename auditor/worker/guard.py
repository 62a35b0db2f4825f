"""Run a program, and end it with all its children when the process that asked for it ends, however it ends.

Started by `auditor.worker.unblob` as leader of a group of its own, with the id of the asking process and the
command as arguments. What runs here can neither leave the group nor send signals (`lock_extractor`).
"""

from __future__ import annotations

import os
import signal
import sys

from auditor.worker import sandbox


def main(arguments: list[str]) -> int:
    """Return the exit code of the program, 128 + signal where a signal ended it, as shells do."""
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    sandbox.die_with_parent(signal.SIGTERM)
    if os.getppid() != int(arguments[0]):
        return 1
    child = os.fork()
    if child == 0:
        os.execv(arguments[1], arguments[1:])  # noqa: S606 - the command is ours or the test's, never an input's
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
