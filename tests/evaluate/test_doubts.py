"""A name in an unsigned document clears nothing when the document itself says otherwise."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from evaluate_records import component, inventory, owner

from auditor import knowledge, pipeline
from auditor.evaluate import evaluate, load_policy
from auditor.model import Component, Origin
from auditor.trace import trace

DAY = date(2026, 11, 24)


def bill(folder: Path, **fields: Any) -> str:
    """Write a bill of materials of one component and return its path."""
    one = {"type": "library", "bom-ref": "a", "name": "libnfnetlink", "version": "0.0.12", **fields}
    path = folder / "x.cdx.json"
    path.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [one]}),
        encoding="utf-8",
    )
    return str(path)


def audit(path: str, **policy: Any) -> pipeline.Audit:
    policy = {"packs": ["us-connected-vehicle"], "model_year": 2030, "min_coverage": 0, **policy}
    return pipeline.audit([path], pipeline.Options(as_of=DAY, policy=policy, base=Path(path).parent))


def verdicts(done: pipeline.Audit) -> dict[str, str]:
    return {one.rule: one.verdict for one in done.judgement.findings}


def test_a_restricted_maker_is_not_cleared_by_the_name_of_an_open_project(tmp_path: Path) -> None:
    maker = {"name": "Huawei Technologies Co., Ltd."}
    proprietary = [{"license": {"name": "Proprietary"}}]
    done = audit(bill(tmp_path, supplier=maker, manufacturer=maker, licenses=proprietary))
    found = verdicts(done)
    assert found["cv-software-restricted"] == found["supplier-restricted"] == "fail"
    assert done.report.verdict.exit_code == 1
    (message,) = [one.message for one in done.judgement.findings if one.rule == "cv-software-restricted"]
    assert "Huawei" in message
    assert "otherwise than the name" in message


@pytest.mark.parametrize(
    "fields",
    [
        {"supplier": {"name": "Somebody Nobody Knows"}},
        {"manufacturer": {"name": "Somebody Nobody Knows"}},
        {"licenses": [{"license": {"name": "Proprietary"}}]},
    ],
    ids=["supplier", "manufacturer", "license"],
)
def test_an_unknown_maker_or_a_denied_license_leaves_critical_rules_open(
    tmp_path: Path, fields: dict[str, Any]
) -> None:
    named = {"name": "busybox", "purl": "pkg:generic/busybox@1.36.1", "version": "1.36.1"}
    assert "cv-software-restricted" not in verdicts(audit(bill(tmp_path, **named)))
    done = audit(bill(tmp_path, **named, **fields))
    found = verdicts(done)
    assert found["cv-software-restricted"] == found["supplier-restricted"] == "undetermined"
    assert done.report.verdict.exit_code == 4


def test_a_declared_seat_in_the_restricted_set_is_a_concern(tmp_path: Path) -> None:
    maker = {"name": "Somebody Nobody Knows", "address": {"country": "RU"}}
    found = verdicts(audit(bill(tmp_path, name="busybox", supplier=maker)))
    assert found["supplier-restricted"] == "fail"


@pytest.mark.parametrize("name", ["BusyBox", "The BusyBox Project", "busybox.net"])
def test_the_project_itself_is_no_contradiction(tmp_path: Path, name: str) -> None:
    done = audit(bill(tmp_path, name="busybox", version="1.36.1", supplier={"name": name}))
    assert done.inventory.components[0].claimed == ()
    assert "supplier-restricted" not in verdicts(done)


def test_what_the_name_raises_stays_raised(tmp_path: Path) -> None:
    named = {"type": "operating-system", "name": "QNX Neutrino", "version": "7.1"}
    done = audit(
        bill(tmp_path, **named, supplier={"name": "Somebody Nobody Knows"}), packs=["cn-autonomy"], home=["CN"]
    )
    assert verdicts(done)["os-kernel-foreign-vendor"] == "fail"


def test_governance_from_a_repository_address_decides_nothing(tmp_path: Path) -> None:
    done = audit(bill(tmp_path))
    assert done.inventory.components[0].governance_unread
    found = verdicts(done)
    assert found["cv-software-restricted"] == found["supplier-restricted"] == "undetermined"


def test_only_the_repository_makes_governance_unread() -> None:
    facts = knowledge.load()
    made = trace(inventory(component(key="busybox", name="busybox", governance=None)), facts, DAY).components[0]
    assert not made.governance_unread


def test_a_contradicted_component_counts_as_unknown_in_shares() -> None:
    from auditor.evaluate import evaluate, load_policy

    claimed = (Origin("supplier", None, None, None, "low", "stated", ("declared:supplier X",)),)
    sure: Component = component(origin=(owner("US"),))
    doubtful = component(key="other", origin=(owner("US"),), claimed=claimed)
    policy = load_policy(["base"], home=["DE"])
    assert dict(evaluate(inventory(sure, doubtful), policy, None, as_of=DAY).coverage)["origin"] == 0.5


def test_nothing_known_of_anything_is_never_a_pass(tmp_path: Path) -> None:
    done = audit(bill(tmp_path, name="nobody-knows-this"), packs=["base"], fail_on="critical")
    assert done.report.verdict.exit_code == 4
    assert "origin is known for none of the components" in done.report.verdict.reasons


def test_shipped_packs_ask_for_coverage() -> None:
    from auditor.evaluate import load_policy

    shares = {pack: load_policy([pack]).min_coverage for pack in ("base", "cn-autonomy", "us-connected-vehicle")}
    assert shares == {"base": 0.5, "cn-autonomy": 0.6, "us-connected-vehicle": 0.6}
    assert load_policy(["cn-autonomy", "base"]).min_coverage == 0.6, "a base named again takes nothing back"


@pytest.mark.parametrize(("severity", "result"), [("low", "passed"), ("medium", "undetermined")])
def test_a_contradicted_name_clears_nothing_from_medium_up(severity: str, result: str) -> None:
    rule = "middleware-foreign-vendor"
    policy = load_policy(["cn-autonomy"], select=[rule], severities={rule: severity})
    sure = component("middleware", origin=(owner("CN"),))
    assert evaluate(inventory(sure), policy, None, as_of=DAY).rules_run[0].result == "passed"
    doubted = component("middleware", origin=(owner("CN"),), claimed=(owner(None),))
    assert evaluate(inventory(doubted), policy, None, as_of=DAY).rules_run[0].result == result
