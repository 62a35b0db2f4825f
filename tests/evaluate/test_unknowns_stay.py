"""Unknowns that used to slip through: faults of rules, declared types, changed names, texts of nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from evaluate_records import chip, component, inventory, owner, seen

from auditor import knowledge
from auditor.evaluate import PolicyError, evaluate, load_policy
from auditor.evaluate import baseline as baselines
from auditor.evaluate.expression import Outcome
from auditor.evaluate.facts import Jurisdictions, component_facts
from auditor.evaluate.waivers import Waiver
from auditor.model import Actor, Declared, Evidence, Input, Problem
from auditor.resolve.identity import declared_key, declared_kind

DAY = date(2026, 11, 24)
SETS = Jurisdictions(frozenset({"CN"}), frozenset(), frozenset())
LONG = """\
id: my-rule
title: Beyond the limit of the engine
severity: medium
applies-to: [inventory]
when: |
  LIST.all(a, LIST.all(b, LIST.all(c, a + b + c >= 0)))
message: "never"
rationale: It asks for more steps than the engine takes.
remediation: Ask for less.
basis: house
status: stable
zh: {title: 超出引擎限制, message: 从不, remediation: 减少}
tests:
  - {name: one, inventory: {components: 1}, expect: pass}
  - {name: two, inventory: {components: 2}, expect: fail}
"""


def test_a_rule_beyond_the_engines_limit_is_no_pass(tmp_path: Path) -> None:
    numbers = "[" + ", ".join(map(str, range(60))) + "]"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "my-rule.yaml").write_text(LONG.replace("LIST", numbers), encoding="utf-8")
    policy = load_policy(["base"], rule_folders=[tmp_path], select=["my-rule"])
    result = evaluate(inventory(component()), policy, None, as_of=DAY).verdict
    assert (result.result, result.exit_code) == ("inconclusive", 4)
    (reason,) = result.reasons
    assert "my-rule" in reason
    assert "my-rule.yaml:" in reason
    trial = replace(policy, rules=tuple(replace(one, status="trial") for one in policy.rules))
    assert evaluate(inventory(component()), trial, None, as_of=DAY).verdict.exit_code == 0
    assert Outcome(None, "x").fault == "x"


@pytest.mark.parametrize("kind", ["data", "machine-learning-model", "device", "library", "operating-system"])
def test_what_is_known_of_a_thing_counts_before_its_declared_type(kind: str) -> None:
    facts = knowledge.load()
    declared = Declared(name="QNX Neutrino", type=kind, pointer="/components/0")
    found = declared_kind(declared, facts)
    assert (found, declared_key(declared, found, facts)) == ("rtos", "qnx")
    assert declared_kind(msgspec.structs.replace(declared, mpn="ABC-1"), facts) == "chip"
    other = msgspec.structs.replace(declared, name="nobody-knows-this")
    expected = {"data": "dataset", "machine-learning-model": "ai-model", "device": "chip", "library": "library"}
    assert declared_kind(other, facts) == expected.get(kind, "os-kernel")


@pytest.mark.parametrize(
    "changed",
    [{"manufacturer": Actor(name="Huawei")}, {"supplier": Actor(name="Mystery B")}, {"declared_origin": "RU"}],
    ids=["manufacturer", "supplier", "origin"],
)
def test_an_accepted_unknown_is_not_about_somebody_else(changed: dict[str, object]) -> None:
    policy = load_policy(["base"], on_unknown="ratchet", select=["origin-unknown"])
    before = chip(origin=(), manufacturer=Actor(name="Mystery A"), supplier=Actor(name="Mystery A"))
    recorded = baselines.create(evaluate(inventory(before), policy, None, as_of=DAY), DAY.isoformat())
    assert json.loads(baselines.encode(recorded))["entries"][0]["named"] == "manufacturer Mystery A; supplier Mystery A"
    same = evaluate(inventory(before), policy, None, as_of=DAY, baseline=recorded)
    assert same.verdict.exit_code == 0
    after = msgspec.structs.replace(before, **changed)
    assert evaluate(inventory(after), policy, None, as_of=DAY, baseline=recorded).verdict.exit_code == 4


def test_one_more_unknown_of_a_recorded_name_is_new() -> None:
    policy = load_policy(["base"], on_unknown="ratchet", select=["origin-unknown"])
    one, two = (chip(id=f"c-{number}", origin=()) for number in (1, 2))
    first = evaluate(inventory(one), policy, None, as_of=DAY)
    recorded = baselines.create(first, DAY.isoformat())
    again = evaluate(inventory(one, two), policy, None, as_of=DAY, baseline=recorded)
    assert len({finding.fingerprint for finding in again.findings}) == 1
    assert sorted(finding.state for finding in again.findings) == ["baselined", "open"]
    assert again.verdict.exit_code == 4
    both = baselines.create(again, DAY.isoformat())
    assert evaluate(inventory(one, two), policy, None, as_of=DAY, baseline=both).verdict.exit_code == 0
    pruned = baselines.prune(both, evaluate(inventory(one), policy, None, as_of=DAY, baseline=both))
    assert [entry.count for entry in both.entries] == [2]
    assert [entry.count for entry in pruned.entries] == [1]


@pytest.mark.parametrize("option", [{"ignore": ["*"]}, {"select": ["os-*"], "ignore": ["os-*"]}])
def test_a_verdict_over_no_rule_is_refused(option: dict[str, list[str]]) -> None:
    with pytest.raises(PolicyError, match="no rule is left to run"):
        load_policy(["base"], **option)


def test_a_pack_that_takes_every_rule_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    path.write_text(
        'pack: none\ntitle: Nothing\nversion: "1"\nextends: [auditor:base]\nexcept: ["*"]\n', encoding="utf-8"
    )
    with pytest.raises(PolicyError, match="no rule is left to run"):
        load_policy([str(path)])


LOST = Problem("truncated", "the file system ends early")
SMALL = Problem("unreadable", "permission denied", "etc/shadow")


@pytest.mark.parametrize("problems", [(), (LOST,), (SMALL,), (LOST, SMALL)], ids=["none", "cut", "inner", "both"])
def test_what_was_not_read_in_full_is_no_pass_whatever_else_was_accepted(problems: tuple[Problem, ...]) -> None:
    partly = Input("in-1", "rootfs.img", "squashfs", 10, "ee" * 32, "T-Box", complete=False, problems=problems)
    found = inventory(component(), inputs=(partly,))
    policy = load_policy(["base"], fail_on="critical")
    assert evaluate(found, policy, None, as_of=DAY).verdict.exit_code == 4
    other = Waiver("bom-missing T-Box", "bom-missing", "accepted-risk", "me", date(2027, 1, 1), ecu="T-Box")
    quiet = load_policy(["base"], fail_on="critical", ignore=["input-*"])
    result = evaluate(found, quiet, None, as_of=DAY, waivers=(other,))
    assert "bom-missing T-Box" in result.waivers.applied
    assert result.verdict.exit_code == 4
    about = Waiver("input-incomplete T-Box", "input-incomplete", "accepted-risk", "me", date(2027, 1, 1), ecu="T-Box")
    assert evaluate(found, policy, None, as_of=DAY, waivers=(about,)).verdict.exit_code == 0


def test_a_suppliers_text_does_not_clear_the_source_of_a_component() -> None:
    policy = load_policy(["eu-cra"], type_approved=False, select=["cra-component-unknown-source"])
    day = date(2028, 1, 1)
    named = component("library", origin=(), governance=None, supplier=Actor(name="Somebody"))
    verdicts = [one.verdict for one in evaluate(inventory(named), policy, None, as_of=day).findings]
    assert verdicts == ["undetermined"]
    nobody = msgspec.structs.replace(named, supplier=None)
    assert [one.verdict for one in evaluate(inventory(nobody), policy, None, as_of=day).findings] == ["fail"]


def test_an_origin_that_nobody_declares_is_an_absent_key() -> None:
    facts = component_facts(component(), SETS, accept_stated=False)
    assert "declared_origin" not in facts
    assert not facts["origin_declared"]
    declared = component_facts(component(declared_origin="MY"), SETS, accept_stated=False)
    assert (declared["declared_origin"], declared["origin_declared"]) == ("MY", True)


def test_the_message_about_a_license_shows_what_was_written() -> None:
    from auditor.model import DeclaredLicense, Licenses

    licenses = Licenses(declared="see website", concluded="MIT", category="permissive", basis="read")
    one = component("library", licenses=licenses, declared_licenses=(DeclaredLicense("see website"),))
    policy = load_policy(["base"], select=["license-expression-invalid"])
    (finding,) = evaluate(inventory(one), policy, None, as_of=DAY).findings
    assert "see website" in finding.message
    assert "MIT" not in finding.message


def test_a_license_name_that_is_known_is_no_invalid_expression() -> None:
    from auditor.evaluate.license_facts import license_facts
    from auditor.model import DeclaredLicense, Licenses

    licenses = Licenses("LicenseRef-proprietary", None, "LicenseRef-proprietary", "proprietary", "derived")
    for text, valid in (("Proprietary", True), ("MIT AND Proprietary", False)):
        one = component("library", licenses=licenses, declared_licenses=(DeclaredLicense(text),))
        assert license_facts(one, accept_stated=False)["valid"] is valid


def test_concentration_is_said_in_percent() -> None:
    policy = load_policy(["cn-autonomy"], select=["concentration-one-country"])
    (finding,) = evaluate(inventory(component()), policy, None, as_of=DAY).findings
    assert finding.message == "DE controls 100 % of the components, more than 65 %"
    assert "100 % 的组件,超过 65 %" in finding.message_zh


@pytest.mark.parametrize(("kind", "code"), [("raw-image", 4), ("srec", 4), ("elf", 4), ("ext", 0)])
def test_the_system_of_one_processor_says_nothing_of_a_microcontroller_beside_it(kind: str, code: int) -> None:
    """Which files these are, tests/resolve/test_standalone.py says."""
    policy = load_policy(["base"], select=["os-not-identified"])
    found = inventory(component("os-kernel", "linux", evidence=(seen_in("in-1"),)))
    for unnamed, expected in (((), 0), ((("T-Box", "mcu.bin", kind),), code), ((("Other", "mcu.bin", kind),), 0)):
        both = msgspec.structs.replace(found, unnamed=unnamed)
        assert evaluate(both, policy, None, as_of=DAY).verdict.exit_code == expected


def seen_in(input_id: str, **changes: object) -> Evidence:
    return msgspec.structs.replace(seen("linux"), input=input_id, **changes)


WHERE = """\
id: my-rule
title: Vendor software of one country
severity: medium
applies-to: [rtos]
where: component.owner.country == 'DE'
when: component.version == '1.0'
message: "{component.label}"
rationale: It is about one country only.
remediation: Replace it.
basis: house
status: stable
supplier-question: "Who owns {component.name}?"
zh: {title: 一国, message: "{component.label}", remediation: 更换}
tests:
  - {name: hit, component: {kind: rtos, owner: {country: DE}, version: "1.0"}, expect: fail}
  - {name: other version, component: {kind: rtos, owner: {country: DE}, version: "2.0"}, expect: pass}
  - {name: elsewhere, component: {kind: rtos, owner: {country: FR}, version: "1.0"}, expect: not-applicable}
"""


def test_a_rule_never_leaves_something_out_for_a_fact_that_may_be_unknown(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "my-rule.yaml"
    path.write_text(WHERE, encoding="utf-8")
    with pytest.raises(
        PolicyError, match=r"my-rule.yaml:5:8: where reads component.owner.country, which may be unknown"
    ):
        load_policy(["base"], rule_folders=[tmp_path], select=["my-rule"])


def test_an_accepted_statement_does_not_stand_beside_what_was_read() -> None:
    both = component(origin=(owner("DE"), owner("CN", basis="stated")))
    assert component_facts(both, SETS, accept_stated=True)["owner"]["countries"] == ["DE"]
    said = component(origin=(owner("CN", basis="stated"),))
    assert component_facts(said, SETS, accept_stated=True)["owner"]["countries"] == ["CN"]
    assert "owner" not in component_facts(said, SETS, accept_stated=False)


def test_the_share_of_home_chips_is_not_known_while_the_owner_of_one_is_not() -> None:
    policy = load_policy(["cn-autonomy"], select=["home-chip-share-low"])
    home, nobody = chip(origin=(owner("CN"),)), chip("chip:mpn:XR-77", origin=())
    assert evaluate(inventory(home), policy, None, as_of=DAY).rules_run[0].result == "passed"
    assert evaluate(inventory(home, nobody), policy, None, as_of=DAY).rules_run[0].result == "undetermined"
