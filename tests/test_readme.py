"""The README is true: its terminal sample is what the program prints, its links exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SAMPLE = re.compile(r"(<!-- demo -->\n```\n)(.*?)(```\n<!-- /demo -->)", re.DOTALL)


def test_terminal_sample(program: Any, request: pytest.FixtureRequest) -> None:
    done = program("demo", "--as-of", "2026-11-24", environment={"COLUMNS": "110"})
    shown = done.stdout.decode()
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        README.write_text(SAMPLE.sub(lambda found: found[1] + shown + found[3], text), encoding="utf-8")
        text = README.read_text(encoding="utf-8")
    found = SAMPLE.search(text)
    assert found is not None
    assert found[2] == shown
    assert len(shown.splitlines()) <= 60


def test_named_documents_exist() -> None:
    for name in re.findall(r"`((?:docs/)?[\w-]+\.md)`", README.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file(), name


def test_exit_codes_are_those_of_the_help(program: Any) -> None:
    text = README.read_text(encoding="utf-8")
    codes = set(re.findall(r"^\| (\d+) \|", text, re.MULTILINE))
    assert codes == set(
        re.findall(
            r"\b(\d+) (?:pass|findings|wrong|input|incon|invalid|source|report|internal|interr)",
            " ".join(program("--help").stdout.decode().split()),
        )
    )
