"""`auditor init --vehicle`: a template in two languages that is valid, with and without its comments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from auditor.evaluate import vehicle_file
from auditor.resources import folder
from auditor.vehicle import Vehicle


def test_the_template_is_a_vehicle_file(tmp_path: Path, program: Any) -> None:
    done = program("init", "--vehicle", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"wrote vehicle.yaml\n")
    found = vehicle_file.load(tmp_path / "vehicle.yaml")
    assert [one.id for one in found.ecus] == ["body"]
    again = program("init", "--vehicle", cwd=tmp_path)
    assert again.returncode == 7
    assert b"--force" in again.stderr


def test_every_line_that_is_commented_out_is_valid_and_every_section_is_there(tmp_path: Path) -> None:
    text = (folder("rules") / "templates" / "vehicle.yaml").read_text(encoding="utf-8")
    path = tmp_path / "vehicle.yaml"
    path.write_text(re.sub(r"^#(?! )|^#(?=  )", "", text, flags=re.M), encoding="utf-8")
    found = vehicle_file.load(path)
    for name in Vehicle.__struct_fields__:
        assert getattr(found, name), name


def test_comments_are_in_english_and_chinese() -> None:
    text = (folder("rules") / "templates" / "vehicle.yaml").read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    chinese = [line for line in comments if re.search(r"[\u4e00-\u9fff]", line)]
    assert len(chinese) >= 10
    assert len(comments) - len(chinese) >= 10


def test_it_is_not_written_with_a_pipeline(tmp_path: Path, program: Any) -> None:
    done = program("init", "--vehicle", "--ci", "gitlab", cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
