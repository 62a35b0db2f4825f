"""A report checked against its inputs and against a second run, by the real command."""

from __future__ import annotations

import hashlib
import json
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


@pytest.fixture
def namesakes(tmp_path: Path) -> Path:
    """Two files of one name in two folders, and a working folder beside them."""
    for name, document in (("L", BOX / "t-box.cdx.json"), ("S", BOX.parent / "body-controller" / "parts.csv")):
        (tmp_path / name).mkdir()
        shutil.copyfile(document, tmp_path / name / "input")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


SAME_RUN = "same      another run gives the same bytes"


@pytest.mark.parametrize("other", ["../S/input", "../L/input"])
def test_inputs_of_one_name_are_told_apart(other: str, namesakes: Path, program: Any) -> None:
    options = ("--ecu", "L=../L/input", "--ecu", f"S={other}")
    program("check", *options, "-o", "json=report.json", "-q", cwd=namesakes)
    done = program("verify", "report.json", "../L/input", "../S/input", cwd=namesakes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines() == ["same      2 inputs have the digests of the report", SAME_RUN]


def test_the_changed_one_of_two_namesakes_is_told(namesakes: Path, program: Any) -> None:
    program("check", "--ecu", "L=../L/input", "--ecu", "S=../S/input", "-o", "json=report.json", "-q", cwd=namesakes)
    with (namesakes.parent / "L" / "input").open("ab") as stream:
        stream.write(b" ")
    changed = hashlib.sha256((namesakes.parent / "L" / "input").read_bytes()).hexdigest()
    for order in (("../L/input", "../S/input"), ("../S/input", "../L/input")):
        done = program("verify", "report.json", *order, cwd=namesakes)
        assert done.returncode == 1
        (line,) = done.stdout.decode().splitlines()
        assert f"sha256 is {changed}" in line


def test_folders_of_one_name_are_told_apart(namesakes: Path, program: Any) -> None:
    for name in ("L", "S"):
        (namesakes.parent / name / "folder").mkdir()
        shutil.move(namesakes.parent / name / "input", namesakes.parent / name / "folder" / "input")
    options = ("--ecu", "L=../L/folder", "--ecu", "S=../S/folder")
    program("check", *options, "-o", "json=report.json", "-q", cwd=namesakes)
    done = program("verify", "report.json", "../S/folder", "../L/folder", cwd=namesakes)
    assert done.stdout.decode().splitlines()[-1] == SAME_RUN, done.stderr


def test_equal_files_of_other_names_are_each_wanted(namesakes: Path, program: Any) -> None:
    shutil.copyfile(namesakes.parent / "L" / "input", namesakes.parent / "L" / "copy")
    program("check", "../L/input", "../L/copy", "-o", "json=report.json", "-q", cwd=namesakes)
    assert program("verify", "report.json", "../L/copy", "../L/input", cwd=namesakes).returncode == 0
    done = program("verify", "report.json", "../L/copy", cwd=namesakes)
    assert done.returncode == 3
    assert b"input: not found from here" in done.stderr


def test_settings_of_the_gate_are_read_from_the_report(namesakes: Path, program: Any) -> None:
    options = (
        "--min-confidence", "low", "--min-coverage", "12.5", "--severity", "os-not-identified=low",
        "--ignore", "cra-*", "--select", "*", "--on-unknown", "fail",
    )  # fmt: skip
    program("check", "../L/input", *options, "-o", "json=report.json", "-q", cwd=namesakes)
    done = program("verify", "report.json", "../L/input", cwd=namesakes)
    assert done.stdout.decode().splitlines()[-1] == SAME_RUN, done.stdout
    other = program("verify", "report.json", "../L/input", "--min-confidence", "high", cwd=namesakes)
    assert "run.minConfidence: low -> high" in other.stdout.decode()


def test_a_merged_report_is_merged_again(namesakes: Path, program: Any) -> None:
    program("check", "../L/input", "-o", "json=one.json", "-q", cwd=namesakes)
    program("merge", "A=one.json", "B=one.json", "-o", "json=both.json", "-q", cwd=namesakes)
    done = program("verify", "both.json", "B=one.json", "A=one.json", cwd=namesakes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"another merge gives the same bytes" in done.stdout
    assert program("verify", "both.json", "A=one.json", "C=one.json", cwd=namesakes).returncode == 1
    alone = program("verify", "both.json", cwd=namesakes)
    assert alone.returncode == 3
    assert b"merged report: name what it was made of" in alone.stderr


def test_a_report_without_inputs_proves_nothing(folder: Path, program: Any) -> None:
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps({**report, "inputs": []}))
    done = program("verify", "report.json", cwd=folder)
    assert done.returncode == 3
    assert b"names no input" in done.stderr
