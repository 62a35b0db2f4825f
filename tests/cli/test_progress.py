"""The line about a long reading: on a terminal, after a second, gone at the end."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.progress import Line, line, size
from auditor.worker import Progress

HALF = Progress(done=5 << 20, total=10 << 20, unpacked=3 << 30, files=1203, path="rootfs.squashfs!/usr/lib/libfoo.so")


def test_line_says_bytes_files_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert line(HALF) == (
        "[##########..........] 5.0 MiB of 10.0 MiB read · 1,203 files, 3.0 GiB unpacked · "
        "rootfs.squashfs › usr/lib/libfoo.so"
    )
    assert size(1023) == "1023 B"


def test_line_fits_the_terminal_and_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    shown = line(Progress(total=1, path="\x1b]0;title\x07" + "a/" * 200))
    assert len(shown) < 90 and "\x1b" not in shown


def test_line_appears_late_and_goes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Line("always")
    watch(HALF)
    watch(None)
    assert capsys.readouterr().err == ""
    watch.start -= 10
    watch.last -= 10
    watch(HALF)
    watch(None)
    told = capsys.readouterr().err
    assert told.startswith("\r\x1b[K[####") and told.endswith("\r\x1b[K")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for index in range(300):
        (tmp_path / f"part{index}.bin").write_bytes(os.urandom(1 << 12))
    return tmp_path


def test_nothing_when_piped(program: Any, many: Path) -> None:
    assert b" files, " not in program("scan", str(many)).stderr


def test_line_on_a_terminal(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    told: list[bytes] = []
    code = "import auditor.cli.progress as line; line.WAIT = line.EVERY = 0; import auditor.cli; auditor.cli.main()"

    def keep(descriptor: int) -> bytes:
        told.append(os.read(descriptor, 4096))
        return told[-1]

    pty.spawn([sys.executable, "-c", code, "scan", str(many)], keep)
    assert b" files, " in b"".join(told)
