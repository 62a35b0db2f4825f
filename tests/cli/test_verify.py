"""A report checked against its inputs and against a second run, by the real command."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BOX = ROOT / "fixtures" / "demo" / "t-box"


@pytest.fixture
def folder(tmp_path: Path, program: Any) -> Path:
    shutil.copytree(BOX, tmp_path / "box")
    options = [
        "--home",
        "US",
        "--fail-on",
        "critical",
        "--ecu",
        "T-Box=box/t-box.cdx.json",
        "--as-of",
        "2026-03-01",
        "--model-year",
        "2028",
        "--import-year",
        "2029",
        "--type-approved",
        "--support-years",
        "5",
    ]
    done = program("check", "box/t-box.dtb", *options, "-o", "json=report.json", "-q", cwd=tmp_path)
    assert done.returncode in (0, 1, 4)
    return tmp_path


def test_same_inputs_and_settings_give_the_same_bytes(folder: Path, program: Any) -> None:
    done = program("verify", "report.json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == [
        "same      2 inputs have the digests of the report",
        "same      another run gives the same bytes",
    ]


def test_other_bytes_of_an_input_are_told(folder: Path, program: Any) -> None:
    with (folder / "box" / "t-box.dtb").open("ab") as stream:
        stream.write(b"x")
    done = program("verify", "report.json", cwd=folder)
    assert done.returncode == 1
    (line,) = done.stdout.decode().splitlines()  # nothing is run again over other bytes
    assert line.startswith("differs   box/t-box.dtb: sha256 is ")


def test_edited_report_is_told(folder: Path, program: Any) -> None:
    text = (folder / "report.json").read_text()
    (folder / "report.json").write_text(text.replace('"severity": "high"', '"severity": "low"'))
    done = program("verify", "report.json", cwd=folder)
    assert done.returncode == 1
    assert "differs   findings: " in done.stdout.decode()
    (folder / "report.json").write_text(text + "\n")
    assert "its content is the same" in program("verify", "report.json", cwd=folder).stdout.decode()


def test_missing_input_ends_with_3_and_may_be_named(folder: Path, program: Any) -> None:
    (folder / "box" / "t-box.dtb").rename(folder / "elsewhere.dtb")
    done = program("verify", "report.json", cwd=folder)
    assert done.returncode == 3
    assert "box/t-box.dtb: not found" in done.stderr.decode()
    named = program("verify", "report.json", "elsewhere.dtb", cwd=folder)
    assert "2 inputs have the digests" in named.stdout.decode()
    assert named.returncode == 0, "what an input is called is no difference"


def test_other_settings_are_told(folder: Path, program: Any) -> None:
    done = program("verify", "report.json", "--home", "DE", cwd=folder)
    assert done.returncode == 1
    assert "run.home" in done.stdout.decode()
