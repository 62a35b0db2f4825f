"""The bundled controllers: what was predicted by hand, and the whole report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from whole_reports import differing

ROOT = Path(__file__).resolve().parent.parent
EXPECTED = yaml.safe_load((ROOT / "fixtures" / "expected" / "demo.yaml").read_text(encoding="utf-8"))
RUNS = EXPECTED["runs"]


def named(report: dict[str, Any], rule: str, verdict: str) -> set[str]:
    """Names of the components that a rule decided on with a verdict."""
    names = {one["id"]: one["name"] for one in report["components"]}
    return {
        names[component]
        for one in report["findings"]
        if one["rule"] == rule and one["verdict"] == verdict
        for component in one.get("components", [])
    }


@pytest.mark.parametrize("run", RUNS, ids=[run["home"] for run in RUNS])
def test_predicted_findings(run: dict[str, Any], demo: Any) -> None:
    report = demo(run["home"])
    assert report["verdict"]["exitCode"] == run["exit"]
    for rule, components in run["must"].items():
        assert set(components) <= named(report, rule, "fail"), rule
    for rule, components in run["must-not"].items():
        assert not set(components) & named(report, rule, "fail"), rule
    for rule, components in run["undetermined"].items():
        assert set(components) <= named(report, rule, "undetermined"), rule


def test_three_homes_three_verdicts(demo: Any) -> None:
    gating = {
        run["home"]: frozenset(
            (one["rule"], name)
            for rule in ("os-kernel-foreign-vendor", "chip-single-foreign-source")
            for name in named(demo(run["home"]), rule, "fail")
            for one in [{"rule": rule}]
        )
        for run in RUNS
    }
    assert len(set(gating.values())) == 3


def test_single_source_findings_are_exactly_the_predicted_ones(demo: Any) -> None:
    for run in RUNS:
        found = named(demo(run["home"]), "chip-single-foreign-source", "fail")
        assert found == set(run["must"]["chip-single-foreign-source"]), run["home"]


def test_deciding_facts_were_read(demo: Any) -> None:
    """No failed autonomy or chip finding rests on a fact that nobody read."""
    report = demo("CN")
    deciding = {"os-kernel-foreign-vendor", "chip-single-foreign-source", "supplier-restricted"}
    wrong = [
        step["source"]
        for one in report["findings"]
        if one["rule"] in deciding and one["verdict"] == "fail"
        for step in one["chain"]
        if step["step"] in ("owner", "steward") and ", stated," in step.get("source", "")
    ]
    assert wrong == []


@pytest.mark.parametrize("run", RUNS, ids=[run["home"] for run in RUNS])
def test_whole_report(run: dict[str, Any], demo: Any, request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-golden")
    wrong = differing(f"demo-{run['home']}", demo(run["home"]), update=update)
    assert wrong == [], "run pytest tests/test_demo.py --update-golden and read the difference"
