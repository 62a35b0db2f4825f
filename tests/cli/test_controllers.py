"""Controllers named on the command line: none vanishes, whichever files they share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parent.parent.parent / "fixtures" / "demo"
BOM = str(DEMO / "t-box" / "t-box.cdx.json")


def test_one_file_for_two_controllers_is_audited_for_both(program: Any) -> None:
    done = program("check", "--ecu", f"R={BOM}", "--ecu", f"L={BOM}", "-f", "json")
    report = json.loads(done.stdout)
    left, right = report["inputs"]
    assert [one["name"] for one in report["ecus"]] == ["L", "R"]
    assert [one["inputs"] for one in report["ecus"]] == [[left["id"]], [right["id"]]]
    assert left["id"] != right["id"]
    assert {key: left[key] for key in left if key not in ("id", "ecu")} == {
        key: right[key] for key in right if key not in ("id", "ecu")
    }
    names = {ecu: [one["name"] for one in report["components"] if one["ecu"] == ecu] for ecu in ("L", "R")}
    assert names["L"] == names["R"] != []
    assert len({one["id"] for one in report["findings"]}) == len(report["findings"])


def test_a_vehicle_file_may_give_two_controllers_one_image(tmp_path: Path, program: Any) -> None:
    ecus = "".join(f"  - {{id: {name}, inputs: [{BOM}]}}\n" for name in ("FRONT", "REAR"))
    (tmp_path / "vehicle.yaml").write_text(f"vehicle: V\necus:\n{ecus}")
    report = json.loads(program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=tmp_path).stdout)
    assert {one["name"]: len(one["inputs"]) for one in report["ecus"]} == {"FRONT": 1, "REAR": 1}
    assert {one["ecu"] for one in report["components"]} == {"FRONT", "REAR"}
