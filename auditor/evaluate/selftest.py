"""The self-test of rules: lints, examples, deleted facts, mutants.

A rule that passes it says what its examples expect, never turns an unknown fact into a pass, and
has examples that notice every small change of its condition.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.examples import Example, read_examples, verdict
from auditor.evaluate.expression import Expression, Source, compile_expression, is_optional
from auditor.evaluate.mutants import mutate
from auditor.evaluate.rules import RuleFile, compile_rule, compile_where
from auditor.evaluate.strict_yaml import Mark


@dataclass(frozen=True)
class RuleReport:
    """How one rule did."""

    id: str
    status: str
    errors: tuple[str, ...]
    """Lints and examples that fail, one line each."""
    examples: int
    mutants: int
    survivors: tuple[str, ...]
    """Mutants that no example notices and for which the rule gives no reason."""
    explained: int
    """Survivors with a written reason."""

    @property
    def killed(self) -> int:
        """Mutants that an example notices."""
        return self.mutants - len(self.survivors) - self.explained


def check_rules(rules: Iterable[RuleFile]) -> list[RuleReport]:
    """Test rules, sorted by id."""
    return [check_rule(rule) for rule in sorted(rules, key=lambda one: one.id)]


def score(reports: Iterable[RuleReport]) -> float:
    """Return the share of mutants that were noticed, 0..1 (1 without mutants)."""
    found = list(reports)
    total = sum(report.mutants for report in found)
    return sum(report.killed for report in found) / total if total else 1.0


def check_rule(rule: RuleFile) -> RuleReport:
    """Test one rule."""
    try:
        compile_rule(rule, rule.params)
        examples = read_examples(rule)
    except PolicyError as error:
        return RuleReport(rule.id, rule.value["status"], (error.text(),), 0, 0, (), 0)
    tester = _Tester(rule, examples)
    errors = [*lint(rule, examples), *tester.examples_wrong(), *tester.facts_deleted()]
    mutants, survivors = tester.mutants()
    reasons = rule.value.get("survivors", {})
    unexplained = tuple(one for one in survivors if one not in reasons)
    errors += [
        f"{rule.marked.name}: survivors names a mutant that is noticed: {one}" for one in set(reasons) - set(survivors)
    ]
    explained = len(survivors) - len(unexplained)
    return RuleReport(
        rule.id, rule.value["status"], tuple(sorted(errors)), len(examples), mutants, unexplained, explained
    )


def lint(rule: RuleFile, examples: list[Example]) -> Iterator[str]:
    """Return what a rule lacks; trial rules may lack the Chinese text."""
    name, value = rule.marked.name, rule.value
    raised = value.get("raises", "fail")
    expected = {example.expect for example in examples}
    needed = {raised, "pass"} | ({"not-applicable"} if "where" in value else set())
    source = Source(name, Mark(1, 1))
    when = compile_expression(value["when"], rule.subject, rule.params, source, boolean=True)
    if any(is_optional(path, rule.subject) for path in when.references):
        needed.add("undetermined")
    for verdict_ in sorted(needed - expected):
        yield f"{name}: no example expects {verdict_}"
    if value["status"] != "stable":
        return
    chinese = value.get("zh", {})
    for key in ("title", "message", *(["remediation"] if value.get("remediation") else [])):
        if not chinese.get(key):
            yield f"{name}: the Chinese {key} is missing (zh.{key})"
    if rule.subject in ("component", "ecu", "link") and "supplier-question" not in value:
        yield f"{name}: a stable rule about {rule.subject}s needs a supplier-question"


@dataclass
class _Tester:
    rule: RuleFile
    examples: list[Example]

    def __post_init__(self) -> None:
        self.raises: str = self.rule.value.get("raises", "fail")
        self.text: str = self.rule.value["when"]
        self._where = compile_where(self.rule, self.rule.params)
        self._compiled: dict[str, Expression | None] = {}

    def _compile(self, text: str, params: dict[str, Any]) -> Expression | None:
        key = f"{text}\0{sorted(params.items())}"
        if key not in self._compiled:
            source = Source(self.rule.marked.name, Mark(1, 1))
            try:
                found: Expression | None = compile_expression(
                    text, self.rule.subject, params, source, boolean=True, any_value=True
                )
            except PolicyError:
                found = None
            self._compiled[key] = found
        return self._compiled[key]

    def _verdict(self, example: Example, facts: dict[str, Any], text: str = "") -> str:
        expression = self._compile(text or self.text, example.params)
        return "not compiled" if expression is None else verdict(self._where, expression, facts, self.raises)

    def examples_wrong(self) -> Iterator[str]:
        """Return the examples whose verdict is not the expected one."""
        for index, example in enumerate(self.examples):
            found = self._verdict(example, example.facts)
            if found != example.expect:
                line = self.rule.marked.values[("tests", index)].line
                yield f"{self.rule.marked.name}:{line}: {example.name!r} expects {example.expect}, got {found}"

    def facts_deleted(self) -> Iterator[str]:
        """Return the facts without which an example passes although a value of theirs would not pass."""
        for index, example in enumerate(self.examples):
            for path in self._optional_paths(example):
                without = _without(example.facts, path)
                if self._verdict(example, without) != "pass":
                    continue
                others = [_value(other.facts, path) for other in self.examples]
                raised = [
                    value
                    for value in others
                    if value is not None and self._verdict(example, _with(example.facts, path, value)) == self.raises
                ]
                if example.expect != "pass" or raised:
                    place = f"{self.rule.marked.name}:{self.rule.marked.values[('tests', index)].line}"
                    yield f"{place}: {example.name!r} passes without {path}: unknown must not pass"

    def _optional_paths(self, example: Example) -> list[str]:
        expression = self._compile(self.text, example.params)
        assert expression is not None
        paths: set[str] = set()
        for reference in expression.mentioned:
            names = reference.split(".")
            for length in range(2, len(names) + 1):
                path = ".".join(names[:length])
                if is_optional(path, self.rule.subject) and _value(example.facts, path) is not None:
                    paths.add(path)
        return sorted(paths)

    def mutants(self) -> tuple[int, list[str]]:
        """Return how many mutants compile and which no example notices."""
        count = 0
        survivors: list[str] = []
        for mutant in mutate(self.text):
            if self._compile(mutant, self.rule.params) is None:
                continue
            count += 1
            if all(self._verdict(example, example.facts, mutant) == example.expect for example in self.examples):
                survivors.append(" ".join(mutant.split()))
        return count, survivors


def _value(facts: dict[str, Any], path: str) -> Any:
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _without(facts: dict[str, Any], path: str) -> dict[str, Any]:
    copied = copy.deepcopy(facts)
    *parents, last = path.split(".")
    value: Any = copied
    for name in parents:
        value = value[name]
    value.pop(last, None)
    return copied


def _with(facts: dict[str, Any], path: str, fact: Any) -> dict[str, Any]:
    copied = copy.deepcopy(facts)
    *parents, last = path.split(".")
    value: Any = copied
    for name in parents:
        value = value.setdefault(name, {})
    value[last] = fact
    return copied
