"""Words of the reports in other languages: `labels.json`, from the English text.

What rules say is not translated here (they carry their own Chinese texts) except their questions to
suppliers; what an input says is never translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

Say = Callable[[str], str]
_TALLY = re.compile(r"\d+ [a-z]+(, \d+ [a-z]+)*")
LONGEST = 2_000
"""Characters of a sentence that is compared with the phrases."""


class Labels(msgspec.Struct, frozen=True):
    """The texts of one language."""

    words: dict[str, str]
    phrases: dict[str, str]
    """Sentences with places `{1}`, `{2}` for what they speak about."""


@cache
def table(language: str) -> Labels:
    """Return the texts of a language; none for English itself."""
    if language == "en":
        return Labels({}, {})
    data = Path(__file__).with_name("labels.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, Labels])[language]


def say(language: str) -> Say:
    """Return the function that puts a label into a language; what has no entry stays English."""
    words = table(language).words
    return lambda text: words.get(text, text)


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for phrase, text in table(language).phrases.items():
        parts = re.split(r"\{\d\}", phrase)
        found.append((re.compile("(.+?)".join(map(re.escape, parts)), re.S), text))
    return tuple(found)


def sentence(text: str, language: str) -> str:
    """Put a sentence of a known form into a language; any other stays as it is."""
    if len(text) > LONGEST:
        return text
    speak = say(language)
    for pattern, other in _patterns(language):
        if found := pattern.fullmatch(text):
            return re.sub(r"\{(\d)\}", lambda place: _place(found[int(place[1])], speak), other)
    return speak(text)


def _place(text: str, speak: Say) -> str:
    """Put a word or a tally (`1 critical, 6 high`) into the language."""
    if _TALLY.fullmatch(text):
        return ", ".join(f"{count} {speak(word)}" for count, word in (part.split(" ") for part in text.split(", ")))
    return speak(text)
