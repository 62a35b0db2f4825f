"""No output destroys what a command reads, or another output."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BOM = ROOT / "fixtures" / "demo" / "t-box" / "t-box.cdx.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("bom.json", "other.json"):
        shutil.copyfile(BOM, tmp_path / name)
    os.link(tmp_path / "bom.json", tmp_path / "hard.json")
    (tmp_path / "soft.json").symlink_to("bom.json")
    (tmp_path / "list").write_text("bom.json\n")
    (tmp_path / "vehicle.yaml").write_text("vehicle: V\necus: [{id: BCM, inputs: [bom.json]}]\n")
    return tmp_path


DESTROYING = (
    ("check", "bom.json", "-o", "html=bom.json"),
    ("check", "--ecu", "X=bom.json", "-o", "html=./bom.json"),
    ("check", "hard.json", "-o", "html=bom.json"),
    ("check", "soft.json", "-o", "html=bom.json"),
    ("check", "@list", "-o", "html=bom.json"),
    ("check", "--vehicle", "vehicle.yaml", "-o", "html=bom.json"),
    ("check", "--vehicle", "vehicle.yaml", "-o", "html=vehicle.yaml"),
    ("check", "other.json", "--waivers", "bom.json", "-o", "json=bom.json"),
    ("check", "other.json", "--profile", "other.json"),
    ("scan", "bom.json", "-o", "cyclonedx=bom.json"),
    ("report", "bom.json", "-o", "html=bom.json"),
    ("merge", "A=bom.json", "B=other.json", "-o", "json=other.json"),
    ("attest", "bom.json", "-o", "bom.json"),
    ("baseline", "create", "bom.json", "-o", "bom.json"),
    ("check", "bom.json", "-o", "json=new", "-o", "html=new"),
)


@pytest.mark.parametrize("arguments", DESTROYING, ids=" ".join)
def test_nothing_is_read_or_written(arguments: tuple[str, ...], folder: Path, program: Any) -> None:
    done = program(*arguments, cwd=folder)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.decode().splitlines()
    assert "would overwrite the input" in line or "two outputs go to new" in line
    assert all((folder / name).read_bytes() == BOM.read_bytes() for name in ("bom.json", "other.json"))
    assert not (folder / "new").exists()


def test_an_old_output_is_written_again(folder: Path, program: Any) -> None:
    for _ in range(2):
        done = program("check", "bom.json", "-o", "json=report.json", "-o", "html=report.html", "-q", cwd=folder)
        assert done.returncode in (0, 1, 4), done.stderr
