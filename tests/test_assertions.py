"""Corrections by the user, through the real command: they fill, they contradict, they never overwrite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENTRY = """\
  - component: "{component}"
    claim: {claim}
    value: "{value}"
    who: Jane Example, Example Motors
    date: 2026-11-20
    source: mail of the supplier, 2026-11-19
"""


def audited(program: Any, folder: Path, *said: tuple[str, str, str]) -> tuple[dict[str, Any], str]:
    text = "assertions:\n" + "".join(ENTRY.format(component=a, claim=b, value=c) for a, b, c in said)
    (folder / "said.yaml").write_text(text)
    done = program("demo", "-f", "json", "--as-of", "2026-11-24", "--assert", str(folder / "said.yaml"))
    assert done.stdout, done.stderr.decode()
    return json.loads(done.stdout), done.stderr.decode()


def component(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in report["components"] if one["name"] == name)


def test_assertion_fills_what_nobody_said(program: Any, tmp_path: Path, demo: Any) -> None:
    before = component(demo("CN"), "libgnsscore")
    assert "version" not in before and not before["licenses"].get("declared")
    report, _ = audited(
        program, tmp_path,
        ("libgnsscore", "version", "2.4.1"), ("libgnsscore", "license", "MIT"),
        ("libgnsscore", "manufacturer", "Example Sensors"),
    )  # fmt: skip
    after = component(report, "libgnsscore")
    assert (after["version"], after["licenses"]["declared"]) == ("2.4.1", "MIT")
    assert after["manufacturer"]["name"] == "Example Sensors"
    votes = [vote for vote in after["evidence"] if vote["method"] == "asserted"]
    assert {(vote["claim"], vote["value"]) for vote in votes} >= {("version", "2.4.1"), ("license", "MIT")}
    assert all("Jane Example, Example Motors, 2026-11-20" in vote["pointer"] for vote in votes)


def test_assertion_never_makes_a_component_declared(program: Any, tmp_path: Path) -> None:
    report, _ = audited(program, tmp_path, ("libgnsscore", "version", "2.4.1"))
    assert component(report, "libgnsscore")["declared"] is False
    assert any(one["rule"] == "undeclared-component" and "libgnsscore" in one["message"] for one in report["findings"])


def test_assertion_against_the_bytes_is_a_contradiction(program: Any, tmp_path: Path, demo: Any) -> None:
    seen = component(demo("CN"), "FreeRTOS")["version"]
    report, _ = audited(program, tmp_path, ("FreeRTOS", "version", "11.1.0"))
    found = component(report, "FreeRTOS")
    assert found["version"] == seen
    assert any("asserted 11.1.0 by Jane Example" in text for text in found["contradictions"])


def test_assertion_about_nothing_is_told(program: Any, tmp_path: Path) -> None:
    _, told = audited(program, tmp_path, ("no-such-part", "version", "1"))
    assert "said.yaml:2: no component is called 'no-such-part'" in told


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        (ENTRY.format(component="x", claim="versoin", value="1"), "3:12", "did you mean 'version'"),
        (ENTRY.format(component="x", claim="country", value="Atlantis"), "2:1", "no country"),
        (ENTRY.format(component="x", claim="version", value="1").replace("who:", "whom:"), "5:5", "'who'"),
        (ENTRY.format(component="x", claim="version", value="1").replace("2026-11-20", "soon"), "6:11", "day"),
        ("  - component: x\n", "2:5", "lacks claim, value, who, date, source"),
    ],
)
def test_wrong_file_ends_with_5(program: Any, tmp_path: Path, text: str, place: str, hint: str) -> None:
    (tmp_path / "said.yaml").write_text("assertions:\n" + text)
    done = program("demo", "--assert", str(tmp_path / "said.yaml"))
    assert done.returncode == 5
    assert f"said.yaml:{place}: " in done.stderr.decode() and hint in done.stderr.decode()
