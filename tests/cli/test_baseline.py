"""Baselines through the real command: what stood is counted and not gated, what is new is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BODY = ROOT / "fixtures" / "demo" / "body-controller"


def run(program: Any, folder: Path, *more: str, form: str = "json") -> tuple[int, Any]:
    done = program(
        "check", "--ecu", "BCM=body.hex", "--ecu", "BCM=parts.csv", "--as-of", "2026-11-24", "-f", form, *more,
        cwd=folder,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout) if form == "json" else done.stdout.decode()


@pytest.fixture(scope="module")
def place(program: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baseline")
    for name in ("body.hex", "parts.csv"):
        shutil.copy(BODY / name, folder / name)
    code, report = run(program, folder)
    assert code == 1
    (folder / "report.json").write_text(json.dumps(report))
    assert program("baseline", "create", "report.json", "-o", "base.json", cwd=folder).returncode == 0
    return folder


def test_what_stood_passes_and_stays_counted(program: Any, place: Path) -> None:
    code, report = run(program, place, "--baseline", "base.json")
    assert (code, report["verdict"]["result"]) == (0, "pass")
    states = {one["state"] for one in report["findings"] if "state" in one and one.get("status") != "trial"}
    assert states == {"baselined"}
    code, text = run(program, place, "--baseline", "base.json", "--new-only", form="text")
    unknown = report["summary"]["baselinedUnknowns"]
    assert f"PASS with {unknown} accepted unknowns" in " ".join(text.split())
    assert f"{report['summary']['baselined']} baselined" in " ".join(text.split())


def test_new_only_shows_what_is_new_and_the_tally_stays(program: Any, place: Path, tmp_path: Path) -> None:
    shutil.copytree(place, tmp_path / "next")
    with (tmp_path / "next" / "parts.csv").open("a", encoding="utf-8") as stream:
        stream.write(stream_line(place))
    code, report = run(program, tmp_path / "next", "--baseline", "base.json", "--new-only")
    whole = run(program, tmp_path / "next", "--baseline", "base.json")
    assert code == whole[0]
    assert {one.get("state", "open") for one in report["findings"]} <= {"open"}
    assert len(report["findings"]) < len(whole[1]["findings"])
    assert report["findings"]
    assert report["summary"] == whole[1]["summary"]
    shown = {one["id"] for one in report["findings"]}
    assert {one["finding"] for one in report["questions"]} <= shown
    (tmp_path / "new.json").write_text(json.dumps(report))
    for verb in (("create", "new.json", "-o", "x.json"), ("prune", "next/base.json", "new.json")):
        done = program("baseline", *verb, cwd=tmp_path)
        assert (done.returncode, b"--new-only" in done.stderr) == (2, True)


def stream_line(place: Path) -> str:
    """Return a further row of the part list: a chip of no known maker."""
    last = (place / "parts.csv").read_text(encoding="utf-8").splitlines()[-1]
    return last.replace(last.split(",")[1], "ZZ-9999-UNKNOWN") + "\n"


def test_the_ratchet_accepts_recorded_unknowns_and_no_new_one(program: Any, place: Path, tmp_path: Path) -> None:
    given = ("--baseline", "base.json", "--on-unknown", "ratchet", "--fail-on", "critical")
    assert run(program, place, *given)[0] == 0
    shutil.copytree(place, tmp_path / "next")
    with (tmp_path / "next" / "parts.csv").open("a", encoding="utf-8") as stream:
        stream.write(stream_line(place))
    code, report = run(program, tmp_path / "next", *given)
    assert code == 4
    assert any("the baseline does not record" in reason for reason in report["verdict"]["reasons"])


def test_new_only_without_a_baseline_is_an_error(program: Any, place: Path) -> None:
    done = program("check", "body.hex", "--new-only", cwd=place)
    assert (done.returncode, b"needs --baseline" in done.stderr) == (5, True)


def test_pruning_drops_what_is_gone(program: Any, place: Path, tmp_path: Path) -> None:
    shutil.copytree(place, tmp_path / "next")
    base = json.loads((place / "base.json").read_text())
    gone = {**base["entries"][0], "fingerprint": "00" * 32}
    base["entries"] = [gone, *base["entries"]]
    (tmp_path / "next" / "base.json").write_text(json.dumps(base))
    done = program("baseline", "prune", "base.json", "report.json", cwd=tmp_path / "next")
    assert done.stderr.decode() == f"1 entries dropped, 0 improved, {len(base['entries']) - 1} kept\n"
