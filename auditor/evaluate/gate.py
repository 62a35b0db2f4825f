"""The gate: verdict, exit code and the reasons, one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from auditor.declared import DESCRIPTIONS
from auditor.evaluate.facts import origin_known
from auditor.evaluate.policy import SEVERITIES, Policy
from auditor.evaluate.rules import SOFTWARE_KINDS
from auditor.evaluate.surroundings import OPERATING_SYSTEMS, document_inputs
from auditor.judgement import Finding, GateResult, WaiverUse
from auditor.model import Inventory

PRECEDENCE = (5, 3, 1, 4, 0)
"""Exit codes of a judgement, the first that applies wins."""
ORIGIN_RULE = "origin-unknown"
"""The rule whose waived and baselined findings accept that the origin of a component is not known."""
CONTROL = ("component.owner", "component.steward")
"""Facts whose absence, once accepted, accepts the same."""


def coverage(inventory: Inventory, *, accept_stated: bool) -> tuple[tuple[str, float], ...]:
    """Return how much is known, 0..1 each; a figure without anything to count is left out."""
    figures: list[tuple[str, float]] = []
    components = inventory.components
    if components:
        traced = sum(origin_known(one, accept_stated=accept_stated) for one in components)
        licensed = sum(
            bool(one.licenses.concluded) and (accept_stated or one.licenses.basis != "stated") for one in components
        )
        figures += [("origin", traced / len(components)), ("license", licensed / len(components))]
    software = [one for one in components if one.kind in SOFTWARE_KINDS]
    if software:
        figures.append(("version", sum(one.version is not None for one in software) / len(software)))
    documents = document_inputs(inventory)
    ecus = {one.ecu for one in inventory.inputs if one.id not in documents}
    if ecus:
        known = {one.ecu for one in components if one.observed and one.kind in OPERATING_SYSTEMS}
        figures.append(("os", len(ecus & known) / len(ecus)))
    figures += _bytes_understood(inventory)
    return tuple((name, round(value, 6)) for name, value in figures)


def _bytes_understood(inventory: Inventory) -> list[tuple[str, float]]:
    parents = {(input_id, artifact.parent) for input_id, artifact in inventory.artifacts}
    leaves = [
        artifact
        for input_id, artifact in inventory.artifacts
        if (input_id, artifact.path) not in parents and artifact.kind in ("file", "region") and artifact.size > 0
    ]
    total = sum(artifact.size for artifact in leaves)
    if not total:
        return []
    return [("bytesUnderstood", sum(min(one.understood, one.size) for one in leaves) / total)]


def decide(
    inventory: Inventory,
    policy: Policy,
    findings: Sequence[Finding],
    figures: Sequence[tuple[str, float]],
    waivers: WaiverUse,
    *,
    as_of: date,
    knowledge_date: date | None,
    faults: Sequence[str] = (),
) -> GateResult:
    """Return the verdict. Trial rules never gate; waived and baselined findings do not either.

    A stable rule among `faults` could not be evaluated: whatever its severity, that is no pass.
    """
    gating = [one for one in findings if one.status == "stable" and one.state == "open"]
    fails = _fails(gating, policy)
    accepted = _accepted(inventory, findings)
    unsure = [
        *faults,
        *_incomplete(inventory, policy, findings),
        *_only_described(inventory),
        *_unsure(gating, policy, figures, accepted, as_of, knowledge_date),
    ]
    codes: set[int] = {0}
    reasons: list[str] = []
    if policy.strict_waivers and (waivers.expired or waivers.unused):
        codes.add(5)
        reasons.append(f"{len(waivers.expired)} expired and {len(waivers.unused)} unused waivers (--strict-waivers)")
    if not inventory.inputs:
        codes.add(3)
        reasons.append("no input was audited")
    for one in inventory.inputs:
        for problem in one.unread:
            codes.add(3)
            reasons.append(f"{one.path}: {problem.message}")
    if fails:
        codes.add(1)
    if unsure:
        codes.add(4)
    code = next(code for code in PRECEDENCE if code in codes)
    reasons += [*fails, *unsure]
    if not reasons:
        reasons = [_passed(findings, policy)]
    result = "fail" if fails else "pass" if codes <= {0, 5} else "inconclusive"
    return GateResult(result, code, tuple(reasons))  # type: ignore[arg-type]


def at_or_above(severity: str, fail_on: str) -> bool:
    """Tell whether a severity reaches the gate; `never` is never reached."""
    return fail_on != "never" and SEVERITIES.index(severity) >= SEVERITIES.index(fail_on)


def _counted(findings: Sequence[Finding]) -> str:
    parts = []
    for severity in reversed(SEVERITIES):
        count = sum(one.severity == severity for one in findings)
        if count:
            parts.append(f"{count} {severity}")
    return ", ".join(parts)


def _fails(gating: Sequence[Finding], policy: Policy) -> list[str]:
    reaching = [one for one in gating if at_or_above(one.severity, policy.fail_on)]
    reasons = []
    if failed := [one for one in reaching if one.verdict == "fail"]:
        reasons.append(f"findings at or above {policy.fail_on}: {_counted(failed)}")
    if policy.on_unknown == "fail" and (unknown := [one for one in reaching if one.verdict == "undetermined"]):
        reasons.append(f"undetermined at or above {policy.fail_on} count as failed: {_counted(unknown)}")
    return reasons


def _only_described(inventory: Inventory) -> list[str]:
    """Return the controllers of which nothing was given but descriptions: what is in them nobody has said."""
    described = {one.input for one in inventory.documents if one.format in DESCRIPTIONS and not one.path}
    given = {one.ecu for one in inventory.inputs if one.id not in described}
    names = sorted({one.ecu for one in inventory.inputs} - given)
    return [f"{name}: neither an image nor a bill of materials was given" for name in names]


def _incomplete(inventory: Inventory, policy: Policy, findings: Sequence[Finding]) -> list[str]:
    """Return the inputs that were not read in full and that nobody accepted: never a pass, whatever the gate.

    Accepted is what a waiver or baseline about the problem itself covers, not one about another finding.
    """
    about = {rule.id for rule in policy.rules if rule.subject in ("input", "problem")}
    told = [one for one in findings if one.rule in about]
    accepted = {id_ for one in told if one.state != "open" for id_ in one.inputs}
    open_ = {id_ for one in told if one.state == "open" for id_ in one.inputs}
    reasons = []
    for one in inventory.inputs:
        if one.complete or one.id in accepted - open_:
            continue
        if one.unread:
            continue  # said by the exit code of an input that was not looked into
        message = one.problems[0].message if one.problems else "a part of it was not read"
        reasons.append(f"{one.path} was not read in full: {message}")
    return reasons


def _unsure(
    gating: Sequence[Finding],
    policy: Policy,
    figures: Sequence[tuple[str, float]],
    accepted: float,
    as_of: date,
    knowledge_date: date | None,
) -> list[str]:
    reasons = []
    undetermined = [one for one in gating if one.verdict == "undetermined"]
    reaching = [one for one in undetermined if at_or_above(one.severity, policy.fail_on)]
    if policy.on_unknown == "inconclusive" and reaching:
        reasons.append(f"undetermined at or above {policy.fail_on}: {_counted(reaching)}")
    if policy.on_unknown == "ratchet" and policy.fail_on != "never" and undetermined:
        reasons.append(f"unknowns that the baseline does not record: {_counted(undetermined)}")
    reasons += _uncovered(accepted, policy, dict(figures))
    if policy.max_knowledge_age is not None:
        age = (as_of - knowledge_date).days if knowledge_date else None
        if age is None or age > policy.max_knowledge_age:
            shown = "of unknown date" if age is None else f"{age} days old"
            reasons.append(f"the knowledge is {shown}, at most {policy.max_knowledge_age} days are allowed")
    return reasons


def _accepted(inventory: Inventory, findings: Sequence[Finding]) -> float:
    """Return the share of the components whose unknown origin somebody accepted, by a waiver or a baseline."""
    about = (
        one for one in findings if one.rule == ORIGIN_RULE or any(path.startswith(CONTROL) for path in one.missing)
    )
    ids = {id_ for one in about if one.state != "open" and one.verdict == "undetermined" for id_ in one.components}
    return len(ids) / len(inventory.components) if inventory.components else 0.0


def _uncovered(accepted: float, policy: Policy, figures: Mapping[str, float]) -> list[str]:
    """Return why too little is known of who controls what; nothing known at all is never a pass."""
    if "origin" not in figures:
        return []
    origin = figures["origin"]
    covered = origin + accepted
    if not covered:
        return ["origin is known for none of the components"]
    if policy.min_coverage is not None and round(covered, 6) < policy.min_coverage:
        return [f"origin is known for {origin:.1%}, below the minimum of {policy.min_coverage:.1%}"]
    return []


def _passed(findings: Sequence[Finding], policy: Policy) -> str:
    stable = [one for one in findings if one.status == "stable"]
    accepted = sum(one.verdict == "undetermined" for one in stable)
    text = f"no finding at or above {policy.fail_on} under {len(policy.rules)} rules"
    return f"{text}, {accepted} accepted unknowns" if accepted else text
