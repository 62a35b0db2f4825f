"""What is asked of suppliers: about a failed finding what its rule asks; about an undetermined one the missing fact.

One missing fact leaves many rules undetermined; it is asked for once, and the question names every finding it settles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from auditor.evaluate import words
from auditor.evaluate.policy import Rule
from auditor.evaluate.subjects import Subject
from auditor.judgement import Finding, Question
from auditor.model import Component

MAKER = "Who owns or stewards {name}, and in which country or region is that legal entity seated?"
FACTS = {
    "license": "Under which license do you deliver {label}?",
    "version": "Which version of {name} do you deliver?",
    "owner": MAKER,
    "hq": MAKER,
    "governance": MAKER,
    "steward": MAKER,
    "fab": "In which fabs, in which countries or regions, are the wafers of {name} made?",
    "assembly": "In which countries or regions is {name} assembled?",
}
"""A fact of a component that only others know (`words.about`), and how it is asked for."""


CLAIMS = {
    "component.license.expression": "license", "component.version": "version", "component.purl": "purl",
    "component.cpe": "cpe", "component.mpn": "mpn",
}  # fmt: skip
"""A missing fact, and the claim of an answer that gives just that fact (`auditor.assertions`)."""


@dataclass(frozen=True)
class Asked:
    """One question of one finding."""

    text: str
    component: Component | None
    claim: str
    """What an answer claims about the component; empty = nothing that can be taken from it by itself."""


def asked(rule: Rule, subject: Subject, verdict: str, missing: Sequence[str]) -> list[Asked]:
    """Return what one finding asks; nothing where only the user can answer."""
    if verdict != "fail":
        if found := list(dict.fromkeys(_facts(subject, missing))):
            return found
        if missing and all(words.by_user(path) for path in missing):
            return []
    if rule.supplier_question is None:
        return []
    last = subject.components[-1] if subject.components else None
    claims = {CLAIMS.get(path, "") for path in missing}
    claim = claims.pop() if last and len(claims) == 1 else ""
    return [Asked(rule.supplier_question.render(subject.prepared, "unknown"), last, claim)]


def _facts(subject: Subject, missing: Iterable[str]) -> Iterator[Asked]:
    for path in missing:
        fact = words.about(path) or ""
        component = _component(path, subject)
        if fact in FACTS and component is not None:
            label = f"{component.name} {component.version or ''}".strip()
            text = FACTS[fact].format(name=component.name, label=label)
            yield Asked(text, component, fact if fact in CLAIMS.values() else "")


def _component(path: str, subject: Subject) -> Component | None:
    """Return the component a fact belongs to: `component.…`, or the source or target of a link."""
    if not subject.components or not path.startswith(("component.", "link.source.", "link.target.")):
        return None
    return subject.components[0 if path.startswith("link.source.") else -1]


def of(finding: Finding, said: Iterable[Asked]) -> Iterator[Question]:
    """Return the questions of a finding; about its controllers where no component is meant."""
    for one in said:
        component = one.component
        about = component.id if component else ""
        ecus = () if component else finding.ecus
        actor = (component.manufacturer or component.supplier) if component else None
        digest = hashlib.sha256("\0".join((about, *ecus, one.text)).encode("utf-8", "surrogatepass")).hexdigest()
        name = actor.name if actor else None
        yield Question(digest[:16], about, one.text, finding.id, name, ecus, one.claim, (finding.id,))


def once(questions: Iterable[Question]) -> list[Question]:
    """Return each question once, by id, with all findings it settles."""
    found: dict[str, Question] = {}
    for one in questions:
        before = found.get(one.id)
        settles = {*one.settles, *(before.settles if before else ())}
        found[one.id] = msgspec.structs.replace(one, finding=min(settles), settles=tuple(sorted(settles)))
    return [found[id_] for id_ in sorted(found)]
