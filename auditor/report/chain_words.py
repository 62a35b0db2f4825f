"""The chain of a finding in another language; what inputs, sources and clauses say stays as it is written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from auditor.evaluate import words
from auditor.report.labels import Say, say, sentence

if TYPE_CHECKING:
    from auditor.judgement import ChainStep, Finding

LONGEST = 4_000
"""Characters of a step that is looked through; longer ones stay as they are."""
SENTENCES = ("undetermined", "doubt", "answered", "control")
"""Steps whose value is a sentence of our own; the others name things."""
UNKNOWN = "unknown: "
STATED = "; stated, not read at a source: "
_BRACKETS = re.compile(r" \(([a-z][a-z -]*(?:, [a-z][a-z -]*)*)\)(?=$|[,;])")
_PLACE = re.compile(r" (offset|line) (0x[0-9a-f]+|[0-9]+)$")
_READ = re.compile(r"\((read) ([0-9]{4}-[0-9]{2}-[0-9]{2})\)")
_BASIS = re.compile(r", (read|derived|user|stated)(?:, (confidence) (low|medium|high))?$")
_VOTE = re.compile(r"^([\w-]+): ([\w-]+) ")


def spoken(step: ChainStep, one: Finding, language: str) -> ChainStep:
    """Return a step of the chain of a finding in a language."""
    if language == "en" or len(step.value) + len(step.source) > LONGEST:
        return step
    speak = say(language)
    value, source = _value(step, one, speak, language), _source(step, speak)
    return msgspec.structs.replace(step, value=value, source=source)


def missing(one: Finding, language: str) -> str:
    """Return the facts that a finding lacks, in words."""
    return ", ".join(words.missing(path, language) for path in one.missing)


def _value(step: ChainStep, one: Finding, speak: Say, language: str) -> str:
    value = step.value
    if step.step == "fix":
        return one.remediation_zh or value
    if step.step == "ask":
        return words.givers(language).get(value, value)
    if step.step == "undetermined" and value.startswith(UNKNOWN) and one.missing:
        facts = value.partition(STATED)[2]
        return f"{speak('unknown')}:{missing(one, language)}" + (f"{speak(STATED)}{facts}" if facts else "")
    if step.step == "declared" and step.source != "vehicle file":
        return value
    party, bracket, rest = value.partition(" (")
    if party == "unknown party" and bracket:
        value = f"{speak(party)} ({rest}"
    if step.step in SENTENCES:
        value = sentence(value, language)
    return _placed(_bracketed(speak(value), speak), speak)


def _source(step: ChainStep, speak: Say) -> str:
    text = _placed(speak(step.source), speak)
    if step.step == "sourcing":
        return ", ".join(map(speak, step.source.split(", ")))
    if step.step == "seen":
        text = _VOTE.sub(lambda found: f"{found[1]}:{speak(found[2])} ", text)
    text = _READ.sub(lambda found: f"({speak('read on')} {found[2]})", text)
    text = _BASIS.sub(
        lambda found: f",{speak('basis ' + found[1])}" + (f",{speak(found[2])} {speak(found[3])}" if found[2] else ""),
        text,
    )
    return _bracketed(text, speak)


def _bracketed(text: str, speak: Say) -> str:
    """Put the words of our own in brackets into the language: `(house)`, `(declared, qualified)`."""
    return _BRACKETS.sub(lambda found: f"({','.join(map(speak, found[1].split(', ')))})", text)


def _placed(text: str, speak: Say) -> str:
    return _PLACE.sub(lambda found: f" {speak(found[1])} {found[2]}", text)
