"""The examples inside rule files: checked against the records of facts, completed, evaluated."""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from auditor.evaluate.errors import closest
from auditor.evaluate.expression import Expression, activation, variables
from auditor.evaluate.rules import RuleFile, check_keys, one_of

VERDICTS = ("fail", "pass", "undetermined", "not-applicable")


@dataclass(frozen=True)
class Example:
    """One example of a rule."""

    name: str
    facts: dict[str, Any]
    params: dict[str, Any]
    expect: str


def read_examples(rule: RuleFile) -> list[Example]:
    """Return the examples of a rule with every fact that is always known filled in. Raises PolicyError."""
    records = variables(rule.subject)
    found: list[Example] = []
    for index, entry in enumerate(rule.value["tests"]):
        path: tuple[str | int, ...] = ("tests", index)
        check_keys(rule.marked, path, ("name", "params", "expect", *records))
        if not isinstance(entry.get("name"), str) or "expect" not in entry:
            raise rule.marked.error(path, "an example needs a name and what to expect")
        expect = one_of(rule.marked, (*path, "expect"), VERDICTS)
        facts = {name: _checked(rule, (*path, name), entry.get(name, {}), record) for name, record in records.items()}
        params = entry.get("params", {})
        for name in params:
            if name not in rule.params:
                message = f"unknown parameter {name!r}"
                raise rule.marked.error((*path, "params", name), message, closest(name, rule.params), key=True)
        found.append(Example(entry["name"], facts, {**rule.params, **params}, expect))
    return found


def _checked(rule: RuleFile, path: tuple[str | int, ...], value: Any, record: type[msgspec.Struct]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise rule.marked.error(path, f"{path[-1]} must be a mapping of facts")
    fields = get_type_hints(record)
    facts = _defaults(record)
    for name, fact in value.items():
        if name not in fields:
            raise rule.marked.error((*path, name), f"unknown fact {name!r}", closest(name, fields), key=True)
        nested = _nested(fields[name])
        if nested is not None:
            facts[name] = _checked(rule, (*path, name), fact, nested)
            continue
        try:
            facts[name] = msgspec.to_builtins(msgspec.convert(fact, fields[name]))
        except msgspec.ValidationError as error:
            raise rule.marked.error((*path, name), f"{name}: {error}") from None
        if fact is None:
            raise rule.marked.error((*path, name), f"{name}: leave an unknown fact out")
        if isinstance(facts[name], tuple):
            facts[name] = list(facts[name])
    return facts


def _nested(declared: Any) -> type[msgspec.Struct] | None:
    options = get_args(declared) if get_origin(declared) in (Union, types.UnionType) else (declared,)
    return next((one for one in options if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)


@cache
def _defaults_of(record: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    empty: dict[Any, Any] = {str: "", bool: False, int: 0, float: 0.0}
    rows: list[tuple[str, Any]] = []
    for name, declared in get_type_hints(record).items():
        if type(None) in get_args(declared):
            continue
        nested = _nested(declared)
        rows.append((name, nested if nested is not None else empty.get(declared, ())))
    return tuple(rows)


def _defaults(record: type[msgspec.Struct]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in _defaults_of(record):
        if isinstance(value, type):
            facts[name] = _defaults(value)
        else:
            facts[name] = list(value) if isinstance(value, tuple) else value
    return facts


def verdict(where: Expression | None, when: Expression, facts: dict[str, Any], raises: str) -> str:
    """Return fail, pass, undetermined, not-applicable, or `fault: ...`."""
    prepared = activation(facts)
    if where is not None and where.evaluate(prepared).value is False:
        return "not-applicable"
    outcome = when.evaluate(prepared)
    if outcome.fault:
        return f"fault: {outcome.fault}"
    if outcome.value is None:
        return "undetermined"
    return raises if outcome.value else "pass"
