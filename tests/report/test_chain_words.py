"""The chain of findings in Chinese: words of our own are put over, what others wrote stays."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from auditor.evaluate import words
from auditor.judgement import ChainStep
from auditor.report import chain_words, labels
from auditor.report import json as reports
from auditor.report.schema import Report

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OURS = re.compile(r"\b(unknown|confidence|decisive|supporting|offset|house|practice|qualified|whose|its|where it)\b")


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    return reports.read(json.dumps(demo()).encode())


def test_every_step_of_the_demo_is_put_over(report: Report) -> None:
    named = "|".join(sorted((re.escape(one.name) for one in report.components), key=len, reverse=True))
    steps = [(step, one) for one in report.findings for step in one.chain]
    assert len(steps) > 200
    for step, one in steps:
        made = chain_words.spoken(step, one, "zh")
        assert labels.say("zh")(step.step) != step.step, step.step
        text = re.sub(r"https?://\S+|pkg:\S+|rules/\S+|component\.\S+|link\.\S+", "", f"{made.value} {made.source}")
        assert not OURS.search(re.sub(named, "", text.replace(one.rule, ""))), (step, made)
        assert chain_words.spoken(step, one, "en") == step


def test_what_is_unknown_is_said_with_its_path(report: Report) -> None:
    one = next(one for one in report.findings if one.missing)
    (step,) = [step for step in one.chain if step.step == "undetermined"]
    said = chain_words.spoken(step, one, "zh").value
    assert all(path in said for path in one.missing)
    assert CHINESE.search(said)


def test_every_giver_has_its_chinese() -> None:
    for english, chinese in words.givers("zh").items():
        assert CHINESE.search(chinese), english
    assert set(words.givers("en")) == set(words.givers("zh"))


def test_text_of_an_input_is_left_alone(report: Report) -> None:
    one = report.findings[0]
    for value in ("libfoo (weak)", "house (practice) unknown", "x (offset 0x1) line 3 of 4"):
        assert chain_words.spoken(ChainStep("declared", value, "a.csv line 3"), one, "zh").value == value
    long = ChainStep("seen", "x (" * 3_000, "signatures: kind x (weak)")
    assert chain_words.spoken(long, one, "zh") == long


def test_the_first_step_names_the_input(report: Report) -> None:
    paths = {one.path for one in report.inputs}
    firsts = [one.chain[0] for one in report.findings if one.components and one.chain]
    places = [step.value if step.step == "seen" else step.source for step in firsts]
    assert len(places) > 30
    assert all(any(place.startswith(path) for path in paths) for place in places), places
