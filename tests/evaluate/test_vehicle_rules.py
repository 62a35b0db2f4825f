"""What the rules of a vehicle say about the example vehicle, against what was written down before."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor import pipeline
from auditor.cli.options import expand
from auditor.evaluate import load_library, vehicle_file
from auditor.evaluate.expression import activation, is_optional
from auditor.evaluate.subjects import Subjects
from auditor.pipeline import Audit, Options
from auditor.report import json as report_json

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
EXAMPLE = FIXTURES / "vehicle"
EXPECTED: dict[str, Any] = yaml.safe_load((EXAMPLE / "expected.yaml").read_text(encoding="utf-8"))["runs"]
FAMILIES = ("materials", "ai", "sites", "generations")
ROWS = [(run, rule) for run, said in EXPECTED.items() for rule in said["rules"]]


@cache
def audited(run: str) -> Audit:
    """Audit the example vehicle as a run says."""
    said = EXPECTED[run]
    vehicle = vehicle_file.load(EXAMPLE / "vehicle.yaml")
    ecus = {one.title: expand(tuple(str(EXAMPLE / name) for name in one.inputs)) for one in vehicle.ecus if one.inputs}
    policy = {key: said[key] for key in ("packs", "home", "trusted", "restricted")}
    options = Options(
        as_of=date.fromisoformat(str(said["as-of"])),
        ecus=ecus,
        policy={**policy, "accept_stated": said.get("accept-stated", False)},
        knowledge=[EXAMPLE / "knowledge"],
        vehicle=vehicle,
        base=EXAMPLE,
    )
    return pipeline.audit([path for paths in ecus.values() for path in paths], options)


@cache
def subjects(run: str) -> Subjects:
    audit = audited(run)
    said = EXPECTED[run]
    return Subjects(
        audit.inventory,
        audit.policy,
        date.fromisoformat(str(said["as-of"])),
        accept_stated=said.get("accept-stated", False),
        vehicle=vehicle_file.load(EXAMPLE / "vehicle.yaml"),
        knowledge=audit.knowledge,
    )


def verdicts(run: str, name: str) -> dict[str, list[str]]:
    """Return raised, undetermined and passed subjects of a rule."""
    rule = next(one for one in audited(run).policy.rules if one.id == name)
    found: dict[str, list[str]] = {"raised": [], "undetermined": [], "passes": []}
    for subject in subjects(run).others(rule.subject):
        facts = activation(subject.facts)
        if rule.where is not None and rule.where.evaluate(facts).value is False:
            continue
        value = rule.when.evaluate(facts).value
        found["undetermined" if value is None else "raised" if value else "passes"].append(subject.identity)
    return found


@pytest.mark.parametrize(("run", "rule"), ROWS, ids=[f"{run}-{rule}" for run, rule in ROWS])
def test_the_rule_says_what_was_written_down(run: str, rule: str) -> None:
    said = EXPECTED[run]["rules"][rule]
    found = verdicts(run, rule)
    assert sorted(found["raised"]) == sorted(said.get("raised", ()))
    assert sorted(found["undetermined"]) == sorted(said.get("undetermined", ()))
    assert len(found["passes"]) == said["passes"]


@pytest.mark.parametrize(("run", "rule"), ROWS, ids=[f"{run}-{rule}" for run, rule in ROWS])
def test_the_report_holds_each_of_them(run: str, rule: str) -> None:
    said = EXPECTED[run]["rules"][rule]
    report = audited(run).report
    findings = [one for one in report.findings if one.rule == rule]
    assert len(findings) == len(said.get("raised", ())) + len(said.get("undetermined", ()))
    assert next(one.count for one in report.rules_run if one.id == rule) == len(findings) + said["passes"]


def test_every_rule_of_the_four_families_fires_passes_and_stays_undetermined() -> None:
    families = {id_: one for id_, one in load_library().rules.items() if one.family in FAMILIES}
    assert sum(one.value["status"] == "stable" for one in families.values()) >= 25
    seen: dict[str, set[str]] = {}
    never: dict[str, str] = {}
    for run, rule in ROWS:
        seen.setdefault(rule, set()).update(kind for kind, some in verdicts(run, rule).items() if some)
        never |= {rule: said} if (said := EXPECTED[run]["rules"][rule].get("never")) else {}
    assert set(seen) == set(families)
    for rule, kinds in seen.items():
        assert kinds >= {"raised", "passes"}, rule
        assert ("undetermined" in kinds) != (rule in never), rule
        when = next(one.when for run in EXPECTED for one in audited(run).policy.rules if one.id == rule)
        optional = any(is_optional(path, families[rule].subject) for path in when.references)
        assert optional == ("undetermined" in kinds), rule


def test_a_run_without_a_vehicle_asks_none_of_them() -> None:
    options = Options(as_of=date(2026, 11, 24), base=EXAMPLE, policy={"packs": ["base", "eu-crma"]})
    report = pipeline.audit([str(EXAMPLE / "battery.csv")], options).report
    ours = {id_ for id_, one in load_library().rules.items() if one.family in FAMILIES}
    results = {one.id: one.result for one in report.rules_run if one.id in ours}
    assert set(results.values()) == {"notApplicable"}
    assert len(results) >= 40


def test_the_example_is_as_large_as_it_says() -> None:
    report = audited("today").report
    vehicle = vehicle_file.load(EXAMPLE / "vehicle.yaml")
    assert len(report.components) >= 300
    assert sum(one.kind == "chip" for one in report.components) >= 60
    assert all(one.knowledge for one in report.components if one.kind == "chip")
    assert len({one.material for one in vehicle.materials}) >= 8
    assert (len(vehicle.ecus), len(vehicle.functions), len(vehicle.sites)) == (14, 23, 9)
    assert len({one.function for one in vehicle.generations}) == 20
    assert (len(vehicle.models), len(vehicle.datasets)) == (4, 6)
    assert all(path.stat().st_size < 200_000 for path in EXAMPLE.rglob("*") if path.is_file())


def test_a_world_share_is_said_to_be_one_and_shows_its_source() -> None:
    findings = [one for one in audited("today").report.findings if one.rule == "material-one-country"]
    graphite = next(one for one in findings if one.message.startswith("Battery-grade graphite"))
    assert graphite.verdict == "fail"
    assert "world shares, 2023" in graphite.message
    assert any(step.step == "world" and "CN 90.0 %" in step.value and "read" in step.source for step in graphite.chain)
    unread = next(one for one in findings if one.message.startswith("lithium refine battery"))
    assert unread.verdict == "undetermined"
    assert "stated, not read at a source" in unread.message


def test_what_the_vehicle_says_about_a_controller_may_be_asked() -> None:
    facts = subjects("today").ecus["Traction inverter"]
    assert (facts["asil"], facts["quantity"], facts["domain"], facts["lines"]) == ("D", 2, "powertrain", 1)
    assert facts["functions"] == ["drive-torque", "regenerative-braking"]
    assert subjects("today").ecus["Battery controller"]["lines"] == 2


def test_the_documents_are_what_their_maker_makes(tmp_path: Path) -> None:
    import subprocess
    import sys

    subprocess.run([sys.executable, str(EXAMPLE / "make.py"), str(tmp_path)], check=True)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert len(made) == 26
    for name in made:
        assert (tmp_path / name).read_bytes() == (EXAMPLE / name).read_bytes(), name


def test_two_runs_give_the_same_bytes() -> None:
    first = report_json.render(audited("today").report, None)  # type: ignore[arg-type]
    audited.cache_clear()
    assert report_json.render(audited("today").report, None) == first  # type: ignore[arg-type]
    assert json.loads(first)["vehicle"]["vehicle"] == "Example platform"
