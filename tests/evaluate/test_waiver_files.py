"""Waiver files as text: what people wrote beside the entries stays, and what is written is what is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from evaluate_records import DAY
from hypothesis import given
from hypothesis import strategies as st

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.strict_yaml import parse
from auditor.evaluate.waiver_files import extended, render, without
from auditor.evaluate.waivers import REASONS, Waiver, parsed

RULES = ["rule-a", "rule-b"]
FILE = """\
# kept by the purchasing team
waivers:
# about the first
- rule: rule-a   # why
  component: lib
  reason: accepted-risk
  owner: o
  expires: 2027-01-01

# about the second
- rule: rule-b
  ecu: T-Box
  reason: out-of-scope
  owner: o
  expires: 2027-02-01
"""


def waiver(**changes: Any) -> Waiver:
    fields = {"id": "rule-a x", "rule": "rule-a", "component": "x", "reason": "accepted-risk", "owner": "o"}
    return Waiver(expires=date(2027, 1, 1), **(fields | changes))  # type: ignore[arg-type]


def read(text: str) -> list[str]:
    return [one.id for one in parsed(parse(text, "w.yaml"), RULES, as_of=DAY)]


def test_a_waiver_is_added_at_the_end_and_nothing_else_changes() -> None:
    text = extended(FILE, "w.yaml", waiver(), RULES, DAY)
    assert text.startswith(FILE)
    assert read(text) == ["rule-a lib", "rule-b T-Box", "rule-a x"]
    assert read(extended("", "w.yaml", waiver(), RULES, DAY)) == ["rule-a x"]


@pytest.mark.parametrize(
    "text",
    [
        "waivers: []\n",
        "waivers: [{rule: rule-a, component: lib, reason: false-positive, owner: o, expires: 2027-01-01}]",
    ],
)
def test_a_file_of_another_style_is_written_anew(text: str) -> None:
    before = read(text)
    assert sorted(read(extended(text, "w.yaml", waiver(), RULES, DAY))) == sorted([*before, "rule-a x"])


def test_a_waiver_goes_with_the_comment_above_it() -> None:
    first = without(FILE, "w.yaml", {4}, RULES, DAY)
    assert read(first) == ["rule-b T-Box"]
    assert "about the first" not in first
    assert "purchasing" in first
    second = without(FILE, "w.yaml", {11}, RULES, DAY)
    assert (read(second), "about the second" in second, "# why" in second) == (["rule-a lib"], False, True)
    assert without(FILE, "w.yaml", {4, 11}, RULES, DAY) == "waivers: []\n"


def test_a_broken_file_is_an_error_and_not_overwritten() -> None:
    with pytest.raises(PolicyError, match="did you mean 'rule-a'"):
        extended(FILE.replace("rule: rule-a", "rule: rule-aa"), "w.yaml", waiver(), RULES, DAY)


TEXT = st.text(min_size=1, max_size=20).filter(lambda one: one.strip() and "\x00" not in one)


@given(TEXT, TEXT, st.sampled_from(REASONS), st.dates(date(2000, 1, 1)))
def test_any_waiver_is_read_as_it_was_written(component: str, owner: str, reason: str, expires: date) -> None:
    one = Waiver("", "rule-a", reason, owner, expires, component=component)
    try:
        found = parsed(parse(render([one]), "w"), RULES, as_of=DAY)[0]
    except PolicyError as error:
        assert "not valid YAML" in str(error)
        return
    assert (found.component, found.owner, found.reason, found.expires) == (component, owner, reason, expires)


def test_the_same_scope_with_other_bytes_is_another_waiver() -> None:
    text = FILE.replace("component: lib", f"component: lib\n  artifact: {'ab' * 32}")
    assert read(text)[0] == "rule-a lib " + "ab" * 6
    with pytest.raises(PolicyError, match="64 hexadecimal"):
        read(text.replace("ab" * 32, "AB" * 32))


def test_the_packs_bound_reaches_the_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="at most 30 days") as caught:
        parsed(parse(FILE, "w.yaml"), RULES, as_of=DAY, max_days=30)
    assert (caught.value.line, caught.value.column) == (8, 12)
