"""Rules over subjects: what passed, what failed, what could not be decided and why."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from auditor.evaluate import chain, doubts, questions, words
from auditor.evaluate.expression import Outcome, activation
from auditor.evaluate.facts import confidence
from auditor.evaluate.facts_model import SUBJECTS
from auditor.evaluate.policy import CONFIDENCES, Policy, Rule
from auditor.evaluate.subjects import Subject, Subjects
from auditor.judgement import ChainStep, Finding, Question, RuleRun
from auditor.model import Confidence, Inventory
from auditor.vehicle import Vehicle

CONTROL = ("owner", "hq", "steward")
"""Stages of who decides about a component."""


@dataclass
class Result:
    """What the rules gave, before waivers, baseline and gate."""

    findings: list[Finding] = field(default_factory=list)
    runs: list[RuleRun] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    diagnostics: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Stable rules that could not be evaluated, with file and line."""


@dataclass(frozen=True)
class _Decision:
    """How one pair of rule and subject ended, when it did not pass."""

    verdict: str
    confidence: Confidence
    missing: tuple[str, ...] = ()
    note: str = ""
    note_zh: str = ""
    decided: bool = False
    """`when` was true: the rule's own message fits."""


class Judge:
    """Runs the rules of a policy over an inventory."""

    def __init__(
        self,
        inventory: Inventory,
        policy: Policy,
        as_of: date,
        vehicle: Vehicle | None = None,
        knowledge: Any = None,
    ) -> None:
        self.inventory = inventory
        self.policy = policy
        self.as_of = as_of
        self.subjects, self.accepting = (
            Subjects(inventory, policy, as_of, accept_stated=accept, vehicle=vehicle, knowledge=knowledge)
            for accept in (policy.accept_stated, True)
        )
        self.party_names = self.subjects.party_names
        self.input_paths = {one.id: one.path for one in inventory.inputs}
        self.result = Result()
        self.states = {rule.id: rule.effective.state(as_of) for rule in policy.rules}
        self.counts: Counter[str] = Counter()
        self.worst: dict[str, str] = {}

    def run(self) -> Result:
        """Run every rule on every subject it is about and return the findings, sorted."""
        running = [rule for rule in self.policy.rules if self.states[rule.id] in ("in-force", "unknown")]
        by_kind: dict[str, list[Rule]] = defaultdict(list)
        for rule in running:
            for kind in rule.kinds or {rule.subject}:
                by_kind[kind].append(rule)  # a component kind may bear the name of another subject: `dataset`
        about = {kind: [rule for rule in rules if rule.kinds] for kind, rules in by_kind.items()}
        for component in self.inventory.components:
            if rules := about.get(component.kind):
                self._subject(self.subjects.component(component), rules)
        for kind in SUBJECTS:
            rules = [rule for rule in by_kind.get(kind, ()) if not rule.kinds]
            for subject in self.subjects.others(kind) if rules else ():
                self._subject(subject, rules)
        self.result.runs = [self._ended(rule) for rule in self.policy.rules]
        self.result.findings.sort(key=lambda one: (one.rule, one.ecus, one.components, one.inputs, one.message, one.id))
        self.result.questions = questions.once(self.result.questions)
        self.result.diagnostics = sorted(set(self.result.diagnostics))
        return self.result

    def _subject(self, subject: Subject, rules: Sequence[Rule]) -> None:
        subject.prepared = activation(subject.facts)
        for rule in rules:
            if rule.where is not None and rule.where.evaluate(subject.prepared).value is False:
                continue
            self.counts[rule.id] += 1
            judged, outcome = self._outcome(rule, subject)
            if outcome.value is not False:
                decision = self._decide(rule, judged, outcome, self.states[rule.id])
                failed = "failed" in (self.worst.get(rule.id), f"{decision.verdict}ed")
                self.worst[rule.id] = "failed" if failed else "undetermined"
                self._add(rule, judged, decision)

    def _outcome(self, rule: Rule, subject: Subject) -> tuple[Subject, Outcome]:
        """Evaluate a rule; where a document contradicts a name, on what raises most concern."""
        judged, outcome = subject, rule.when.evaluate(subject.prepared)
        if outcome.fault or outcome.value is True or not doubts.reaches(rule.severity):
            return judged, outcome
        for other in self.subjects.doubted(subject):
            other.prepared = activation(other.facts)
            again = rule.when.evaluate(other.prepared)
            if again.value is True:
                return other, again
            if again.value is None:
                judged, outcome = other, again
        return judged, outcome

    def _ended(self, rule: Rule) -> RuleRun:
        count = self.counts[rule.id]
        result = self.worst.get(rule.id, "passed") if count else "notApplicable"
        return RuleRun(rule.id, result, count)  # type: ignore[arg-type]

    def _decide(self, rule: Rule, subject: Subject, outcome: Outcome, state: str) -> _Decision:
        sure = self._confidence(rule, subject)
        if outcome.fault:
            place = f"{rule.file}:{rule.line}"
            self.result.diagnostics.append(f"{place}: rule {rule.id} could not be evaluated: {outcome.fault}")
            if rule.status == "stable":
                self.result.faults.append(f"the rule {rule.id} could not be evaluated ({place}): {outcome.fault}")
            note = f"the rule could not be evaluated ({place}): {outcome.fault}"
            return _Decision("undetermined", sure, note=note, note_zh=f"规则无法求值({place}):{outcome.fault}")
        if outcome.value is None:
            return self._missing(rule, subject, sure)
        if state == "unknown":
            until = max(pause.until for pause in rule.effective.suspended).isoformat()
            note = f"the rule was suspended until {until} and its state since then is unknown"
            return _Decision("undetermined", sure, (), note, f"该规则曾暂停至 {until},其后状态未知", decided=True)
        if CONFIDENCES.index(sure) < CONFIDENCES.index(self.policy.min_confidence):
            note = f"verify: the facts that decide have confidence {sure}"
            return _Decision("undetermined", sure, (), note, f"请核实:决定性事实的可信度为 {sure}", decided=True)
        return _Decision(rule.raises, sure, decided=True)

    def _confidence(self, rule: Rule, subject: Subject) -> Confidence:
        levels = [
            confidence(one, rule.when.references, accept_stated=self.policy.accept_stated) for one in subject.components
        ]
        return min(levels, key=CONFIDENCES.index, default=subject.sure)

    def _missing(self, rule: Rule, subject: Subject, sure: Confidence) -> _Decision:
        absent = absent_paths(rule.when.references, subject)
        english = "unknown: " + ", ".join(words.missing(path) for path in absent)
        chinese = "未知:" + "、".join(words.missing(path, "zh") for path in absent)
        accepted = None if self.policy.accept_stated else self.accepting.again(subject)
        if accepted is not None:
            stated = [path for path in absent if path not in absent_paths(rule.when.references, accepted)]
            outcome = rule.when.evaluate(activation(accepted.facts))
            facts = ", ".join(f"{path} = {_shown(path, accepted)}" for path in stated)
            if stated and outcome.value is None:
                english += f"; stated, not read at a source: {facts}"
                chinese += f";仅为声明、未读到来源:{facts}"
            elif stated and outcome.value is not None:
                verdict = rule.raises if outcome.value else "pass"
                english = (
                    f"unverified fact: {facts} (stated, not read at a source); with it the rule would say {verdict}"
                )
                chinese = f"未核实的事实:{facts}(仅为声明,未读到来源);若属实,规则结论为 {verdict}"
        return _Decision("undetermined", sure, absent, english, chinese)

    def _add(self, rule: Rule, subject: Subject, decision: _Decision) -> None:
        fingerprint = _digest(rule.id, subject.identity, *subject.ecus)
        english = rule.english.message.render(subject.prepared, "unknown")
        chinese = rule.chinese.message.render(subject.prepared, "未知")
        if not decision.decided:
            name = _name(subject)
            english, chinese = f"{name}: {decision.note}", f"{name}:{decision.note_zh}"
        elif decision.note:
            english, chinese = f"{english}; {decision.note}", f"{chinese};{decision.note_zh}"
        if subject.notes[0]:
            english, chinese = f"{english}; {subject.notes[0]}", f"{chinese};{subject.notes[1]}"
        asks = questions.asked(rule, subject, decision.verdict, decision.missing)
        finding = Finding(
            id=_digest(fingerprint, *_ids(subject))[:16],
            fingerprint=fingerprint,
            rule=rule.id,
            title=rule.english.title,
            severity=rule.severity,
            confidence=decision.confidence,
            verdict="fail" if decision.verdict == "fail" else "undetermined",
            message=english,
            status=rule.status,
            components=tuple(one.id for one in subject.components),
            ecus=tuple(ecu for ecu in subject.ecus if ecu),
            inputs=subject.inputs,
            missing=decision.missing,
            named="" if decision.verdict == "fail" else _named(subject),
            chain=tuple(self._chain(rule, subject, decision)),
            requirement=chain.requirement(rule),
            remediation=rule.english.remediation,
            supplier_question=asks[0].text if asks else "",
            title_zh=rule.chinese.title,
            message_zh=chinese,
            remediation_zh=rule.chinese.remediation,
        )
        self.result.findings.append(finding)
        if finding.status != "trial":
            self.result.questions += questions.of(finding, asks)

    def _chain(self, rule: Rule, subject: Subject, decision: _Decision) -> Iterable[ChainStep]:
        for component in subject.components:
            yield from chain.component_steps(component, rule, self.party_names, self.input_paths)
        yield from subject.steps
        if rule.subject == "ecu":
            looked = sorted(what for ecu, what in self.inventory.searched if ecu in subject.ecus)
            yield from (ChainStep("searched", what, "no hit") for what in looked)
        if problem := subject.facts.get("problem"):
            place = problem["path"].replace("!/", " › ") or problem["input"]["path"]
            yield ChainStep("seen", f"{place}: {problem['message']}", problem["code"])
        if subject.notes[0]:
            yield ChainStep("doubt", subject.notes[0])
        if decision.note:
            yield ChainStep("undetermined", decision.note)
        givers = sorted({words.giver(path) for path in decision.missing})
        yield from (ChainStep("ask", who, "whose the missing fact is to give") for who in givers)
        yield from chain.closing_steps(rule)


def absent_paths(references: Iterable[str], subject: Subject) -> tuple[str, ...]:
    """Return the facts of `references` that the subject does not have."""
    return tuple(path for path in references if not _has(path, subject))


def _has(path: str, subject: Subject) -> bool:
    value: object = subject.facts
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _shown(path: str, subject: Subject) -> str:
    value: object = subject.facts
    for name in path.split("."):
        value = value[name]  # type: ignore[index]
    return str(value)


def _ids(subject: Subject) -> tuple[str, ...]:
    return (*(one.id for one in subject.components), *subject.inputs)


def _name(subject: Subject) -> str:
    if subject.components:
        return " → ".join(f"{one.name} {one.version or ''}".strip() for one in subject.components)
    return subject.identity or "the inventory"


def _named(subject: Subject) -> str:
    """Return supplier, manufacturer, declared origin and controlling parties that the inputs give, one line."""
    found = set()
    for one in subject.components:
        for role, actor in (("supplier", one.supplier), ("manufacturer", one.manufacturer)):
            if actor is not None:
                found.add(f"{role} {actor.name} {actor.country or ''}".strip())
        if one.declared_origin:
            found.add(f"origin {one.declared_origin}")
        found |= {f"{origin.stage} {origin.party}" for origin in one.origin if origin.party and origin.stage in CONTROL}
    return "; ".join(sorted(found))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
