"""`--profile` says where the time of a run went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_phases_are_written_in_their_order(program: Any, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(bytes(range(256)) * 4)
    profile = tmp_path / "profile.json"
    program("check", str(image), "--profile", str(profile), "-o", f"json={tmp_path / 'report.json'}")
    phases = json.loads(profile.read_text())["phases"]
    names = [phase["name"] for phase in phases]
    assert names == [
        "start", "load rules", "load knowledge", "unpack and identify", "resolve", "trace", "evaluate", "report", "render",
    ]  # fmt: skip
    by_name = {phase["name"]: phase for phase in phases}
    assert by_name["unpack and identify"]["workers"] > 0
    assert by_name["resolve"]["workers"] == 0
    assert all(phase["wall"] >= 0 and phase["processor"] >= 0 for phase in phases)
    assert "profile" not in (tmp_path / "report.json").read_text()
