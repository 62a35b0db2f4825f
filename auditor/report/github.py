"""GitHub workflow commands: annotations on the run; use Markdown for the job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report.escape import workflow
from auditor.report.labels import say

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "github"
TITLE = "GitHub annotations (workflow commands)"
BINARY = False

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}
MOST = 10
"""GitHub shows ten annotations of a kind per step; the rest is counted in the last line."""


def render(report: Report, style: Style) -> bytes:
    """Return one annotation per open finding, the most severe first, ten of a kind at most, and the verdict."""
    shown: dict[str, int] = {}
    lines = []
    for one in sorted(report.findings, key=lambda one: (one.verdict != "fail", list(LEVELS).index(one.severity))):
        if one.state == "open" and one.status == "stable":
            level = LEVELS[one.severity] if one.verdict == "fail" else "notice"
            shown[level] = shown.get(level, 0) + 1
            if shown[level] <= MOST:
                text = one.message_zh if style.language == "zh" and one.message_zh else one.message
                title = one.rule if one.verdict == "fail" else f"undetermined {one.rule}"
                lines.append(f"::{level} title={workflow(title, is_property=True)}::{workflow(text)}")
    counts = ", ".join(f"{count} {level}s" for level, count in sorted(shown.items()))
    verdict, speak = report.verdict, say(style.language)
    ending = f"::notice title=auditor::{verdict.result}, exit code {verdict.exit_code}%3A {counts or 'no findings'}"
    lines.append("%0A".join((ending, *(workflow(speak(one)) for one in report.notes))))
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
