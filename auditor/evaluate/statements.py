"""An unsigned statement may raise a concern and clears none from medium up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auditor.evaluate.policy import SEVERITIES
from auditor.judgement import ChainStep, Finding, RuleRun

if TYPE_CHECKING:
    from auditor.evaluate.judge import Result

FLOOR = SEVERITIES.index("medium")
NOTE = "a supplier's unsigned answer says otherwise; it clears nothing from medium up: verify"
_RUNS = ("notApplicable", "passed", "undetermined", "failed")


def keep(after: Result, before: Result) -> Result:
    """Return the findings with the statements, and those of `before` that only a statement took away or softened.

    `before` is the judgement of the same inventory without the statements. Findings below medium may be cleared.
    """
    softer = {one.id: one for one in after.findings}  # versions of one name share a fingerprint
    kept = [
        one
        for one in before.findings
        if SEVERITIES.index(one.severity) >= FLOOR and _weight(softer.get(one.id)) < _weight(one)
    ]
    again = {one.id for one in kept}
    findings = [one for one in after.findings if one.id not in again]
    findings += [msgspec.structs.replace(one, chain=(*one.chain, ChainStep("answered", NOTE))) for one in kept]
    findings.sort(key=lambda one: (one.rule, one.ecus, one.components, one.inputs, one.message, one.id))
    after.findings = findings
    after.runs = [_run(one, kept) for one in after.runs]
    ids = {one.id for one in findings}
    after.questions = [one for one in after.questions if one.finding in ids]
    return after


def _weight(one: Finding | None) -> int:
    return 0 if one is None else 2 if one.verdict == "fail" else 1


def _run(one: RuleRun, kept: list[Finding]) -> RuleRun:
    words = [one.result, *("failed" if it.verdict == "fail" else "undetermined" for it in kept if it.rule == one.id)]
    return msgspec.structs.replace(one, result=max(words, key=_RUNS.index))
