"""The chain of a finding: from the bytes over the owner to the clause and the fix."""

from __future__ import annotations

from auditor.evaluate.facts_model import STAGES
from auditor.evaluate.policy import Rule
from auditor.judgement import ChainStep, Requirement
from auditor.model import Component, Evidence

_GRADES = {"decisive": 0, "supporting": 1, "weak": 2}


def component_steps(
    component: Component, rule: Rule, party_names: dict[str, str], inputs: dict[str, str]
) -> list[ChainStep]:
    """Return what was seen and declared about a component and the facts that the rule reads.

    `party_names` are by party id, `inputs` the paths of the inputs by their id.
    """
    asked = {part for path in rule.when.references for part in path.split(".")}
    steps = [*_seen(component, inputs), *_declared(component, inputs)]
    for origin in component.origin:
        if origin.stage not in ("owner", "steward") and origin.stage not in asked & set(STAGES):
            continue
        name = party_names.get(origin.party or "", origin.party or "unknown party")
        value = f"{name} ({origin.country or 'unknown country or region'})"
        note = f", {origin.basis}, confidence {origin.confidence}"
        steps.append(ChainStep(origin.stage, value, "; ".join(origin.sources) + note if origin.sources else note[2:]))
    if "license" in asked:
        known = component.licenses
        value = known.concluded or known.declared or known.observed or "unknown"
        category = f" ({known.category})" if known.category else ""
        steps.append(ChainStep("license", value + category, "; ".join(known.sources)))
    if "sourcing" in asked:
        steps.append(_sourcing(component))
    return steps


def _seen(component: Component, inputs: dict[str, str]) -> list[ChainStep]:
    votes = [vote for vote in component.evidence if vote.pointer is None and vote.line is None]
    ranked = sorted(votes, key=lambda vote: (vote.role != "self", _GRADES[vote.grade], vote.path, vote.offset or 0))
    return [
        ChainStep("seen", _place(vote, inputs), f"{vote.detector}: {vote.claim} {vote.value} ({vote.grade})")
        for vote in ranked[:1]
    ]


def _place(vote: Evidence, inputs: dict[str, str]) -> str:
    """Return the input, the path inside it and where in that: `kernel.img › vmlinuz offset 0x40`."""
    path = " › ".join(filter(None, (inputs.get(vote.input, ""), vote.path.replace("!/", " › "))))
    at = vote.pointer or (f"line {vote.line}" if vote.line else "")
    at = at or (f"offset 0x{vote.offset:x}" if vote.offset is not None else "")
    return f"{path} {at}".strip()


def _declared(component: Component, inputs: dict[str, str]) -> list[ChainStep]:
    if not component.declared:
        return []
    places = sorted(_place(vote, inputs) for vote in component.evidence if vote.pointer or vote.line)
    value = f"{component.name} {component.version or ''}".strip()
    return [ChainStep("declared", value, places[0] if places else "bill of materials")]


def _sourcing(component: Component) -> ChainStep:
    sourcing = component.sourcing
    if sourcing is None or (not sourcing.known and not sourcing.alternates):
        return ChainStep("sourcing", "alternates unknown")
    names = [f"{one.name} ({one.kind}{', qualified' if one.qualified else ''})" for one in sourcing.alternates]
    return ChainStep("sourcing", ", ".join(names) or "no alternate", ", ".join(sourcing.codes))


def closing_steps(rule: Rule) -> list[ChainStep]:
    """Return the rule, the clause it rests on and the fix."""
    steps = [ChainStep("rule", f"{rule.id} ({rule.basis})", rule.file)]
    found = requirement(rule)
    if found is not None:
        clause = f"{found.framework} {found.clause or ''}".strip()
        steps.append(ChainStep("clause", clause, found.url or ""))
    if rule.english.remediation:
        steps.append(ChainStep("fix", rule.english.remediation))
    return steps


def requirement(rule: Rule) -> Requirement | None:
    """Return the clause the rule rests on; a house rule rests on none."""
    if not rule.references:
        return None
    first = rule.references[0]
    return Requirement(rule.framework or first.title, first.clause, first.url)
