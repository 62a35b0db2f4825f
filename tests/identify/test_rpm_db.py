"""rpm's database: the tool's own, and hostile ones."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
import rpm_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.identify import identify
from auditor.identify.firmware import rpm_db
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import Damaged, View

SPEC = """Name: libdemo
Version: 1.4.2
Release: 3
Summary: demo
License: MIT AND Zlib
Vendor: Example Motors
BuildArch: noarch
%description
demo
%files
"""


def sample(data: bytes) -> Sample:
    path = "var/lib/rpm/rpmdb.sqlite"
    return Sample(Artifact(id="", path=path, kind="file", size=len(data)), View(data), Limits())


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("rpmbuild"), reason="rpmbuild is not installed")
def test_the_database_that_rpm_writes(tmp_path: Path) -> None:
    (tmp_path / "demo.spec").write_text(SPEC)

    def run(*command: str) -> None:
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    run("rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/build", "demo.spec")
    (package,) = (tmp_path / "build").rglob("*.rpm")
    folder = str(tmp_path / "db")
    run("rpm", "--dbpath", folder, "--initdb")
    run("rpm", "--dbpath", folder, "-i", "--justdb", "--nodeps", "--ignorearch", str(package))
    votes = {
        (vote.claim, vote.value) for vote in identify(sample((tmp_path / "db/rpmdb.sqlite").read_bytes())).evidence
    }
    assert {
        ("version", "1.4.2"),
        ("license", "MIT AND Zlib"),
        ("supplier", "Example Motors"),
        ("purl", "pkg:rpm/libdemo@1.4.2-3?arch=noarch"),
    } <= votes


def test_a_view_in_place_of_the_table_is_not_run() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(hnum) AS (SELECT 1 UNION ALL SELECT hnum + 1 FROM n) "
        "SELECT hnum, zeroblob(9) AS blob FROM n"
    )
    result = identify(sample(connection.serialize()))
    assert [problem.code for problem in result.problems] == ["damaged"]


def test_a_broken_header_keeps_the_packages_before_it() -> None:
    good = rpm_writer.header({"name": "first", "version": "1"})
    result = identify(sample(rpm_writer.database([good, b"\xff" * 8, good])))
    assert {vote.subject for vote in result.evidence} == {"rpm:first"}
    assert [problem.code for problem in result.problems] == ["damaged"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_headers_raise_damaged_only(noise: bytes, place: int) -> None:
    raw = bytearray(rpm_writer.header({"name": "libdemo", "version": "1.4.2", "license": "MIT"}))
    raw[place : place + len(noise)] = noise
    try:
        values = rpm_db.header(View(bytes(raw)))
    except Damaged:
        return
    assert all(len(value) <= 4 * rpm_db.MAX_TEXT for value in values.values())
