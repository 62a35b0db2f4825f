"""The type of an input as its user says it, instead of what the bytes tell."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

BOX = Path(__file__).resolve().parent.parent.parent / "fixtures" / "demo" / "t-box"
ODD = "note\nOur list of the week\n"
LIST = "Part number;Manufacturer;Quantity\nTDA4VM;Texas Instruments;1\n"


def checked(program: Any, folder: Path, *arguments: str) -> dict[str, Any]:
    done = program("check", *arguments, "-f", "json", cwd=folder)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"]["exitCode"] == done.returncode
    return report


@pytest.fixture
def image(tmp_path: Path) -> Path:
    shutil.copy(BOX / "rootfs.squashfs", tmp_path / "fs.bin")
    return tmp_path


def test_a_raw_image_is_not_opened_at_its_start(program: Any, image: Path) -> None:
    usual = checked(program, image, "fs.bin")
    raw = checked(program, image, "fs.bin", "--input-type", "raw-image")
    assert (usual["inputs"][0]["type"], raw["inputs"][0]["type"]) == ("squashfs", "raw-image")
    assert len(usual["components"]) > len(raw["components"])


def test_bytes_that_are_not_what_they_are_said_to_be_are_damage(program: Any, image: Path) -> None:
    report = checked(program, image, "fs.bin", "--input-type", "cpio", "--fail-on", "critical")
    (problem,) = report["inputs"][0]["problems"]
    assert (problem["code"], report["inputs"][0]["complete"]) == ("damaged", False)
    assert "no cpio" in problem["message"]
    assert report["verdict"]["exitCode"] == 4


def test_a_document_is_read_as_what_it_is_said_to_be(program: Any, tmp_path: Path) -> None:
    (tmp_path / "weekly.txt").write_text(LIST)
    shutil.copy(BOX / "t-box.cdx.json", tmp_path / "bom.json")
    said = checked(program, tmp_path, "weekly.txt", "--input-type", "part_list")
    assert said["documents"][0]["format"] == "part-list"
    assert "TDA4VM" in {one.get("mpn") for one in said["components"]}
    other = checked(program, tmp_path, "bom.json", "--input-type", "spdx-json")
    assert other["inputs"][0]["type"] == "spdx-json"
    assert other["inputs"][0]["complete"] is False


def test_a_table_that_nobody_would_take_for_a_part_list_is_read_when_it_is_said_to_be_one(
    program: Any, tmp_path: Path
) -> None:
    (tmp_path / "odd.txt").write_text(ODD * 10)
    assert checked(program, tmp_path, "odd.txt")["verdict"]["exitCode"] == 3
    assert checked(program, tmp_path, "odd.txt", "--input-type", "part-list")["inputs"][0]["type"] == "part-list"


def test_the_files_of_a_folder_are_recognized_all_the_same(program: Any, image: Path) -> None:
    report = checked(program, image.parent, image.name, "--input-type", "cpio")
    assert report["inputs"][0]["type"] == "directory"
    assert "problems" not in report["inputs"][0]


def test_the_tree_obeys_and_an_unknown_type_is_wrong_use(program: Any, image: Path) -> None:
    usual, raw = (program("tree", "fs.bin", *more, cwd=image) for more in ((), ("--input-type", "raw-image")))
    assert len(usual.stdout.splitlines()) > len(raw.stdout.splitlines())
    done = program("check", "fs.bin", "--input-type", "squash", cwd=image)
    assert done.returncode == 2
    assert b"did you mean 'squashfs'" in done.stderr


def test_what_was_kept_of_another_type_is_not_taken(program: Any, image: Path) -> None:
    given = {"AUDITOR_FRESH": "", "AUDITOR_CACHE_DIR": str(image / "kept")}
    for kind, more in (("squashfs", ()), ("raw-image", ("--input-type", "raw-image")), ("squashfs", ())):
        done = program("check", "fs.bin", *more, "-f", "json", cwd=image, environment=given)
        assert json.loads(done.stdout)["inputs"][0]["type"] == kind


def test_an_empty_folder_is_no_input_and_says_so(program: Any, tmp_path: Path) -> None:
    (tmp_path / "nothing" / "inner").mkdir(parents=True)
    done = program("check", "nothing", "-f", "text", cwd=tmp_path)
    assert done.returncode == 3
    assert b"nothing: the folder holds no file" in done.stderr
    assert program("check", "nothing", "--allow-empty", "-f", "json", cwd=tmp_path).returncode == 0
    (tmp_path / "nothing" / "inner" / "few").write_bytes(b"12")
    assert program("check", "nothing", "-f", "json", cwd=tmp_path).returncode != 3
