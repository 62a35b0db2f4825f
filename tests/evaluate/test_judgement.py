from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evaluate_records import DAY, chip, component, inventory, owner, seen

from auditor.evaluate import baseline as baselines
from auditor.evaluate import evaluate, load_policy
from auditor.evaluate.errors import PolicyError
from auditor.evaluate.policy import Effective, Policy, Suspension
from auditor.evaluate.waivers import Waiver, about_to_expire
from auditor.judgement import Finding, Judgement
from auditor.model import (
    Actor,
    Alternate,
    Comparison,
    Declared,
    Document,
    Input,
    Inventory,
    Licenses,
    Link,
    Origin,
    Party,
    Problem,
    Sourcing,
)  # fmt: skip

CN = load_policy(["cn-autonomy"])
RULE = "os-kernel-foreign-vendor"


def judge(found: Inventory, policy: Policy = CN, as_of: date = DAY, **options: Any) -> Judgement:
    return evaluate(found, policy, None, as_of=as_of, **options)


def of(judgement: Judgement, rule: str) -> list[Finding]:
    return [finding for finding in judgement.findings if finding.rule == rule]


def verdict(found: Inventory, rule: str, policy: Policy = CN, as_of: date = DAY) -> str:
    run = next(one for one in judge(found, policy, as_of).rules_run if one.id == rule)
    return run.result


def only(*rules: str, pack: str = "cn-autonomy", **options: Any) -> Policy:
    return load_policy([pack], select=rules, **options)


# ---------------------------------------------------------------- one component


def test_a_foreign_vendor_kernel_fails_with_its_chain() -> None:
    finding = of(judge(inventory(component())), RULE)[0]
    assert (finding.verdict, finding.severity, finding.confidence, finding.state) == (
        "fail",
        "critical",
        "high",
        "open",
    )
    assert finding.message == "example-rtos 1.0 is controlled by Example Owner Ltd (DE), outside home (CN)"
    assert "境外" in finding.message_zh
    steps = {step.step: step for step in finding.chain}
    assert steps["seen"].value == "rootfs › lib/x.so offset 0x1000"
    assert steps["owner"].value == "Example Owner Ltd (DE)"
    assert "rules/knowledge/parties.yaml#x" in steps["owner"].source
    assert steps["rule"].source == "rules/autonomy/os-kernel-foreign-vendor.yaml"
    assert finding.ecus == ("T-Box",)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"home": ["CN"]}, "failed"), ({"home": ["DE"]}, "passed"), ({"home": ["US"]}, "failed"),
        ({"home": ["US"], "trusted": ["DE"]}, "passed"), ({"home": ["DE"], "restricted": ["DE"]}, "failed"),
    ],
)  # fmt: skip
def test_the_same_fact_serves_opposite_policies(options: dict[str, list[str]], expected: str) -> None:
    assert verdict(inventory(component()), RULE, only(RULE, **options)) == expected


def test_a_stated_owner_leaves_it_undetermined_and_says_which_fact_would_decide() -> None:
    found = inventory(component(origin=(owner("DE", basis="stated", confidence="low"),)))
    finding = of(judge(found), RULE)[0]
    assert finding.verdict == "undetermined"
    assert "unverified fact: component.governance = vendor, component.owner.jurisdiction = outside" in finding.message
    assert "the rule would say fail" in finding.message
    assert finding.missing == ("component.governance", "component.owner.jurisdiction")
    accepted = of(judge(found, only(RULE, accept_stated=True)), RULE)[0]
    assert accepted.verdict == "fail"


def test_an_unknown_owner_is_undetermined_and_says_whose_it_is_to_tell() -> None:
    judgement = judge(inventory(component(origin=())), only(RULE))
    finding = judgement.findings[0]
    assert (finding.verdict, finding.missing) == ("undetermined", ("component.owner.jurisdiction",))
    assert "who owns it" in finding.message
    assert any(step.step == "ask" for step in finding.chain)
    assert (judgement.verdict.result, judgement.verdict.exit_code) == ("inconclusive", 4)


def test_a_finding_below_the_confidence_asked_for_is_undetermined() -> None:
    weak = inventory(component(evidence=(seen("x", "weak"),)))
    finding = of(judge(weak), RULE)[0]
    assert (finding.verdict, finding.confidence) == ("undetermined", "low")
    assert "verify" in finding.message
    assert of(judge(weak, only(RULE, min_confidence="low")), RULE)[0].verdict == "fail"
    medium = inventory(component(origin=(owner("DE", confidence="medium"),)))
    assert of(judge(medium, only(RULE, min_confidence="high")), RULE)[0].verdict == "undetermined"
    assert of(judge(medium), RULE)[0].confidence == "medium"


def test_several_countries_of_a_stage_are_judged_by_the_farthest() -> None:
    found = inventory(component(origin=(owner("CN", party="a"), owner("RU", party="b"))))
    policy = only("supplier-restricted", restricted=["RU"])
    assert verdict(found, "supplier-restricted", policy) == "failed"
    half = inventory(component(origin=(owner("CN", party="a"), owner(None, party="b"))))
    assert verdict(half, "supplier-restricted", policy) == "undetermined"


def test_the_fingerprint_ignores_version_and_message_and_keeps_rule_component_and_ecu() -> None:
    def fingerprint(**changes: Any) -> str:
        return of(judge(inventory(component(**changes)), only(RULE)), RULE)[0].fingerprint

    same = fingerprint()
    assert fingerprint(id="other", version="2.0", name="Renamed") == same
    assert fingerprint(key="another") != same
    assert fingerprint(ecu="BCM") != same
    assert fingerprint(kind="hypervisor") != same


def test_two_runs_are_identical_and_order_does_not_matter() -> None:
    parts = [component(), chip(), component("library", "soname:libx.so.1", origin=())]
    one = msgspec.json.encode(judge(inventory(*parts)))
    assert one == msgspec.json.encode(judge(inventory(*reversed(parts))))


# ---------------------------------------------------------------- chips, licenses, documents


@pytest.mark.parametrize(
    ("sourcing", "expected"),
    [
        (Sourcing(known=True), "failed"),
        (Sourcing(known=False), "undetermined"),
        (None, "undetermined"),
        (Sourcing((Alternate("Y", "pin-compatible", "p", "CN", True, "read"),), known=True), "passed"),
        (Sourcing((Alternate("Y", "pin-compatible", "p", "CN", True, "read"),), known=False), "passed"),
        (Sourcing((Alternate("Y", "pin-compatible", "p", "CN", None, "read"),), known=True), "failed"),
        (Sourcing((Alternate("Y", "functional", "p", "CN", True, "read"),), known=True), "failed"),
        (Sourcing((Alternate("Y", "pin-compatible", "p", "CN", True, "stated"),), known=True), "undetermined"),
    ],
)
def test_single_source(sourcing: Sourcing | None, expected: str) -> None:
    assert verdict(inventory(chip(sourcing=sourcing)), "chip-single-foreign-source") == expected


def test_copyleft_linked_into_a_closed_component() -> None:
    gpl = component("library", "libgpl", licenses=Licenses(concluded="GPL-2.0-only", category="strong-copyleft"))
    app = component("application", "app", licenses=Licenses(concluded="LicenseRef-x", category="proprietary"))
    link = Link(app.id, gpl.id, "links")
    rule = "license-strong-copyleft-in-closed"
    finding = of(judge(inventory(gpl, app, links=(link,))), rule)[0]
    assert finding.components == (app.id, gpl.id)
    assert verdict(inventory(gpl, app, links=(Link(app.id, gpl.id, "runs-on"),)), rule) == "passed"
    unknown = msgspec.structs.replace(app, licenses=Licenses())
    assert verdict(inventory(gpl, unknown, links=(link,)), rule) == "undetermined"
    stated = msgspec.structs.replace(app, licenses=Licenses(concluded="X", category="proprietary", basis="stated"))
    assert verdict(inventory(gpl, stated, links=(link,)), rule) == "undetermined"


def bom(*components: Declared, **changes: Any) -> Document:
    fields: dict[str, Any] = {
        "format": "cyclonedx-json",
        "version": "1.6",
        "subject": None,
        "components": components,
        "input": "in-2",
    }
    return Document(**(fields | changes))


def with_bom(*components: Any, document: Document | None = None, problems: tuple[Problem, ...] = ()) -> Inventory:
    base = inventory(*components, problems=problems)
    given = Input("in-2", "bom.json", "cyclonedx-json", 10, "ee" * 32, "T-Box")
    return msgspec.structs.replace(
        base, inputs=(*base.inputs, given), documents=(document or bom(Declared("/components/0", "x")),)
    )


def test_undeclared_only_where_a_bill_of_materials_exists() -> None:
    hidden = component("library", "libhidden", declared=False)
    assert verdict(with_bom(hidden), "undeclared-component") == "failed"
    assert verdict(inventory(hidden), "undeclared-component") == "passed"
    parts_only = bom(Declared("/components/0", "XR-10", type="device"))
    assert verdict(with_bom(hidden, document=parts_only), "undeclared-component") == "passed"
    inside = bom(Declared("/components/0", "x"), path="rootfs!/usr/share/app.cdx.json", input="in-1")
    assert verdict(with_bom(hidden, document=inside), "undeclared-component") == "passed"


def test_declared_not_found_only_where_the_whole_image_was_read() -> None:
    missing = component("library", "libmissing", observed=False)
    assert verdict(with_bom(missing), "declared-not-found") == "failed"
    cut = (Problem("truncated", "ends early"),)
    assert verdict(with_bom(missing, problems=cut), "declared-not-found") == "undetermined"


def test_a_contradiction_is_told_with_its_values() -> None:
    torn = component("library", "lib", name="libexample", version="1.2", contradictions=("version: 1.2 against 1.3",))
    finding = of(judge(inventory(torn), only("evidence-contradicted")), "evidence-contradicted")[0]
    assert finding.message == "sources of weight disagree about libexample 1.2: version: 1.2 against 1.3"
    assert finding.message_zh == "关于 libexample 1.2 的重要证据不一致:version: 1.2 against 1.3"


def test_comparison_rows_reach_their_rules() -> None:
    lib = component("library", "lib")
    row = Comparison(lib.id, "version-differs", "1.0", "1.1")
    found = msgspec.structs.replace(inventory(lib), comparison=(Comparison(lib.id, "confirmed"), row))
    assert verdict(found, "version-differs") == "failed"
    assert verdict(inventory(lib), "version-differs") == "passed"


def test_every_problem_code_of_an_input_is_a_finding() -> None:
    problems = (Problem("truncated", "ends at 512", path="a"), Problem("truncated", "again", path="b"),
                Problem("encrypted", "region is encrypted", path="c"), Problem("limit-ratio", "ratio hit"))  # fmt: skip
    judgement = judge(inventory(component(), problems=problems), only("input-*"))
    assert sorted((one.rule, one.message) for one in judgement.findings) == [
        ("input-incomplete", "rootfs.img: ends at 512"), ("input-incomplete", "rootfs.img: ratio hit"),
        ("input-opaque", "rootfs.img: region is encrypted"),
    ]  # fmt: skip
    assert {one.verdict for one in judgement.findings} == {"undetermined"}
    assert judgement.verdict.exit_code == 4
    silent = msgspec.structs.replace(inventory(), inputs=(Input("i", "x", "raw", 1, "", "A", complete=False),))
    assert [one.rule for one in judge(silent, only("input-*")).findings] == ["input-incomplete"]


def test_a_controller_without_a_known_system_is_inconclusive() -> None:
    found = inventory(component("library", "libx"))
    judgement = judge(found, only("os-not-identified"))
    assert (judgement.verdict.result, judgement.verdict.exit_code) == ("inconclusive", 4)
    declared = inventory(component("rtos", "x", observed=False))
    assert verdict(declared, "os-not-identified") == "undetermined"


# ---------------------------------------------------------------- gate


def test_exit_codes_and_their_precedence() -> None:
    failing, unsure = component(), component(key="second", id="id-2", origin=())
    rules = only(RULE)
    assert judge(inventory(failing, unsure), rules).verdict.exit_code == 1
    assert judge(inventory(unsure), rules).verdict.exit_code == 4
    assert judge(inventory(component(governance="community")), rules).verdict.exit_code == 0
    empty = Inventory(inputs=(), artifacts=(), components=())
    assert judge(empty, rules).verdict.exit_code == 3
    strict = only(RULE, strict_waivers=True)
    waiver = Waiver("w", RULE, "accepted-risk", "o", DAY + timedelta(1), component="nothing")
    found = judge(inventory(failing), strict, waivers=[waiver]).verdict
    assert (found.exit_code, found.result) == (5, "fail")
    assert found.reasons[0] == "0 expired and 1 unused waivers (--strict-waivers)"
    assert found.reasons[1:] == (
        "findings at or above high: 1 critical",
        "the waiver 'w' covers nothing: auditor waiver prune drops it",
    )


@pytest.mark.parametrize(("fail_on", "code"), [("critical", 1), ("low", 1), ("never", 0)])
def test_fail_on(fail_on: str, code: int) -> None:
    assert judge(inventory(component()), only(RULE, fail_on=fail_on)).verdict.exit_code == code


def test_severity_can_be_lowered_below_the_gate() -> None:
    policy = only(RULE, severities={RULE: "medium"})
    assert judge(inventory(component()), policy).verdict.exit_code == 0


def test_unknown_can_count_as_failed() -> None:
    unsure = inventory(component(origin=()))
    assert judge(unsure, only(RULE, on_unknown="fail")).verdict.exit_code == 1


def test_trial_rules_are_shown_and_never_gate() -> None:
    found = inventory(component("firmware", "fw", version=None))
    judgement = judge(found, only("r156-software-identification", pack="unece-iso", fail_on="low"))
    assert [(one.status, one.verdict) for one in judgement.findings] == [("trial", "fail")]
    assert judgement.verdict.exit_code == 0


def test_coverage_below_the_minimum_is_inconclusive() -> None:
    half = inventory(
        component(governance="community"), component(key="b", id="id-b", origin=(), governance="community")
    )
    policy = only("license-differs", min_coverage=60)
    verdict_ = judge(half, policy).verdict
    assert verdict_.exit_code == 4
    assert "50.0%" in verdict_.reasons[0]
    assert judge(half, only("license-differs", min_coverage=50)).verdict.exit_code == 0


def test_coverage_counts_what_is_known() -> None:
    found = inventory(
        component(), component("library", "b", id="id-b", version=None, origin=(owner("DE", basis="stated"),))
    )
    figures = dict(judge(found).coverage)
    assert figures == {"origin": 0.5, "license": 1.0, "version": 0.5, "os": 1.0, "bytesUnderstood": 0.9}


class Knowledge:
    date = "2026-01-01"


def test_old_knowledge_is_inconclusive(tmp_path: Path) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text('pack: mine\ntitle: M\nversion: "1"\nrules: [license-differs]\ngate: {max-knowledge-age: 90}\n')
    policy = load_policy([str(pack)])
    found = inventory(component())
    assert evaluate(found, policy, Knowledge(), as_of=date(2026, 4, 1)).verdict.exit_code == 0
    assert evaluate(found, policy, Knowledge(), as_of=date(2026, 4, 2)).verdict.exit_code == 4
    assert evaluate(found, policy, None, as_of=date(2026, 4, 1)).verdict.exit_code == 4


# ---------------------------------------------------------------- waivers and baselines


def waiver(**changes: Any) -> Waiver:
    fields: dict[str, Any] = {
        "id": "w", "rule": RULE, "reason": "accepted-risk", "owner": "o", "expires": date(2027, 1, 1), "component": "example-rtos@1.0",
    }  # fmt: skip
    return Waiver(**(fields | changes))


def test_a_waiver_ends_on_its_day_and_not_before() -> None:
    found, rules = inventory(component()), only(RULE)
    for day, code in ((date(2026, 12, 31), 0), (date(2027, 1, 1), 1)):
        judgement = judge(found, rules, day, waivers=[waiver()])
        assert judgement.verdict.exit_code == code
    assert judge(found, rules, date(2026, 12, 31), waivers=[waiver()]).waivers.applied == ("w",)
    assert judgement.waivers.expired == ("w",)
    assert judgement.findings[0].state == "open"
    assert about_to_expire([waiver()], date(2026, 12, 20)) == [waiver()]


@pytest.mark.parametrize(
    ("changes", "covered"),
    [
        ({}, True), ({"component": "example-rtos"}, True), ({"component": "example-rtos@2.0"}, False),
        ({"rule": "origin-unknown"}, False), ({"ecu": "T-Box"}, True), ({"ecu": "BCM"}, False),
        ({"artifact": "ab" * 32}, True), ({"artifact": "00" * 32}, False), ({"created": date(2026, 12, 1)}, False),
        ({"component": None, "ecu": "T-Box"}, True), ({"component": "pkg:generic/rtos"}, True),
        ({"component": "pkg:generic/rtos@1.0"}, True), ({"component": "pkg:generic/rtos@2.0"}, False),
    ],
)  # fmt: skip
def test_what_a_waiver_covers(changes: dict[str, Any], covered: bool) -> None:
    found = inventory(component(purl="pkg:generic/rtos@1.0?arch=arm64"))
    judgement = judge(found, only(RULE), waivers=[waiver(**changes)])
    assert judgement.findings[0].state == ("waived" if covered else "open")
    assert judgement.waivers.unused == (() if covered else ("w",))


def test_a_waiver_covers_undetermined_findings_and_inputs() -> None:
    found = inventory(problems=(Problem("encrypted", "region"),))
    mine = waiver(rule="input-opaque", component=None, input="rootfs.img")
    assert judge(found, only("input-opaque"), waivers=[mine]).verdict.exit_code == 0


def test_a_baseline_accepts_what_stood_and_nothing_worse(tmp_path: Path) -> None:
    unsure = inventory(component(origin=()))
    rules = only(RULE)
    recorded = baselines.create(judge(unsure, rules), DAY.isoformat())
    path = tmp_path / "b.json"
    path.write_bytes(baselines.encode(recorded))
    loaded = baselines.load(path)
    assert loaded == recorded
    accepted = judge(unsure, rules, baseline=loaded).verdict
    assert (accepted.exit_code, accepted.reasons) == (
        0,
        ("no finding at or above high under 1 rules, 1 accepted unknowns",),
    )
    assert judge(inventory(component()), rules, baseline=loaded).verdict.exit_code == 1
    failing = baselines.create(judge(inventory(component()), rules), DAY.isoformat())
    assert judge(unsure, rules, baseline=failing).verdict.exit_code == 0
    raised = only(RULE, severities={RULE: "high"})
    lower = baselines.create(judge(inventory(component()), raised), DAY.isoformat())
    assert judge(inventory(component()), rules, baseline=lower).verdict.exit_code == 1
    assert baselines.prune(failing, judge(inventory(), rules)).entries == ()


def test_the_ratchet_refuses_every_new_unknown() -> None:
    rules = only("origin-unknown", on_unknown="ratchet")
    one = component("library", "a", origin=())
    recorded = baselines.create(judge(inventory(one), rules), DAY.isoformat())
    assert judge(inventory(one), rules, baseline=recorded).verdict.exit_code == 0
    two = component("library", "b", origin=())
    assert judge(inventory(one, two), rules, baseline=recorded).verdict.exit_code == 4


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{" * 100_000, b'{"schemaVersion": "9.0", "asOf": "", "entries": []}', b"\xff"]
)
def test_a_damaged_baseline_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(data)
    with pytest.raises(PolicyError):
        baselines.load(path)


# ---------------------------------------------------------------- dated law


def test_opposite_packs_give_opposite_verdicts() -> None:
    found = inventory(component("application", "app", origin=(owner("CN"),)))
    us = load_policy(["us-connected-vehicle"], model_year=2027)
    assert judge(found, us).verdict.result == "fail"
    assert of(judge(found, load_policy(["cn-autonomy"])), "supplier-restricted") == []


def test_effective_states() -> None:
    pause = Suspension(date(2025, 11, 7), date(2026, 11, 10), "unknown")
    effective = Effective(date(2025, 10, 9), date(2028, 1, 1), (pause,))
    states = {
        date(2025, 10, 8): "not-yet", date(2025, 10, 9): "in-force", date(2025, 11, 7): "suspended",
        date(2026, 11, 10): "suspended", date(2026, 11, 11): "unknown", date(2028, 1, 2): "ended",
    }  # fmt: skip
    assert {day: effective.state(day) for day in states} == states
    renewed = Effective(suspended=(Suspension(date(2025, 1, 1), date(2025, 2, 1), "none"),))
    assert renewed.state(date(2025, 2, 2)) == "in-force"


def test_after_a_suspension_of_unknown_renewal_a_rule_is_undetermined(tmp_path: Path) -> None:
    from auditor.evaluate.scaffold import scaffold

    text = scaffold("export-notice").replace("status: trial", (
        'effective: {from: "2025-10-09", suspended: [{from: "2025-11-07", until: "2026-11-10", renewal: unknown}]}\nstatus: stable'))  # fmt: skip
    (tmp_path / "export-notice.yaml").write_text(text, encoding="utf-8")
    policy = load_policy(["base"], rule_folders=[tmp_path], select=["export-notice"])
    found = inventory(component("library", "lib"))
    assert verdict(found, "export-notice", policy, date(2025, 11, 6)) == "failed"
    assert verdict(found, "export-notice", policy, date(2026, 11, 10)) == "notApplicable"
    finding = judge(found, policy, date(2026, 11, 11)).findings[0]
    assert finding.verdict == "undetermined"
    assert "suspended until 2026-11-10" in finding.message


# ---------------------------------------------------------------- packs


def test_settings_say_where_they_came_from() -> None:
    policy = load_policy(["cn-autonomy"], home=["CN", "SG"], severities={RULE: "high"}, fail_on="medium")
    rows = {row.name: (row.value, row.source) for row in policy.settings}
    assert rows["home"] == ("CN, SG", "option --home")
    assert rows["restricted"] == ("", "pack cn-autonomy")
    assert rows["gate fail-on"] == ("medium", "option --fail-on")
    assert rows["gate unknown"] == ("inconclusive", "pack base")
    assert rows[f"severity {RULE}"] == ("high", "option --severity")
    assert policy.rule_packs["origin-unknown"] == "base"


def test_params_and_exceptions_of_a_pack(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        'pack: mine\ntitle: M\nversion: "1"\nextends: [cn-autonomy]\nexcept: [license-*]\nparams: {max_share: 1, home: [NO]}\n'
    )
    policy = load_policy([str(path)])
    assert policy.home == ("NO",)
    assert not [rule for rule in policy.rule_packs if rule.startswith("license-")]
    found = inventory(component())
    assert verdict(found, "concentration-one-country", policy) == "passed"
    assert verdict(found, "concentration-one-country") == "failed"


def test_digests_follow_the_content(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = 'pack: mine\ntitle: M\nversion: "1"\nrules: [origin-unknown]\n'
    path.write_text(text)
    first = load_policy([str(path)])
    assert load_policy([str(path)]).digest == first.digest
    path.write_text(text.replace("origin-unknown", "license-missing"))
    second = load_policy([str(path)])
    assert second.digest != first.digest
    assert second.packs[0].digest != first.packs[0].digest


def test_rules_that_do_not_apply_are_not_counted() -> None:
    runs = {run.id: run for run in judge(inventory(component("library", "lib"))).rules_run}
    assert (runs[RULE].result, runs[RULE].count) == ("notApplicable", 0)
    assert runs["origin-unknown"].count == 1


def test_questions_name_the_supplier() -> None:
    found = inventory(component(origin=()))
    found = msgspec.structs.replace(found, parties=(Party("p", "P"),))
    questions = judge(found).questions
    assert any("example-rtos" in question.text for question in questions)
    assert len({question.id for question in questions}) == len(questions)


def test_a_fault_of_a_rule_is_undetermined_and_a_diagnostic() -> None:
    many = tuple(f"GPL-{number}" for number in range(20_000))
    found = inventory(
        component("library", "lib", licenses=Licenses(concluded=" AND ".join(many), category="strong-copyleft"))
    )
    judgement = judge(found, only("license-installation-information"))
    assert [one.verdict for one in judgement.findings] == ["undetermined"]
    assert "rules/license/license-installation-information.yaml:" in judgement.diagnostics[0]


def test_waivers_are_written_as_they_are_read(tmp_path: Path) -> None:
    from auditor.evaluate.waiver_files import render
    from auditor.evaluate.waivers import load

    mine = waiver(comment='says "yes": #1 中文', ecu="T-Box", created=date(2026, 1, 1), approved_by="b", ticket="T-1")
    path = tmp_path / "waivers.yaml"
    path.write_text(render([mine]), encoding="utf-8")
    read = load(path, [RULE], as_of=DAY)
    assert msgspec.to_builtins(read[0]) == {
        **msgspec.to_builtins(mine), "id": f"{RULE} example-rtos@1.0 T-Box", "line": 2,
    }  # fmt: skip
    path.write_text(render([]), encoding="utf-8")
    assert load(path, [RULE], as_of=DAY) == ()
    with pytest.raises(PolicyError, match="at most 30 days"):
        path.write_text(render([mine]), encoding="utf-8")
        load(path, [RULE], as_of=DAY, max_days=30)


def test_the_difference_of_two_policies() -> None:
    from auditor.evaluate.policy import difference

    cn, us = (
        load_policy(["cn-autonomy"], select=[RULE, "origin-*"]),
        load_policy(["us-connected-vehicle"], select=["origin-*"]),
    )
    assert difference(cn, us) == [f"- rule {RULE}", "~ home: CN -> US", "~ restricted: none -> CN, RU"]
    assert difference(cn, cn) == []


def test_a_pruned_baseline_records_what_improved() -> None:
    rules = only(RULE)
    failing = baselines.create(judge(inventory(component()), rules), DAY.isoformat())
    better = baselines.prune(failing, judge(inventory(component(origin=())), rules))
    assert [one.verdict for one in better.entries] == ["undetermined"]
    assert judge(inventory(component()), rules, baseline=better).verdict.exit_code == 1
    worse = baselines.prune(better, judge(inventory(component()), rules))
    assert worse.entries == better.entries
    waived = judge(inventory(component()), rules, waivers=[waiver()])
    assert baselines.prune(failing, waived).entries == failing.entries


def test_an_input_read_in_part_passes_only_when_all_its_problems_are_accepted() -> None:
    found = inventory(problems=(Problem("encrypted", "region"), Problem("truncated", "ends early")))
    rules = only("input-*", fail_on="critical")
    assert judge(found, rules).verdict.exit_code == 4
    mine = [waiver(rule=name, component=None, input="rootfs.img") for name in ("input-opaque", "input-incomplete")]
    half = judge(found, rules, waivers=mine[:1]).verdict
    assert (half.exit_code, "was not read in full" in half.reasons[0]) == (4, True)
    assert judge(found, rules, waivers=mine).verdict.exit_code == 0
    other = msgspec.structs.replace(found.inputs[0], id="in-9", path="other.img")
    both = msgspec.structs.replace(found, inputs=(*found.inputs, other))
    assert judge(both, rules, waivers=mine).verdict.exit_code == 4
    recorded = baselines.create(judge(found, rules), DAY.isoformat())
    assert judge(found, rules, baseline=recorded).verdict.exit_code == 0


@pytest.mark.parametrize(
    ("options", "suggestion"),
    [({"model_year": 27}, "2027"), ({"model_year": 20270}, "2027"), ({"import_year": -1}, "")],
)
def test_years_are_years(options: dict[str, int], suggestion: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(["base"], **options)  # type: ignore[arg-type]
    assert caught.value.suggestion == suggestion


@pytest.mark.parametrize(("code", "suggestion"), [("UK", "GB"), ("Germany", "DE"), ("DEU", "DE"), ("XQ", "")])
def test_markets_are_codes_that_are_known(code: str, suggestion: str) -> None:
    from auditor import knowledge
    from auditor.evaluate import check_places

    facts = knowledge.load(())
    check_places(load_policy(["base"], markets=["de", "CN"]), facts)
    with pytest.raises(PolicyError) as caught:
        check_places(load_policy(["base"], markets=[code]), facts)
    assert (caught.value.file, caught.value.suggestion) == ("--market", suggestion)


def test_concentration_is_decided_only_where_the_unknown_cannot_change_it() -> None:
    rules = only("concentration-*")
    mine = [component("library", f"lib{number}", origin=(owner("DE", party=f"p{number}"),)) for number in range(10)]
    blank = [component("library", f"x{number}", origin=()) for number in range(10)]

    def results(*parts: Any) -> list[str]:
        return [run.result for run in judge(inventory(*parts), rules).rules_run]

    assert results(*mine) == ["failed", "passed"]
    assert results(*mine[:3], *blank) == ["undetermined", "undetermined"]
    home = [component("library", f"h{number}", origin=(owner("CN", party=f"h{number}"),)) for number in range(10)]
    assert results(*home, *mine[:5], *blank[:2]) == ["passed", "passed"]
    assert results(*home, *blank[:2]) == ["passed", "passed"]
    same = [component("library", f"s{number}", origin=(owner("CN", party="one"),)) for number in range(10)]
    assert results(*same, *blank) == ["passed", "undetermined"]
    assert results(*same, *blank[:9]) == ["passed", "failed"]
    steward = Origin("steward", "example-foundation", "US", confidence="high", basis="read")
    assert results(component("library", "open", origin=(steward,), governance="foundation")) == ["failed", "failed"]


def test_an_open_system_is_judged_by_its_steward() -> None:
    steward = Origin("steward", "example-foundation", "US", confidence="high", basis="read")
    found = inventory(component("os-kernel", "open", origin=(steward,), governance="foundation"))
    assert verdict(found, "open-source-foreign-steward") == "failed"
    assert verdict(found, "os-layer-not-at-home") == "failed"
    assert verdict(found, "os-layer-not-at-home", only("os-layer-not-at-home", home=["US"])) == "passed"
    nobody = inventory(component("os-kernel", "open", origin=(), governance="foundation"))
    assert verdict(nobody, "os-layer-not-at-home") == "undetermined"


@pytest.mark.parametrize("rule", ["license-differs", "supplier-differs"])
def test_what_the_bytes_show_otherwise_than_the_document(rule: str) -> None:
    one = component("library", "lib", supplier=Actor("Example Supplier"))
    found = inventory(one)
    assert verdict(found, rule) in ("notApplicable", "undetermined")
    differing = msgspec.structs.replace(found, comparison=(Comparison(one.id, rule, "a", "b"),))
    assert verdict(differing, rule) == "failed"


@pytest.mark.parametrize("kind", ["dataset", "material"])
def test_rules_about_the_vehicles_records_leave_components_of_that_kind_alone(kind: str) -> None:
    judged = judge(inventory(component(kind, "pool")))
    assert not judged.diagnostics
    assert not [one for one in judged.findings if "could not be evaluated" in one.message]
    results = {run.id: run.result for run in judged.rules_run}
    assert results["dataset-license-missing" if kind == "dataset" else "material-one-country"] == "notApplicable"


@pytest.mark.parametrize(("observed", "word"), [(None, "known as"), ("Zlib", "found")])
def test_a_license_that_is_only_known_is_not_called_found(observed: str | None, word: str) -> None:
    one = component(
        "library",
        "lib",
        declared=True,
        licenses=Licenses(declared="MIT", observed=observed, concluded="Zlib", category="permissive", basis="read"),
        contradictions=(f"license: declared MIT, {word} Zlib",),
    )
    messages = [found.message for found in judge(inventory(one)).findings if found.rule == "license-differs"]
    assert len(messages) == 1
    assert messages[0].endswith(f": declared MIT, {word} Zlib")
