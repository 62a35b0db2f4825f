"""Evaluate: rules over the inventory, findings, and the verdict of the gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from auditor.evaluate import baseline as _baseline
from auditor.evaluate import gate, statements
from auditor.evaluate import waivers as _waivers
from auditor.evaluate.baseline import Baseline
from auditor.evaluate.errors import PolicyError
from auditor.evaluate.judge import Judge
from auditor.evaluate.load import DEFAULT_PACK, check_places, load_library, load_policy
from auditor.evaluate.policy import Policy, Rule
from auditor.evaluate.vehicle_links import unlinked
from auditor.evaluate.waivers import Waiver
from auditor.judgement import Judgement, RuleInfo
from auditor.model import Inventory
from auditor.vehicle import Vehicle

__all__ = [
    "DEFAULT_PACK",
    "Baseline",
    "Policy",
    "PolicyError",
    "Waiver",
    "check_places",
    "evaluate",
    "load_library",
    "load_policy",
]


def evaluate(
    inventory: Inventory,
    policy: Policy,
    knowledge: Any,
    *,
    as_of: date,
    waivers: Sequence[Waiver] | None = None,
    baseline: Baseline | None = None,
    vehicle: Vehicle | None = None,
    before: Inventory | None = None,
) -> Judgement:
    """Judge a traced inventory under a policy on a day.

    `before` is the inventory without unsigned statements, where there are any: they clear nothing from medium up.
    `knowledge` is asked for its `date` (the gate's `max-knowledge-age`) and, with a `vehicle`, for materials and
    owners. A pure function: the same arguments give the same findings in the same order.
    """
    result = Judge(inventory, policy, as_of, vehicle, knowledge).run()
    if before is not None:
        earlier = Judge(before, policy, as_of, vehicle, knowledge).run()
        result = statements.keep(result, earlier)
        result.faults += earlier.faults
    findings, used = _waivers.apply(result.findings, waivers or (), inventory, as_of)
    findings = _baseline.apply(findings, baseline)
    figures = gate.coverage(before or inventory, accept_stated=policy.accept_stated)
    verdict = gate.decide(
        inventory,
        policy,
        findings,
        figures,
        used,
        as_of=as_of,
        knowledge_date=_knowledge_date(knowledge),
        faults=sorted(set(result.faults)),
    )
    said = (*verdict.reasons, *_waivers.notes(waivers or (), used, as_of))
    return Judgement(
        findings=tuple(findings),
        rules_run=tuple(result.runs),
        rules=tuple(_info(rule, policy) for rule in policy.rules),
        packs=policy.packs,
        verdict=msgspec.structs.replace(verdict, reasons=said),
        questions=tuple(result.questions),
        waivers=used,
        coverage=figures,
        diagnostics=(
            *result.diagnostics,
            *(f"the rule {rule.id} runs with {change}" for rule in policy.rules for change in rule.changed),
            *(unlinked(vehicle, inventory.components) if vehicle else ()),
        ),
        home=policy.home,
        trusted=policy.trusted,
        restricted=policy.restricted,
    )


def _knowledge_date(knowledge: Any) -> date | None:
    found = getattr(knowledge, "date", None)
    if isinstance(found, str):
        try:
            return date.fromisoformat(found)
        except ValueError:
            return None
    return found if isinstance(found, date) else None


def _info(rule: Rule, policy: Policy) -> RuleInfo:
    return RuleInfo(
        id=rule.id,
        title=rule.english.title,
        severity=rule.severity,
        status=rule.status,
        basis=rule.basis,
        pack=policy.rule_packs[rule.id],
        rationale=rule.rationale,
        remediation=rule.english.remediation,
        references=rule.references,
        title_zh=rule.chinese.title,
        changed=rule.changed,
    )
