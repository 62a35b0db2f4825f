"""A run on real processes: one of them is killed, the whole run is killed, nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs the extra fleet")
import psutil

pytestmark = pytest.mark.integration
COUNT = 8
DEFAULTS = {"accept_stated": False, "min_confidence": "medium", "replace_shipped": False}
"""What the command says of the policy without options."""
PATIENCE = 240
"""Seconds until a test gives up; nothing is measured."""


def command(folder: Path, processes: int = 2) -> list[str]:
    return [
        *(sys.executable, "-m", "auditor", "fleet", "scan", "images", "--store", "store"),
        *("--processes", str(processes), "--as-of", "2026-11-24"),
    ]


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"AUDITOR_CACHE_DIR": str(folder / "cache")}
    return subprocess.Popen(command(folder), cwd=folder, env=environment, stderr=subprocess.PIPE)


def wait_for_rows(run: subprocess.Popen[bytes], store: Path, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(list(store.glob("images/*.parquet"))) < count:
        assert run.poll() is None, run.stderr and run.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.005)


def finish(run: subprocess.Popen[bytes]) -> str:
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    return said.decode()


def content(store: Path) -> dict[str, bytes]:
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in sorted(store.rglob("*.parquet"))}


@pytest.fixture
def folder(tmp_path: Path, make_images: Callable[[Path, int], None]) -> Path:
    make_images(tmp_path / "images", COUNT)
    (tmp_path / "images" / "poison.img").write_bytes((tmp_path / "images" / "unit-0.img").read_bytes()[:1000])
    return tmp_path


def test_killed_processes_and_killed_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned: Callable[..., list[Any]]
) -> None:
    monkeypatch.chdir(folder)
    scanned(["images"], Path("expected"), policy=DEFAULTS)
    expected = content(folder / "expected")
    assert len(expected) == (COUNT + 1) * 5

    run = start(folder)
    wait_for_rows(run, folder / "store", 1)
    run.kill()
    run.communicate()
    done = len(list((folder / "store/images").iterdir()))
    assert done >= 1

    run = start(folder)
    workers = []
    until = time.monotonic() + PATIENCE
    while not workers and time.monotonic() < until and run.poll() is None:
        inner = psutil.Process(run.pid).children(recursive=True)
        workers = [one for one in inner if any("spawn_main" in word for word in words(one))]
        time.sleep(0.005)
    wait_for_rows(run, folder / "store", min(done + 1, COUNT + 1))
    if workers and workers[0].is_running():
        os.kill(workers[0].pid, signal.SIGKILL)
    said = finish(run)
    assert f"{COUNT + 1} images: {COUNT} audited, 1 incomplete" in said
    assert content(folder / "store") == expected, "nothing lost, nothing doubled, the same rows as in one process"

    said = finish(start(folder))
    assert f"{COUNT + 1} had been audited before" in said
    assert content(folder / "store") == expected


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_no_scheduler(tmp_path: Path, images: Path) -> None:
    line = [*command(tmp_path), "--scheduler", "tcp://127.0.0.1:1"]
    environment = os.environ | {
        "AUDITOR_CACHE_DIR": str(tmp_path / "cache"),
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s",
    }
    ended = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert ended.returncode == 6
    assert ended.stderr.count(b"auditor: error:") == 1 and b"Traceback" not in ended.stderr
