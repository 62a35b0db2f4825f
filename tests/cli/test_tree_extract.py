"""auditor tree --extract: the bytes come out of the sandbox, only writing happens outside."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "auditor")


def image(path: Path) -> bytes:
    """An archive with a large file inside a compressed stream, and one whose name wants out."""
    large = bytes(range(256)) * 8000
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in (("etc/large", large), ("../../up", b"u"), ("etc/none", b"")):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o6777
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
    return large


def tree(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, "tree", *map(str, arguments)], capture_output=True, check=False)


def test_matching_files_are_written_privately(tmp_path: Path) -> None:
    large, out = image(tmp_path / "image.gz"), tmp_path / "out"
    out.mkdir()
    done = tree(tmp_path / "image.gz", "--extract", "content!/*", "-o", out)
    assert done.returncode == 0, done.stderr
    made = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
    assert set(made) == {"content!/etc/large", "content!/etc/none", "content!/__/__/up"}
    assert made["content!/etc/large"].read_bytes() == large
    assert all(path.stat().st_mode & 0o7077 == 0 for path in out.rglob("*"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.gz", "out"]
    again = tree(tmp_path / "image.gz", "--extract", "content!/etc/l*", "-o", out)
    assert again.returncode == 4 and b"not written" in again.stderr


def test_a_folder_of_inputs_is_extracted_too(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    large, out = image(tmp_path / "in/image.gz"), tmp_path / "out"
    out.mkdir()
    assert tree(tmp_path / "in", "--extract", "*etc/large", "-o", out).returncode == 0
    assert (out / "image.gz!/content!/etc/large").read_bytes() == large


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    image(tmp_path / "image.gz")
    done = tree(tmp_path / "image.gz", "--extract", "*", "-o", tmp_path / "none")
    assert done.returncode == 7 and done.stderr.count(b"\n") == 1


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_process_that_writes_never_reads_the_input(tmp_path: Path) -> None:
    image(tmp_path / "image.gz")
    (tmp_path / "out").mkdir()
    log = tmp_path / "trace"
    command = ["strace", "-qq", "-o", log, "-y", "-e", "trace=read,pread64,mmap,readv,preadv", *COMMAND]
    arguments = ["tree", tmp_path / "image.gz", "--extract", "content!/etc/large", "-o", tmp_path / "out"]
    subprocess.run([str(part) for part in [*command, *arguments]], capture_output=True, check=True)
    assert (tmp_path / "out/content!/etc/large").exists()
    assert not [line for line in log.read_text(errors="replace").splitlines() if "image.gz" in line]
