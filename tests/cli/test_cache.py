"""`auditor cache`, `--cache-dir` and `--fresh`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_the_folder_is_shown_and_cleaned(program: Any, tmp_path: Path) -> None:
    folder, image = tmp_path / "cache", tmp_path / "image.bin"
    image.write_bytes(bytes(range(256)))
    shown = program("cache", "dir", "--cache-dir", str(folder))
    assert shown.stdout.decode().strip() == str(folder)
    first = program("scan", str(image), "-f", "json", "--cache-dir", str(folder), environment={"AUDITOR_FRESH": ""})
    assert (folder / "results-1.sqlite").exists()
    (folder / "notes.txt").write_text("the user's own")
    again = program("scan", str(image), "-f", "json", "--cache-dir", str(folder), environment={"AUDITOR_FRESH": ""})
    assert again.stdout == first.stdout
    assert program("cache", "clean", "--cache-dir", str(folder)).returncode == 0
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_nothing_is_kept_when_asked(program: Any, tmp_path: Path) -> None:
    folder, image = tmp_path / "cache", tmp_path / "image.bin"
    image.write_bytes(bytes(range(256)))
    given = {"AUDITOR_FRESH": "", "XDG_CACHE_HOME": str(folder)}
    program("scan", str(image), "--cache-dir", "none", environment=given)
    assert not folder.exists()
    program("scan", str(image), "--fresh", environment=given)
    assert not (folder / "auditor" / "results-1.sqlite").exists()
    assert program("cache", "dir", "--cache-dir", "none").returncode == 2
