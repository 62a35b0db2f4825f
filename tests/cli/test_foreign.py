"""Reports as arguments are somebody else's files: bounded, strictly read, one line when they are none."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import foreign
from auditor.cli.ending import Stop
from auditor.limits import Limits


@pytest.fixture
def report(tmp_path: Path, demo: Any) -> Path:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(demo()), encoding="utf-8")
    return path


VERBS = (["merge"], ["report"], ["attest"], ["explain", "bom-missing", "--report"], ["baseline", "create"], ["verify"])


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_key_given_twice_is_refused_by_every_verb(verb: list[str], report: Path, program: Any) -> None:
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace('"verdict":', '"verdict": {"result": "pass"}, "verdict":', 1), encoding="utf-8")
    done = program(*verb, str(report), cwd=report.parent)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert b"stands twice" in done.stderr


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_depth_is_bounded(verb: list[str], tmp_path: Path, program: Any) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    done = program(*verb, "deep.json", cwd=tmp_path)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1


def test_size_is_bounded_before_anything_is_read_whole(report: Path) -> None:
    size = report.stat().st_size
    assert foreign.read(report, Limits(document_size=size)).findings
    with pytest.raises(Stop, match=f"larger than document-size={size - 1}: raise it with --limit document-size=N"):
        foreign.read(report, Limits(document_size=size - 1))
    assert foreign.perhaps(report, Limits(document_size=size - 1)) is None


def test_workers_must_have_read_what_is_merged(report: Path) -> None:
    (one,) = foreign.through_workers([report], Limits())
    assert one.findings
    with pytest.raises(Stop, match="too many components"):
        foreign.through_workers([report], Limits(components=3))


def test_what_is_no_report_is_left_to_others(report: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    assert foreign.perhaps(tmp_path / "other.json", Limits()) is None
    assert foreign.perhaps(tmp_path, Limits()) is None
    assert foreign.perhaps(tmp_path / "missing", Limits()) is None
    found = foreign.perhaps(report, Limits())
    assert found is not None


def test_a_pipe_is_read_like_a_file(report: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(report.read_bytes()))
    writer.start()
    assert foreign.read(pipe, Limits()).findings
    writer.join()


@pytest.mark.parametrize("verb", [*VERBS[:-1], ["waiver", "check", "w.yaml", "--report"]], ids=" ".join)
def test_a_larger_report_is_read_when_its_user_says_so(verb: list[str], report: Path, program: Any) -> None:
    (report.parent / "w.yaml").write_text("waivers: []\n")
    size = report.stat().st_size
    small = program(*verb, "report.json", "--limit", f"document-size={size - 1}", cwd=report.parent)
    assert small.returncode in (3, 5), small.stderr
    done = program(*verb, "report.json", "--limit", f"document-size={size}", cwd=report.parent)
    assert done.returncode in (0, 1), done.stderr


def test_verify_reads_the_report_under_the_limits_given(report: Path, program: Any) -> None:
    size = report.stat().st_size
    small = program("verify", "report.json", "--limit", f"document-size={size - 1}", cwd=report.parent)
    assert (small.returncode, b"document-size" in small.stderr) == (3, True)
    large = program("verify", "report.json", "--limit", f"document-size={size}", cwd=report.parent)
    assert b"document-size" not in large.stderr
