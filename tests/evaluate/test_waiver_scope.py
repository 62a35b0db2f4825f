"""Where and when a waiver counts: its first day, its last, and nothing beyond the controller it names."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from evaluate_records import DAY, component, inventory

from auditor.evaluate import evaluate, load_policy
from auditor.evaluate.waivers import Waiver, about_to_expire, state

RULE = "origin-unknown"
UNKNOWN = component(origin=(), governance=None)


def waiver(**changes: object) -> Waiver:
    fields: dict[str, object] = {"component": "example-rtos", "expires": DAY + timedelta(30)}
    return Waiver("w", RULE, "accepted-risk", "me", **(fields | changes))  # type: ignore[arg-type]


def states(one: Waiver) -> list[str]:
    policy = load_policy(["base"], select=[RULE])
    return [each.state for each in evaluate(inventory(UNKNOWN), policy, None, as_of=DAY, waivers=(one,)).findings]


@pytest.mark.parametrize(("created", "found"), [(-1, "waived"), (0, "waived"), (1, "open")])
def test_a_waiver_counts_from_the_day_it_was_made(created: int, found: str) -> None:
    assert states(waiver(created=DAY + timedelta(created))) == [found]


@pytest.mark.parametrize(("days", "found"), [(0, "open"), (1, "waived")])
def test_a_waiver_ends_on_its_last_day(days: int, found: str) -> None:
    assert states(waiver(expires=DAY + timedelta(days))) == [found]


def test_a_waiver_of_a_controller_covers_nothing_that_is_of_none() -> None:
    policy = load_policy(["us-connected-vehicle"], select=["cv-model-year-missing"])
    one = Waiver("w", "cv-model-year-missing", "out-of-scope", "me", date(2027, 1, 1), ecu="T-Box")
    result = evaluate(inventory(component()), policy, None, as_of=DAY, waivers=(one,))
    assert [(each.ecus, each.state) for each in result.findings] == [((), "open")]
    assert result.waivers.unused == ("w",)


@pytest.mark.parametrize(("days", "soon"), [(0, False), (1, True), (30, True), (31, False)])
def test_a_waiver_about_to_end_ends_within_thirty_days_and_not_today(days: int, soon: bool) -> None:
    one = waiver(expires=DAY + timedelta(days))
    assert (about_to_expire([one], DAY) == [one]) is soon
    assert (state(one, DAY) == "soon") is soon


def test_a_waiver_that_ended_counts_as_such_beside_a_longer_one_of_its_scope() -> None:
    policy = load_policy(["base"], select=[RULE], strict_waivers=True)
    ended, holds = waiver(expires=DAY - timedelta(1)), waiver()
    result = evaluate(inventory(UNKNOWN), policy, None, as_of=DAY, waivers=(ended, holds))
    assert [one.state for one in result.findings] == ["waived"]
    assert (result.waivers.applied, result.waivers.expired, result.waivers.unused) == (("w",), ("w",), ())
    assert result.verdict.exit_code == 5
    assert f"the waiver 'w' ended on {DAY - timedelta(1)}: another one of its scope holds" in result.verdict.reasons


def test_an_artifact_is_found_through_the_votes_of_a_component() -> None:
    (vote,) = UNKNOWN.evidence
    found = inventory(component(origin=(), governance=None, evidence=(msgspec.structs.replace(vote, input="in-1"),)))
    policy = load_policy(["base"], select=[RULE])
    one = waiver(artifact=found.inputs[0].sha256)
    findings = evaluate(found, policy, None, as_of=DAY, waivers=(one,)).findings
    assert [(each.inputs, each.state) for each in findings] == [((), "waived")]
