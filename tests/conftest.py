"""What all tests share: the program as users run it, the demo audited once per home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from program_runs import AS_OF, run_program

Command = Callable[..., "subprocess.CompletedProcess[bytes]"]
# every test reads its inputs itself; the tests of the cache take this away
os.environ["AUDITOR_FRESH"] = "1"
# a shell that starts the tests in its background has them ignore SIGINT, and programs under test would inherit that
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from this run")


@pytest.fixture(scope="session")
def program() -> Command:
    """Run the command line in a process of its own."""
    return run_program


@cache
def _demo(home: str, more: tuple[str, ...]) -> dict[str, Any]:
    done = run_program("demo", "--home", home, "--as-of", AS_OF, "-f", "json", *more)
    assert not done.stderr, done.stderr.decode()
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"]["exitCode"] == done.returncode
    return report


@pytest.fixture(scope="session")
def demo() -> Callable[..., dict[str, Any]]:
    """Return the JSON report of the bundled controllers under a home."""
    return lambda home="CN", *more: _demo(home, more)
