"""Start-up costs what click costs; two runs give the same bytes; no network is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = (
    "lief",
    "cyclonedx",
    "spdx_tools",
    "requests",
    "jinja2",
    "lxml",
    "hyperscan",
    "cel_expr_python",
    "yaml",
    "msgspec",
)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_nothing_heavy_is_imported(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "auditor", option], capture_output=True, text=True, check=True
    )
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


def test_two_runs_give_the_same_bytes(program: Any) -> None:
    def run(seed: str, zone: str, *more: str) -> bytes:
        given = {"PYTHONHASHSEED": seed, "TZ": zone, "SOURCE_DATE_EPOCH": "1795478400"}
        data: bytes = program("demo", "-f", "json", *more, environment=given).stdout
        return data

    first = run("0", "UTC")
    assert first
    assert run("1", "Asia/Shanghai", "-j", "4") == first


def test_order_of_arguments_does_not_matter(program: Any) -> None:
    box = sorted(str(path) for path in (ROOT / "fixtures" / "demo" / "t-box").iterdir())
    common = ("-f", "json", "--as-of", "2026-11-24")
    assert program("check", *box, *common).stdout == program("check", *reversed(box), *common).stdout


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_runs_without_a_network() -> None:
    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("user namespaces are not allowed here")
    done = subprocess.run(["unshare", "-rn", sys.executable, "-m", "auditor", "demo"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


def test_no_socket_is_opened_by_the_program(tmp_path: Path) -> None:
    """Only the socket pair to the worker is made; nothing ever connects or resolves a name."""
    guard = "import socket, sys\ndef no(*a, **k): raise AssertionError('network')\nsocket.socket.connect = no\nsocket.getaddrinfo = no\nfrom auditor.cli import run\nsys.exit(run(['demo']))\n"
    done = subprocess.run([sys.executable, "-c", guard], capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, b"")
