"""Ten subjects whose truth was written down before the first run: no wrong pass, few wrong failures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fixtures" / "truth"))

import score  # noqa: E402


@pytest.fixture(scope="module")
def answers() -> list[score.Answer]:
    found = [answer for subject in score.subjects() for answer in score.run(subject)[0]]
    assert len(score.subjects()) == 10
    return score.corrected(found)


def test_no_pass_is_wrong(answers: list[score.Answer]) -> None:
    assert [one.line() for one in answers if one.wrong_pass] == []


def test_few_failures_are_wrong(answers: list[score.Answer]) -> None:
    wrong = [one.line() for one in answers if one.wrong_fail]
    assert len(wrong) <= score.MOST * len(answers), wrong
    assert score.acceptable(answers)


def test_the_predictions_are_many_and_of_every_kind(answers: list[score.Answer]) -> None:
    assert len(answers) > 1000
    assert {one.expect for one in answers} == set(score.EXPECTED)
    assert {one.pack for one in answers} == set(score.PACKS)
    decided = sum(one.expect == one.got for one in answers)
    assert decided >= 150, "fail and undetermined as predicted"
