"""Packs through the real command: where each setting comes from, and what changes between two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PACK = """\
pack: mine
title: Mine
version: "3"
extends: [auditor:cn-autonomy]
except: [license-*]
severity: {os-layer-not-at-home: high}
params: {home: [CN, SG], max_share: 0.5}
gate: {fail-on: medium, max-waiver-days: 90}
"""


def test_show_says_where_each_setting_comes_from(program: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK)
    lines = program("pack", "show", "mine.yaml", cwd=tmp_path).stdout.decode().splitlines()
    rows = {line.split()[0] + " " + line.split()[1]: line for line in lines if len(line.split()) > 2}
    assert [line.split()[:2] for line in lines[:3]] == [["base", "2026.11"], ["cn-autonomy", "2026.11"], ["mine", "3"]]
    assert rows["home CN,"].endswith("pack mine")
    assert rows["trusted pack"].endswith("pack cn-autonomy")
    assert rows["gate fail-on"].endswith("pack mine")
    assert rows["gate unknown"].endswith("pack base")
    assert rows["severity os-layer-not-at-home"].endswith("pack mine")
    assert any(line.split()[:2] == ["os-layer-not-at-home", "high"] and line.endswith("cn-autonomy") for line in lines)
    assert not any(line.startswith("license-") for line in lines)


def test_diff_names_rules_severities_parameters_and_gate(program: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK)
    lines = program("pack", "diff", "cn-autonomy", "mine.yaml", cwd=tmp_path).stdout.decode().splitlines()
    assert "- rule license-missing" in lines
    assert "~ rule os-layer-not-at-home: severity medium -> high" in lines
    assert "~ rule concentration-one-country: max_share 0.65 -> 0.5" in lines
    assert "~ home: CN -> CN, SG" in lines
    assert "~ gate fail-on: high -> medium" in lines
    assert "~ gate max-waiver-days: unset -> 90" in lines
    same = program("pack", "diff", "base", "base", cwd=tmp_path)
    assert same.returncode == 2


def test_the_bound_on_waivers_holds_for_the_verb(program: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PACK)
    given = ("os-layer-not-at-home", "--ecu", "BCM", "--reason", "accepted-risk", "--owner", "o", "-p", "mine.yaml")
    long = program("waiver", "add", *given, "--days", "91", cwd=tmp_path)
    assert (long.returncode, b"at most 90 days" in long.stderr) == (5, True)
    assert program("waiver", "add", *given, "--days", "90", cwd=tmp_path).returncode == 0


def test_facts_that_are_too_old_are_inconclusive(program: Any, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(
        'pack: old\ntitle: Old\nversion: "1"\nrules: [bom-empty]\ngate: {max-knowledge-age: 30}\n'
    )
    (tmp_path / "parts.csv").write_text("MPN,Quantity\nXR-77,1\n")
    given = ("check", "parts.csv", "-p", "old.yaml", "-f", "json", "--as-of")
    late = program(*given, "2028-01-01", cwd=tmp_path)
    assert (late.returncode, b"days old, at most 30 days are allowed" in late.stdout) == (4, True)


def test_the_scope_and_the_years_are_said_by_options(program: Any, tmp_path: Path) -> None:
    bom = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "lib"}]}'
    (tmp_path / "bom.json").write_text(bom)

    def results(pack: str, *options: str) -> dict[str, str]:
        given = ("-p", pack, "--as-of", "2027-12-11", "-f", "json", *options)
        report = json.loads(program("check", "bom.json", *given, cwd=tmp_path).stdout)
        return {one["id"]: one["result"] for one in report["rulesRun"]}

    said = {
        "": "undetermined", "--not-type-approved": "failed", "--type-approved": "notApplicable",
    }  # fmt: skip
    for option, wanted in said.items():
        found = results("eu-cra", *([option] if option else []))
        assert found["cra-top-level-dependencies"] == wanted, option
        assert found["cra-scope-undeclared"] == {"": "undetermined", "--not-type-approved": "passed"}.get(
            option, "notApplicable"
        )
    assert results("eu-cra", "--not-type-approved", "--support-years", "4")["cra-support-period"] == "failed"
    assert results("us-connected-vehicle", "--import-year", "2029")["cv-model-year-missing"] == "passed"
