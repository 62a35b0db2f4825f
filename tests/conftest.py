"""What all tests share: the program as users run it, the demo audited once per home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-24"
Command = Callable[..., "subprocess.CompletedProcess[bytes]"]
# every test reads its inputs itself; the tests of the cache take this away
os.environ["AUDITOR_FRESH"] = "1"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from this run")


def command_line() -> list[str]:
    """The installed program; where there is no script (an environment without one), the module."""
    script = Path(sys.executable).with_name("auditor")
    return [str(script)] if script.exists() else [sys.executable, "-m", "auditor"]


def run_program(*arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "NO_COLOR": "1", **given.pop("environment", {})}
    return subprocess.run(
        [*command_line(), *arguments],
        capture_output=True,
        env=environment,
        timeout=300,
        check=False,
        **given,
    )


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
