"""The commands and options that scripts rely on: every name is there, and every one says what it is for."""

from __future__ import annotations

from importlib import import_module

import click
import pytest

from auditor.cli import VERBS
from auditor.cli.verb import option_name

CHECK = """
pack home trusted restricted as-of model-year market vehicle ecu format output fail-on on-unknown accept-stated
min-coverage min-confidence assert bom lang profile select ignore severity rules knowledge waivers no-waivers
strict-waivers baseline new-only show group-by online limit max-bytes max-depth max-memory timeout jobs require-isolation
exit-zero allow-empty config no-config quiet verbose color progress log-format cache-dir input-type
"""
OPTIONS = {
    "check": CHECK,
    "scan": "format output as-of ecu input-type limit max-bytes max-depth max-memory timeout jobs",
    "tree": "format extract output-dir input-type",
    "explain": "report component",
    "verify": "as-of waivers no-waivers baseline rules knowledge input-type",
    "trace": "as-of input-type",
    "whatif": "remove format",
    "diff": "fail-on-new input-type",
    "merge": "format output",
    "report": "format output audience supplier",
    "attest": "verifier resource output",
    "init": "ci",
    "demo": "format output pack home",
    "doctor": "format",
}
PARTS = {
    "rules": "list show test new",
    "pack": "list show diff",
    "knowledge": "list show verify",
    "baseline": "create prune show",
    "waiver": "add list check prune",
    "fleet": "scan query report",
    "cache": "dir clean",
}
SHORT = {"-p": "pack", "-f": "format", "-o": "output", "-c": "config", "-q": "quiet", "-v": "verbose"}
CHOICES = {
    ("check", "fail-on"): ("critical", "high", "medium", "low", "never"),
    ("check", "on-unknown"): ("inconclusive", "fail", "ratchet"),
    ("check", "min-confidence"): ("low", "medium", "high"),
    ("check", "lang"): ("en", "zh"),
    ("check", "group-by"): ("rule", "component", "ecu", "party", "country"),
    ("check", "log-format"): ("text", "json"),
    ("tree", "format"): ("text", "json", "mtree"),
    ("init", "ci"): ("github", "gitlab", "jenkins", "pre-commit"),
}


def command(verb: str) -> click.Command:
    found: click.Command = import_module(f"auditor.cli.{verb}").command
    return found


def options(verb: str) -> dict[str, click.Option]:
    return {option_name(one): one for one in command(verb).params if isinstance(one, click.Option)}


def test_every_verb_is_there() -> None:
    assert {*OPTIONS, *PARTS, "schema", "completion"} == set(VERBS)


@pytest.mark.parametrize("verb", OPTIONS)
def test_every_option_is_there(verb: str) -> None:
    assert set(OPTIONS[verb].split()) - set(options(verb)) == set()


@pytest.mark.parametrize("verb", PARTS)
def test_every_part_of_a_verb_is_there(verb: str) -> None:
    found = command(verb)
    assert isinstance(found, click.Group)
    assert set(found.commands) == set(PARTS[verb].split())


def test_short_names_and_choices_are_as_documented() -> None:
    known = {short: option_name(one) for one in options("check").values() for short in one.opts if len(short) == 2}
    assert SHORT.items() <= known.items()
    for (verb, name), values in CHOICES.items():
        kind = options(verb)[name].type
        assert isinstance(kind, click.Choice)
        assert tuple(kind.choices) == values


def test_every_option_of_check_says_what_it_is_for() -> None:
    assert [name for name, one in options("check").items() if not one.help] == []
