"""What is declared type-approved is outside the act: its rules do not apply, they do not pass."""

from __future__ import annotations

from datetime import date

import pytest
from evaluate_records import component, inventory

from auditor.evaluate import evaluate, load_policy

LATER = date(2028, 1, 1)


@pytest.mark.parametrize(("said", "result"), [(True, {"notApplicable"}), (False, {"passed", "failed", "undetermined"})])
def test_rules_of_the_act_on_what_is_type_approved(said: bool, result: set[str]) -> None:
    policy = load_policy(["eu-cra"], type_approved=said, select=["cra-*"])
    assert len(policy.rules) == 5
    runs = {
        one.id: one.result for one in evaluate(inventory(component("library")), policy, None, as_of=LATER).rules_run
    }
    runs.pop("cra-top-level-dependencies")  # there is no document here
    assert set(runs.values()) <= result


def test_the_scope_must_still_be_said() -> None:
    policy = load_policy(["eu-cra"], select=["cra-scope-undeclared"])
    assert [one.verdict for one in evaluate(inventory(component()), policy, None, as_of=LATER).findings] == [
        "undetermined"
    ]
