"""One missing fact is asked for once; what only the user knows is asked of no supplier."""

from datetime import date

import msgspec
from evaluate_records import component, inventory

from auditor.evaluate import evaluate, load_policy
from auditor.judgement import Judgement
from auditor.model import Inventory, Licenses
from auditor.report.questions import open_ones

DAY = date(2026, 11, 24)


def judged(found: Inventory, *rules: str) -> Judgement:
    return evaluate(found, load_policy(["base", "cn-autonomy"], select=list(rules)), None, as_of=DAY)


LICENSE_RULES = ("license-missing", "license-network-copyleft", "license-source-available")


def test_a_missing_license_is_asked_for_once_and_settles_every_rule() -> None:
    result = judged(inventory(component("library", "lib", version="1.2", licenses=Licenses())), *LICENSE_RULES)
    (asked,) = result.questions
    assert asked.text == "Under which license do you deliver lib 1.2?"
    assert asked.claim == "license"
    assert asked.settles == tuple(sorted(one.id for one in result.findings))
    assert {one.rule for one in result.findings} == set(LICENSE_RULES)
    assert all(one.supplier_question == asked.text for one in result.findings)


def test_a_question_stays_while_one_of_its_findings_is_open() -> None:
    (asked,) = judged(inventory(component("library", "lib", licenses=Licenses())), *LICENSE_RULES).questions
    last = asked.settles[-1]
    (kept,) = open_ones([asked], {last})
    assert (kept.finding, kept.settles) == (last, (last,))
    assert open_ones([asked], set()) == ()
    older = msgspec.structs.replace(asked, settles=())
    assert open_ones([older], {asked.finding})[0].settles == (asked.finding,)


def test_a_failed_finding_asks_what_its_rule_asks() -> None:
    result = judged(inventory(component()), "os-kernel-foreign-vendor")
    assert [one.verdict for one in result.findings] == ["fail"]
    assert [one.text.partition(" for ")[0] for one in result.questions] == [
        "Do you hold source, build and redistribution rights"
    ]


def test_an_unknown_owner_is_asked_for_by_name() -> None:
    result = judged(inventory(component(origin=())), "os-kernel-foreign-vendor")
    assert [one.verdict for one in result.findings] == ["undetermined"]
    assert [one.text.partition(",")[0] for one in result.questions] == ["Who owns or stewards example-rtos"]


def test_a_controller_is_asked_about_by_its_name() -> None:
    asked = judged(inventory(component("library", "lib")), "os-not-identified", "bom-missing", "part-list-missing")
    assert len(asked.questions) >= 2
    for one in asked.questions:
        assert (one.component, one.ecus, one.claim) == ("", ("T-Box",), "")
        assert "T-Box" in one.text
