"""What `diff` gates on: new failures at or above a level that nobody accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RULE = "os-kernel-foreign-vendor"


@pytest.fixture
def folder(tmp_path: Path, demo: Any) -> Path:
    """A report without the critical finding, and one with it: open, waived, undetermined."""
    report = demo()
    (other,) = [one for one in report["findings"] if one["rule"] == RULE]
    kept = [one for one in report["findings"] if one is not other]
    shapes = {"open": {}, "waived": {"state": "waived"}, "unknown": {"verdict": "undetermined"}}
    (tmp_path / "old.json").write_text(json.dumps({**report, "findings": kept}), encoding="utf-8")
    for name, shape in shapes.items():
        text = json.dumps({**report, "findings": [*kept, {**other, **shape}]})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("new", "level", "code"),
    [("open", "critical", 1), ("open", "low", 1), ("waived", "low", 0), ("unknown", "low", 0), ("old", "low", 0)],
)
def test_only_a_new_open_failure_at_the_level_ends_with_1(
    new: str, level: str, code: int, folder: Path, program: Any
) -> None:
    done = program("diff", "old.json", f"{new}.json", "--fail-on-new", level, cwd=folder)
    assert done.returncode == code
    assert (RULE in done.stdout.decode()) is (new != "old")


def test_a_level_above_the_finding_lets_it_through(folder: Path, program: Any) -> None:
    text = (folder / "open.json").read_text("utf-8")
    report = json.loads(text)
    for one in report["findings"]:
        one["severity"] = "medium" if one["rule"] == RULE else one["severity"]
    (folder / "medium.json").write_text(json.dumps(report), encoding="utf-8")
    assert program("diff", "old.json", "medium.json", "--fail-on-new", "high", cwd=folder).returncode == 0
    assert program("diff", "old.json", "medium.json", "--fail-on-new", "medium", cwd=folder).returncode == 1
