"""The table of docs/boms.md is what the documents of fixtures/boms give today, and nothing is lost in it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from document_samples import BOMS


def test_the_page_shows_what_is_measured():
    specification = importlib.util.spec_from_file_location("measure_boms", BOMS / "measure.py")
    measure = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(measure)
    text = measure.table(BOMS)
    page = (BOMS.parents[1] / "docs" / "boms.md").read_text(encoding="utf-8")
    assert text in page, "run: python fixtures/boms/measure.py --write docs/boms.md"
    assert re.search(r"(\d+) enriched, \1 without loss", text)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["empty"], "holds no documents"),
        (["--write", "empty/page.md", "full"], "No such file"),
        (["--write", "full/note.md", "full"], "has no place for the table"),
    ],
)
def test_what_cannot_be_measured_is_an_error(arguments: list[str], word: str, tmp_path: Path) -> None:
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "x.cdx.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6"}', encoding="utf-8")
    (tmp_path / "full" / "note.md").write_text("no table\n", encoding="utf-8")
    words = [sys.executable, str(BOMS / "measure.py"), *arguments]
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert word in run.stderr


def test_a_folder_of_ones_own_is_measured(tmp_path: Path) -> None:
    (tmp_path / "x.cdx.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6"}', encoding="utf-8")
    words = [sys.executable, str(BOMS / "measure.py"), str(tmp_path)]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert "1 documents, 1 read" in run.stdout
