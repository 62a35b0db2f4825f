"""Distinctions of the policy that one changed word would lose."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from evaluate_records import chip, component, inventory, owner

from auditor.evaluate import evaluate, load_policy
from auditor.evaluate.facts import Jurisdictions, component_facts
from auditor.evaluate.policy import Effective
from auditor.evaluate.rules import load_folder
from auditor.evaluate.scaffold import scaffold
from auditor.evaluate.selftest import check_rules
from auditor.evaluate.surroundings import inventory_facts
from auditor.evaluate.waivers import Waiver
from auditor.model import Alternate, Problem, Sourcing

DAY = date(2026, 11, 24)
SETS = Jurisdictions(frozenset({"CN"}), frozenset(), frozenset({"RU"}))


def test_a_pinned_waiver_covers_no_finding_about_other_bytes_of_an_input() -> None:
    broken = inventory(problems=(Problem("encrypted", "region"),))
    policy = load_policy(["base"], select=["input-opaque"])
    for sha256, state in (("cd" * 32, "waived"), ("ef" * 32, "open")):
        mine = Waiver("w", "input-opaque", "accepted-risk", "o", date(2027, 1, 1), input="rootfs.img", artifact=sha256)
        assert [one.state for one in evaluate(broken, policy, None, as_of=DAY, waivers=[mine]).findings] == [state]


def test_an_input_that_cannot_be_read_says_more_than_a_finding() -> None:
    found = inventory(component(), problems=(Problem("unreadable", "permission denied"),))
    verdict = evaluate(found, load_policy(["cn-autonomy"]), None, as_of=DAY).verdict
    assert (verdict.result, verdict.exit_code) == ("fail", 3)


def test_a_rule_is_in_force_on_its_last_day() -> None:
    ends = Effective(until=DAY)
    assert ends.state(DAY) == "in-force"
    assert ends.state(date(2026, 11, 25)) == "ended"


def test_countries_of_alternates_are_known_when_each_is() -> None:
    rows = [Alternate("A", "declared", "a", "DE", True, "user"), Alternate("B", "declared", None, None, True, "user")]
    known = component_facts(chip(sourcing=Sourcing(tuple(rows[:1]), known=True)), SETS, accept_stated=False)
    assert known["sourcing"]["alternate_countries"] == ["DE"]
    half = component_facts(chip(sourcing=Sourcing(tuple(rows), known=True)), SETS, accept_stated=False)
    assert half["sourcing"]["qualified_alternates"] == 2
    assert "alternate_countries" not in half["sourcing"]


def test_a_rule_on_trial_asks_suppliers_nothing() -> None:
    policy = load_policy(["cn-autonomy"], select=["os-kernel-foreign-vendor"])
    assert evaluate(inventory(component()), policy, None, as_of=DAY).questions
    trial = replace(policy, rules=tuple(replace(rule, status="trial") for rule in policy.rules))
    judged = evaluate(inventory(component()), trial, None, as_of=DAY)
    assert judged.findings
    assert judged.questions == ()


def test_the_pack_on_top_decides_a_severity(tmp_path: Path) -> None:
    for name, base, severity in (("lower", "base", "low"), ("upper", "lower", "info")):
        text = f"pack: {name}\ntitle: T\nversion: '1'\nextends: [{base}]\nseverity: {{license-missing: {severity}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    policy = load_policy(["upper"], pack_folders=[tmp_path])
    assert [rule.severity for rule in policy.rules if rule.id == "license-missing"] == ["info"]


def test_restricted_countries_count_as_outside_home() -> None:
    one = component(origin=(owner("RU"),))
    facts = inventory_facts(inventory(one), [component_facts(one, SETS, accept_stated=False)])
    assert (facts["top_country"], facts["top_country_share"]) == ("RU", 1.0)


@pytest.mark.parametrize(
    ("condition", "trouble"),
    [("has(component.version) && component.owner.jurisdiction == 'outside'", True),
     ("component.owner.jurisdiction == 'outside'", False)],
)  # fmt: skip
def test_an_undetermined_example_does_not_pass_without_a_fact(tmp_path: Path, condition: str, trouble: bool) -> None:
    text = scaffold("my-rule")
    head = text[: text.index("when:")]
    tail = text[text.index("message:") : text.index("tests:")]
    fact = "version: '1'" if trouble else "kind: rtos"
    tests = (
        f"tests:\n  - {{name: a, component: {{{fact}}}, expect: undetermined}}\n"
        f"  - {{name: b, component: {{{fact}, owner: {{jurisdiction: home}}}}, expect: pass}}\n"
    )
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "my-rule.yaml"
    path.write_text(f"{head}when: {condition}\n{tail}{tests}", encoding="utf-8")
    (report,) = check_rules(load_folder(tmp_path, "").values())
    assert any("'a' passes without component.version" in line for line in report.errors) is trouble
