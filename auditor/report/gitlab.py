"""GitLab code quality: the JSON array that merge requests show, written after GitLab's documentation."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from auditor.report import accepted
from auditor.report.escape import json_text, terminal
from auditor.report.labels import say

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "gitlab"
TITLE = "GitLab code quality report"
BINARY = False

SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}


def render(report: Report, style: Style) -> bytes:
    """Return the open findings, and the waived ones as information; fingerprints are unique, paths relative.

    Without the waived ones a merge request would show a finding that was accepted as one that was resolved.
    """
    waivers, speak = accepted.records(report), say(style.language)
    paths = {one.id: one.path for one in report.inputs}
    first = next(iter(sorted(paths.values())), "input")
    components = {one.id: one for one in report.components}
    rows = []
    for one in report.findings:
        if one.state == "baselined" or one.status != "stable":
            continue
        votes = [
            vote for identity in one.components if identity in components for vote in components[identity].evidence
        ]
        place = paths.get(votes[0].input) if votes else paths.get(one.inputs[0]) if one.inputs else None
        text = one.message_zh if style.language == "zh" and one.message_zh else one.message
        text = text if one.verdict == "fail" else f"undetermined: {text}"
        weighs = one.verdict == "fail" and one.state == "open"
        if one.state == "waived":
            text = f"{speak('waived')} ({accepted.because(one, waivers, style.language)}): {text}"
        rows.append(
            {
                "description": terminal(text),
                "check_name": one.rule,
                "fingerprint": one.fingerprint,
                "severity": SEVERITIES[one.severity] if weighs else "info",
                "location": {"path": place or first, "lines": {"begin": 1}},
            }
        )
    for name, note in zip(("conflict-of-law", "disclaimer"), report.notes, strict=True):
        rows.append(  # the format has no other place; a constant fingerprint makes it no change of a merge request
            {
                "description": speak(note),
                "check_name": name,
                "fingerprint": hashlib.sha256(name.encode()).hexdigest(),
                "severity": "info",
                "location": {"path": first, "lines": {"begin": 1}},
            }
        )
    return (json_text(msgspec.json.format(msgspec.json.encode(rows), indent=1).decode()) + "\n").encode()
