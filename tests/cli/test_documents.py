"""Verbs that read and write bills of materials, by the real command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
BOX = ROOT / "fixtures" / "demo" / "t-box"


def test_an_enriched_bill_keeps_every_leaf(program: Any, tmp_path: Path) -> None:
    bom, out = BOX / "t-box.cdx.json", tmp_path / "out.json"
    inputs = sorted(str(path) for path in BOX.iterdir())
    done = program("check", *inputs, "--bom", str(bom), "-o", f"cyclonedx={out}", "-f", "json")
    assert done.returncode == 1, done.stderr
    before, after = json.loads(bom.read_text()), json.loads(out.read_text())
    assert [one["name"] for one in after["components"]] == [one["name"] for one in before["components"]]
    for old, new in zip(before["components"], after["components"], strict=True):
        assert {key: new[key] for key in old if key not in ("properties", "evidence")} == {
            key: value for key, value in old.items() if key not in ("properties", "evidence")
        }
    assert "auditor:" in out.read_text()


def test_bom_without_an_output_is_wrong_use(program: Any) -> None:
    assert program("check", str(BOX / "kernel.bin"), "--bom", str(BOX / "t-box.cdx.json")).returncode == 2


def test_a_duplicate_key_never_passes(program: Any, tmp_path: Path) -> None:
    text = (
        '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"components":[{"type":"library","name":"zlib"}]}'
    )
    (tmp_path / "bom.json").write_text(text)
    done = program("check", "bom.json", "-f", "json", "--fail-on", "critical", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 4
    assert "json-duplicate-key" in {one["code"] for one in report["inputs"][0]["problems"]}


def test_diff_of_two_bills_and_two_reports(program: Any, tmp_path: Path) -> None:
    old = json.loads((BOX / "t-box.cdx.json").read_text())
    new = json.loads((BOX / "t-box.cdx.json").read_text())
    new["components"][3]["version"] = "3.0.16"
    del new["components"][6]
    for name, document in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    done = program("diff", "old.json", "new.json", "-f", "json", cwd=tmp_path)
    changes = json.loads(done.stdout)["changes"]
    assert {(one["what"], one["subject"], one.get("field", "")) for one in changes} == {
        ("changed", "openssl", "version"),
        ("removed", "readline", ""),
    }
    for home in ("CN", "US"):
        program("demo", "--home", home, "--as-of", "2026-11-24", "-o", f"json={tmp_path / home}.json")
    assert program("diff", "US.json", "CN.json", "--fail-on-new", "critical", cwd=tmp_path).returncode == 1
    assert program("diff", "CN.json", "CN.json", "--fail-on-new", "low", cwd=tmp_path).returncode == 0
    assert program("diff", "CN.json", "missing.json", cwd=tmp_path).returncode == 3
