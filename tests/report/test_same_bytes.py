"""Every format: the same bytes whatever the hash seed, time zone, locale, folder, order of arguments and number of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.report import formats

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "fixtures" / "demo"
CALM = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1795478400", "COLUMNS": "100"}
WILD = {**CALM, "PYTHONHASHSEED": "4242", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"}


def outputs(folder: Path) -> list[str]:
    folder.mkdir()
    return [option for name in formats() for option in ("-o", f"{name}={folder / name}")]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def arguments() -> list[str]:
    body = [f"BCM={path}" for path in sorted((DEMO / "body-controller").iterdir())]
    box = [f"T-Box={path}" for path in sorted((DEMO / "t-box").iterdir())]
    return body + box


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, program: Any) -> list[Path]:
    """Two runs over the same files that differ in everything that must not matter."""
    made = []
    for number, (environment, jobs, turn) in enumerate(((CALM, "1", 1), (WILD, "8", -1))):
        folder = tmp_path_factory.mktemp("run") / "out"
        named = [option for one in arguments()[::turn] for option in ("--ecu", one)]
        place = ROOT if number == 0 else ROOT / "fixtures"
        done = program("check", *named, "-j", jobs, *outputs(folder), "-f", "json", environment=environment, cwd=place)
        assert done.returncode == 1, done.stderr
        made.append(folder)
    return made


def test_check(runs: list[Path]) -> None:
    one, other = map(contents, runs)
    assert set(one) == set(formats())
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("more", [("--lang", "zh"), ("--audience", "supplier", "--supplier", "ROHM")])
def test_report(more: tuple[str, ...], runs: list[Path], tmp_path: Path, program: Any) -> None:
    made = []
    for folder, environment in (("a", CALM), ("b", WILD)):
        done = program("report", str(runs[0] / "json"), *outputs(tmp_path / folder), *more, environment=environment)
        assert done.returncode == 0, done.stderr
        made.append(contents(tmp_path / folder))
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def test_merge(runs: list[Path], tmp_path: Path, program: Any) -> None:
    report = runs[0] / "json"
    made = []
    for folder, environment, turn in (("a", CALM, 1), ("b", WILD, -1)):
        given = [str(report), str(runs[1] / "json")][::turn]
        done = program("merge", *given, *outputs(tmp_path / folder), "-f", "json", environment=environment)
        assert done.returncode == 1, done.stderr
        made.append(contents(tmp_path / folder))
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
