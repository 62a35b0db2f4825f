"""The page of benchmarks says what docs/figures.json holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIGURES = json.loads((ROOT / "docs" / "figures.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_page_is_generated_from_the_figures() -> None:
    words = [sys.executable, str(ROOT / "tests" / "benchmarks" / "run.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + "\ndocs/benchmarks.md is not what docs/figures.json says"


def test_medians_of_the_page_are_medians_of_raw_values() -> None:
    """By hand, not by the code that writes the page."""
    for row in FIGURES["reading"]["images"].values():
        assert f"| {median(row['walk']):.3f} (" in PAGE
        assert row["problems"] == 0
    for row in FIGURES["programs"].values():
        assert "skipped" in row or f"| {median(row['cpu']):.3f} (" in PAGE
    for count in ("1", "2"):
        assert f"| {count} | {median(pair[count]['elapsed'] for pair in FIGURES['fleet']['pairs']):.3f} (" in PAGE
    for name, score in FIGURES["scores"].items():
        assert f"| {name} | {score['truth']} | {score['named']} | {score['right_version']} |" in PAGE


def test_figures_say_where_they_come_from() -> None:
    assert {"fleet", "programs", "growth", "reading", "documents", "whatif", "judging"} == set(FIGURES["commits"])
    assert all(re.fullmatch(r"[0-9a-f]{40}( and changes)?", commit) for commit in FIGURES["commits"].values())
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["sha256"]) for one in FIGURES["inputs"].values())
    assert FIGURES["command"].startswith("python tests/benchmarks/run.py")
    for row in FIGURES["reading"]["images"].values():
        assert len(row["walk"]) == len(row["sha256"]) >= 5


def test_the_question_of_a_large_vehicle_keeps_its_target() -> None:
    part = FIGURES["whatif"]
    assert (part["parts"], part["functions"]) == (1000, 100)
    assert len(part["both"]["cpu"]) >= 5
    assert max(part["both"]["cpu"]) <= 1.0
    assert f"| both, as `auditor whatif` answers | {median(part['both']['cpu']):.3f} (" in PAGE
    assert "both within 1 s of processor time: kept." in PAGE


def test_targets_are_judged_by_their_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, not by the code that writes the page."""
    images = FIGURES["reading"]["images"]
    walk = images["images/rootfs.ext4"]
    found = median(a / b for a, b in zip(walk["walk"], walk["sha256"], strict=True))
    verdict = "kept" if found <= 3 else "missed"
    assert f"| walk of ext4 / SHA-256 of its files | at most 3 | {found:.2f} | {verdict} |" in PAGE
    largest = max(row["together"] for row in FIGURES["growth"]) / (1 << 20)
    verdict = "kept" if largest <= 400 else "missed"
    assert f"| at most 400 MiB | {largest:.2f} MiB | {verdict} |" in PAGE
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    import targets  # type: ignore[import-not-found]

    for most, verdict in ((True, "missed"), (False, "kept")):
        one = targets.Target("a figure", 2, most, lambda figures: 2.5, " s")
        assert one.line({})[3] == verdict
        assert targets.Target("a figure", 2, most, lambda figures: 2.0).line({})[3] == "kept"


def test_the_page_shows_both_halves_of_what_was_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "benchmarks"))
    import page  # type: ignore[import-not-found]

    halves = [
        {"truth": 41, "named": 40, "right_version": 39, "wrong_version": 0, "no_version": 1},
        {"truth": 40, "named": 38, "right_version": 30, "wrong_version": 2, "no_version": 6},
    ]
    text = page.halves({"auditor": {"halves": halves}, "other": {}})
    assert "| auditor | 1st, 3rd, 5th ... | 41 | 40 | 39 | 0 | 1 |" in text
    assert "| auditor | 2nd, 4th, 6th ... | 40 | 38 | 30 | 2 | 6 |" in text
    assert page.halves({"other": {}}) == ""
