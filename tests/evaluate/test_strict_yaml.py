from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.strict_yaml import Mark, parse


def test_text_stays_text_and_types_are_few() -> None:
    value = parse(
        "a: NO\nb: 190:20:30\nc: 1e3\nd: 2026-01-01\ne: [1, 1.5, true, '1', null]\nf: 0x10\ng: yes\n", "f"
    ).value
    assert value == {
        "a": "NO", "b": "190:20:30", "c": "1e3", "d": "2026-01-01", "e": [1, 1.5, True, "1", None], "f": "0x10", "g": "yes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "stands twice"),
        ("a: &x [1]\nb: *x\n", 1, 4, "anchors"),
        ("a: !!python/object/apply:os.system ['touch canary']\n", 1, 4, "tags"),
        ("a: !local x\n", 1, 4, "tags"),
        ("base: {a: 1}\nb:\n  <<: {a: 2}\n", 3, 3, "merge"),
        ("a: 1\n---\nb: 2\n", 2, 1, "one document"),
        ("? [a]\n: 1\n", 1, 3, "key must be text"),
        ("a: [1, 2\n", 2, 1, "not valid YAML"),
        ("[" * 100_000, 1, 1001, "nesting depth"),
        ("a: " + "{b: " * 500, 1, 128, "nested deeper"),
        ("a:\n\t- b\n", 2, 1, "not valid YAML"),
    ],
)
def test_faults_have_a_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text, "rules/x.yaml")
    assert (caught.value.file, caught.value.line) == ("rules/x.yaml", line)
    assert caught.value.column == column
    assert words in caught.value.message


def test_alias_bomb_is_an_error_at_once() -> None:
    text = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(40))
    with pytest.raises(PolicyError, match="anchors"):
        parse(text, "bomb.yaml")


def test_places_inside_scalars_are_those_of_the_file() -> None:
    marked = parse('a: "xy"\nwhen: |\n    first\n    second\nplain: abc\n', "f")
    assert marked.values[("a",)].inside(1, 1) == (1, 5)
    assert marked.values[("when",)].inside(2, 3) == (4, 7)
    assert marked.values[("plain",)] == Mark(5, 8)
    assert marked.keys[("when",)] == Mark(2, 1)


@given(st.text(alphabet="ab:-[]{}&*!|>'\" \n\t#,?<", max_size=60))
def test_any_text_is_a_value_or_an_error(text: str) -> None:
    try:
        parse(text, "f")
    except PolicyError as error:
        assert error.file == "f"
