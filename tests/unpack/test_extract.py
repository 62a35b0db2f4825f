"""Extraction writes regular files below the folder and nothing else."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.model import Evidence, Problem
from auditor.unpack.extract import extract
from auditor.unpack.view import View


def hostile_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("good/file", "../escape", "/absolute", "good/../../up", "a\\..\\b", "link/through", "dev"):
            member = tarfile.TarInfo(name)
            member.size = 4
            if name == "dev":
                member.type, member.size = tarfile.CHRTYPE, 0
            archive.addfile(member, io.BytesIO(b"data"))
        link = tarfile.TarInfo("symlink")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def test_nothing_leaves_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "outside" / "folder"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    problems: list[Problem | Evidence] = []
    written = extract(View(hostile_tar()), "*", folder, Limits(), problems.append)
    assert set(os.listdir(outside)) == {"folder"}
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    assert made == set(written)
    assert {"good/file", "__/escape", "absolute", "good/__/__/up"} <= made
    assert not any(path.is_char_device() for path in folder.rglob("*"))
    codes = [(problem.code, problem.path) for problem in problems if isinstance(problem, Problem)]
    assert codes == [("not-written", "link/through")]


def test_pattern_and_no_overwriting(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good/file").write_bytes(b"mine")
    problems: list[Problem | Evidence] = []
    assert extract(View(hostile_tar()), "good/f*", tmp_path, Limits(), problems.append) == []
    assert (tmp_path / "good/file").read_bytes() == b"mine"
    assert len(problems) == 1


def test_folder_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError):
        extract(View(hostile_tar()), "*", tmp_path / "link", Limits())
