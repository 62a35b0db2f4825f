from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate import tokens
from auditor.evaluate.errors import PolicyError
from auditor.evaluate.expression import Source, activation, compile_expression, is_optional
from auditor.evaluate.message import compile_message
from auditor.evaluate.strict_yaml import Mark

SOURCE = Source("rules/x.yaml", Mark(5, 9))


def value(text: str, facts: dict[str, Any], kind: str = "component", params: dict[str, Any] | None = None) -> Any:
    return compile_expression(text, kind, params or {}, SOURCE, boolean=True).evaluate(activation({kind: facts})).value


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"owner": {"jurisdiction": "outside"}, "governance": "vendor"}, True),
        ({"owner": {"jurisdiction": "home"}, "governance": "vendor"}, False),
        ({"owner": {"jurisdiction": "outside"}}, None),
        ({"owner": {"jurisdiction": "home"}}, False),
        ({"governance": "vendor"}, None),
        ({"governance": "community"}, False),
        ({}, None),
    ],
)
def test_three_values(facts: dict[str, Any], expected: bool | None) -> None:
    text = "component.owner.jurisdiction in ['outside'] && component.governance == 'vendor'"
    assert value(text, facts) is expected


def test_or_absorbs_an_absent_fact() -> None:
    assert value("component.mpn == 'x' || component.declared", {"declared": True}) is True
    assert value("component.mpn == 'x' || component.declared", {"declared": False}) is None


@pytest.mark.parametrize(
    ("text", "line", "column", "suggestion"),
    [
        ("component.ownr.country == 'CN'", 5, 19, "owner"),
        ("component.owner.cuntry == 'CN'", 5, 25, "country"),
        ("compnent.name == 'x'", 5, 9, "component"),
        ("component.name.startsWidth('x')", 5, 24, "startsWith"),
        ("sizee(component.name) > 1", 5, 9, "size"),
        ("component.name == 3", 5, 24, ""),
        ("component.name", 5, 9, ""),
        ("component.quantity > 1", 5, 28, ""),
        ("component.name ==", 5, 26, ""),
        ("params.mx > 3 && component.declared", 5, 9, "max"),
        ("params.max > 3 && component.declred", 5, 37, "declared"),
        ("component.declared\n  && component.obsrved", 6, 16, "observed"),
        ("run.modelyear > 2026", 5, 13, "model_year"),
    ],
)
def test_faults_have_a_place_and_a_suggestion(text: str, line: int, column: int, suggestion: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_expression(text, "component", {"max": 1234567}, SOURCE, boolean=True)
    error = caught.value
    assert (error.file, error.line, error.column, error.suggestion) == ("rules/x.yaml", line, column, suggestion)


def test_the_engines_limits_are_faults_never_a_pass() -> None:
    many = compile_expression("component.license.ids.exists(i, i == 'x')", "component", {}, SOURCE, boolean=True)
    outcome = many.evaluate(activation({"component": {"license": {"ids": ["a"] * 20_000}}}))
    assert outcome.value is None
    assert "udget" in outcome.fault
    for deep in ("(" * 200 + "true" + ")" * 200, "!(" * 200 + "true" + ")" * 200):
        with pytest.raises(PolicyError, match="recursion"):
            compile_expression(deep, "component", {}, SOURCE, boolean=True)
    with pytest.raises(PolicyError, match="longer than"):
        compile_expression("component.declared" + " " * 65_536, "component", {}, SOURCE, boolean=True)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^([a-zA-Z]+)*$"])
def test_patterns_do_not_backtrack(pattern: str) -> None:
    assert value(f"component.name.matches('{pattern}')", {"name": "a" * 30_000 + "!"}) is False


def test_a_pattern_the_engine_refuses_is_a_fault() -> None:
    expression = compile_expression(r"component.name.matches('(a)\\1')", "component", {}, SOURCE, boolean=True)
    outcome = expression.evaluate(activation({"component": {"name": "aa"}}))
    assert outcome.value is None
    assert outcome.fault


def test_references_leave_out_methods_and_guards() -> None:
    text = "has(component.mpn) && component.name.size() > 1 && run.model_year > 2026"
    found = compile_expression(text, "component", {}, SOURCE, boolean=True)
    assert found.references == ("component.name", "run.model_year")
    assert found.mentioned == ("component.mpn", "component.name", "run.model_year")


def test_optional_facts_are_those_that_may_be_absent() -> None:
    assert is_optional("component.owner.country", "component")
    assert is_optional("run.model_year", "ecu")
    assert not is_optional("component.license.known", "component")
    assert is_optional("link.source.license.category", "link")


def test_messages_go_through_the_same_compiler() -> None:
    message = compile_message(
        "{{x}} {component.name} {component.owner.country} {component.license.ids}", "component", {}, SOURCE
    )
    facts = activation({"component": {"name": "lib", "license": {"ids": ["A", "B"]}}})
    assert message.render(facts, "unknown") == "{x} lib unknown A, B"
    with pytest.raises(PolicyError) as caught:
        compile_message("at {component.nme}", "component", {}, SOURCE)
    assert (caught.value.line, caught.value.column, caught.value.suggestion) == (5, 23, "name")
    for text in ("open {component.name", "close }"):
        with pytest.raises(PolicyError, match="brace"):
            compile_message(text, "component", {}, SOURCE)


@given(st.text(max_size=80))
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokens.split(text)) == text


@given(st.one_of(st.booleans(), st.integers(0, 10**9), st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3)))
def test_a_parameter_is_substituted_as_its_value(parameter: Any) -> None:
    assert value("params.x == params.x", {}, params={"x": parameter}) is True


def test_a_parameter_in_a_string_is_text() -> None:
    assert tokens.substitute("'params.x' == params.x", {"x": "y"}).text == "'params.x' == \"y\""


@given(st.text(alphabet="component.owner&|!()[]'= <>1params", max_size=40))
def test_any_text_compiles_or_is_an_error(text: str) -> None:
    try:
        compile_expression(text, "component", {"x": 1}, SOURCE, boolean=True)
    except PolicyError as error:
        assert error.line >= 5
