"""Whole reports kept for the review of differences: `tests/golden/NAME/`, one file a large part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parent / "golden"
PARTS = ("findings", "components")
"""Parts of a report with a file of their own; `report.json` has the rest."""


def differing(name: str, report: dict[str, Any], *, update: bool) -> list[str]:
    """Return the files of a kept report that this report is not; `update` writes them first.

    Left out is what differs between machines and releases, and the texts of the rules, which stand in docs/rules.
    """
    kept = {**report, "tool": {"name": report["tool"]["name"]}, "run": {**report["run"], "isolation": {}}}
    kept["rules"] = [one["id"] for one in report["rules"]]
    files = {f"{part}.json": kept.pop(part) for part in PARTS} | {"report.json": kept}
    wrong = []
    for file, content in files.items():
        path = GOLDEN / name / file
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        if update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if path.read_text(encoding="utf-8") != text:
            wrong.append(str(path))
    return wrong


def kept() -> list[str]:
    """Return the names of the kept reports."""
    return sorted(path.parent.name for path in GOLDEN.glob(f"*/{PARTS[0]}.json"))


def read(name: str) -> dict[str, Any]:
    """Return a kept report, its parts put together again."""
    folder = GOLDEN / name
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report | {part: json.loads((folder / f"{part}.json").read_text(encoding="utf-8")) for part in PARTS}
