"""Extraction writes regular files below the folder and nothing else."""

from __future__ import annotations

import fnmatch
import io
import os
import tarfile
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.unpack import walk
from auditor.unpack.extract import Writer
from auditor.unpack.view import Budget, View


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


def extract(data: bytes, pattern: str, folder: Path) -> Writer:
    """Write what matches, in pieces of three bytes."""
    with Writer(folder) as writer:
        for artifact, view in walk(View(data), Budget(Limits()), lambda _fact: None):
            if view is not None and artifact.path and fnmatch.fnmatchcase(artifact.path, pattern):
                for start in range(0, view.size or 1, 3):
                    piece = bytes(view.data[start : start + 3])
                    writer.take(0, artifact.path, piece, start == 0, start + 3 >= view.size)
    return writer


def test_nothing_leaves_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "outside" / "folder"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    writer = extract(hostile_tar(), "*", folder)
    written = writer.written
    assert set(os.listdir(outside)) == {"folder"}
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    assert made == set(written)
    assert {"good/file", "__/escape", "absolute", "good/__/__/up"} <= made
    assert not any(path.is_char_device() for path in folder.rglob("*"))
    codes = [(problem.code, problem.path) for _, problem in writer.problems]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*") if not path.is_symlink())
    assert (folder / "good/file").read_bytes() == b"data"
    assert codes == [("not-written", "link/through")]


def test_pattern_and_no_overwriting(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good/file").write_bytes(b"mine")
    writer = extract(hostile_tar(), "good/f*", tmp_path)
    assert writer.written == [] and len(writer.problems) == 1
    assert (tmp_path / "good/file").read_bytes() == b"mine"


def test_a_file_that_starts_again_is_whole_and_an_unfinished_one_is_taken_back(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        writer.take(0, "a", b"half", True, False)
        writer.take(0, "a", b"whole", True, True)
        writer.take(0, "a", b"again", True, True)
        writer.take(0, "b", b"half", True, False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"whole"}
    assert writer.written == ["a"] and not writer.problems


def test_folder_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError):
        extract(hostile_tar(), "*", tmp_path / "link")
