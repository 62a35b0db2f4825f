"""Waivers through the real command: added, listed, checked, pruned; the exit code follows the day."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate.waivers import REASONS

ROOT = Path(__file__).resolve().parent.parent.parent
KERNEL = ROOT / "fixtures" / "demo" / "body-controller"
RULE = "os-kernel-foreign-vendor"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one image, its report, and a waiver file that a stranger put among the inputs."""
    folder = tmp_path_factory.mktemp("waivers")
    image = next(path for path in sorted(KERNEL.iterdir()) if path.suffix in (".hex", ".s19", ".srec", ".bin"))
    (folder / "input").mkdir()
    (folder / "input" / image.name).write_bytes(image.read_bytes())
    (folder / "input" / "auditor-waivers.yaml").write_text(
        f"waivers:\n  - {{rule: {RULE}, ecu: BCM, reason: accepted-risk, owner: stranger, expires: 2999-01-01}}\n"
    )
    return folder


def check(program: Any, folder: Path, *more: str, as_of: str = "2026-11-24") -> dict[str, Any]:
    done = program(
        "check", "--ecu", "BCM=input", "--select", RULE, "--as-of", as_of, "-f", "json", *more, cwd=folder,
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"]["exitCode"] == done.returncode
    return report


def test_the_exit_code_changes_on_the_day_a_waiver_ends_and_not_before(program: Any, place: Path) -> None:
    first = check(program, place)
    assert first["verdict"]["exitCode"] == 1, "a waiver inside an input was read"
    (place / "report.json").write_text(json.dumps(first), encoding="utf-8")
    given = (
        "--reason",
        "contract-in-place",
        "--owner",
        "purchasing",
        "--expires",
        "2027-03-01",
        "--as-of",
        "2026-11-24",
    )
    finding = first["findings"][0]["id"]
    done = program("waiver", "add", finding, "--report", "report.json", "--pin", *given, cwd=place)
    assert done.returncode == 0, done.stderr
    text = (place / "auditor-waivers.yaml").read_text("utf-8")
    assert f'artifact: "{first["inputs"][0]["sha256"]}"' in text
    assert 'ecu: "BCM"' in text
    waivers = ("--waivers", "auditor-waivers.yaml")
    codes = {}
    for day in ("2026-11-24", "2027-02-27", "2027-02-28", "2027-03-01", "2027-03-02"):
        report = check(program, place, *waivers, as_of=day)
        codes[day] = report["verdict"]["exitCode"]
        assert report["summary"]["waived"] == (0 if day >= "2027-03-01" else 1)
        if day >= "2027-03-01":
            assert any("ended on 2027-03-01" in reason for reason in report["verdict"]["reasons"])
            assert len(report["waivers"]["expired"]) == 1
        elif day >= "2027-02-27":
            assert any("ends in" in reason for reason in report["verdict"]["reasons"])
    assert codes == {"2026-11-24": 0, "2027-02-27": 0, "2027-02-28": 0, "2027-03-01": 1, "2027-03-02": 1}
    strict = check(program, place, *waivers, "--strict-waivers", as_of="2027-03-01")
    assert (strict["verdict"]["exitCode"], strict["verdict"]["result"]) == (5, "fail")


def test_a_waiver_pinned_to_an_image_ends_with_its_bytes(program: Any, place: Path) -> None:
    waiver = f"waivers:\n  - {{rule: {RULE}, ecu: BCM, artifact: {'00' * 32}, reason: accepted-risk, owner: o, expires: 2027-01-01}}\n"
    (place / "other.yaml").write_text(waiver)
    report = check(program, place, "--waivers", "other.yaml")
    assert report["verdict"]["exitCode"] == 1
    assert any("covers nothing" in reason for reason in report["verdict"]["reasons"])


WAIVERS = f"""\
waivers:
  - {{rule: {RULE}, ecu: BCM, reason: accepted-risk, owner: o, expires: 2027-01-01}}
  - {{rule: {RULE}, ecu: T-Box, reason: accepted-risk, owner: o, expires: 2026-12-10}}
  - {{rule: {RULE}, ecu: BCM, component: old, reason: false-positive, owner: o, expires: 2026-11-24}}
"""


def test_listed_checked_and_pruned(program: Any, place: Path, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(WAIVERS)
    (tmp_path / "r.json").write_text(json.dumps(check(program, place)))
    day = ("--as-of", "2026-11-24")
    listed = program("waiver", "list", "w.yaml", *day, cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split()[:2] for line in listed] == [
        ["2026-11-24", "expired"], ["2026-12-10", "soon"], ["2027-01-01", "active"],
    ]  # fmt: skip
    checked = program("waiver", "check", "w.yaml", "--report", "r.json", *day, cwd=tmp_path)
    assert (checked.returncode, checked.stderr.decode()) == (0, "3 waivers, 1 expired, 1 unused\n")
    assert f"w.yaml:3: unused: {RULE} T-Box" in checked.stdout.decode()
    assert program("waiver", "check", "w.yaml", "--strict-waivers", *day, cwd=tmp_path).returncode == 5
    done = program("waiver", "prune", "w.yaml", "--report", "r.json", *day, cwd=tmp_path)
    assert done.stderr.decode() == "2 waivers dropped, 1 kept\n"
    assert (tmp_path / "w.yaml").read_text() == "".join(WAIVERS.splitlines(keepends=True)[:2])
    assert program("waiver", "check", "w.yaml", "--strict-waivers", *day, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["os-kernel-foreign-vendr", "--ecu", "BCM"], 5, f"did you mean '{RULE}'"),
        ([RULE], 5, "names no component, ecu or input"),
        ([RULE, "--ecu", "BCM", "--pin"], 2, "--report"),
        ([RULE, "--ecu", "BCM", "--days", "30"], 2, "--expires DATE or --days N"),
        ([RULE, "--ecu", "BCM", "--artifact", "12"], 5, "64 hexadecimal"),
    ],
)
def test_a_wrong_waiver_is_not_written(
    arguments: list[str], code: int, hint: str, program: Any, tmp_path: Path
) -> None:
    done = program(
        "waiver",
        "add",
        *arguments,
        "--reason",
        "accepted-risk",
        "--owner",
        "o",
        "--expires",
        "2027-01-01",
        cwd=tmp_path,
    )
    assert done.returncode == code
    assert hint in done.stderr.decode()
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_reason_is_wrong_use_and_all_are_named(program: Any, tmp_path: Path) -> None:
    done = program(
        "waiver", "add", "os-not-identified", "--ecu", "x", "--reason", "risk", "--owner", "me", "--days", "9",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    shown = program("waiver", "add", "--help").stdout.decode().replace("\n", " ")
    assert all(one in done.stderr.decode() and one in re.sub(r" +", " ", shown) for one in REASONS)
    assert list(tmp_path.iterdir()) == []
