"""Markdown for a pull-request comment or a job summary: short, tables, nothing an input can inject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.report import accepted
from auditor.report.escape import markdown
from auditor.report.labels import say, sentence
from auditor.report.summary import SEVERITIES
from auditor.report.text import heading

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "markdown"
TITLE = "Markdown (pull-request comment, job summary)"
BINARY = False

LARGEST = 60_000
"""Characters; a comment holds 65,536."""
NAMES = 6


def render(report: Report, style: Style) -> bytes:
    """Return the report as Markdown of at most 60,000 characters; what does not fit is counted."""
    lines: list[str] = []
    size = 0
    for line in _lines(report, style):
        size += len(line) + 1
        if size > LARGEST:
            lines += ["", f"*{say(style.language)('More findings than fit here; see the JSON or HTML report.')}*"]
            break
        lines.append(line)
    for note in report.notes:
        lines += ["", f"*{markdown(say(style.language)(note))}*"]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _lines(report: Report, style: Style) -> Iterator[str]:
    summary, verdict, speak = report.summary, report.verdict, say(style.language)
    yield f"## auditor: {speak(verdict.result.upper())}"
    yield ""
    yield markdown(heading(report, say(style.language)))
    yield ""
    for reason in verdict.reasons:
        yield f"- {markdown(sentence(reason, style.language))}"
    known = f"origin known for {summary.coverage.origin:.1%} of {len(report.components)} components"
    yield f"- {sentence(known, style.language)}, "
    counts = ((summary.undetermined, "unknown"), (summary.waived, "waived"), (summary.baselined, "baselined"))
    yield "  " + ", ".join(f"{count} {speak(word)}" for count, word in counts)
    yield ""
    yield _row("ECU", *(speak(one) for one in ("components", *SEVERITIES[:4], "unknown", "waived")))
    yield "|---|---|---|---|---|---|---|---|"
    for name, tally in sorted(summary.by_ecu.items()):
        cells = (
            tally.components,
            *(tally.by_severity[one] for one in SEVERITIES[:4]),
            tally.undetermined,
            tally.waived,
        )
        yield _row(markdown(name), *map(str, cells))
    for title, verdict_name in (("Findings", "fail"), ("Unknown", "undetermined")):
        rows = [
            one
            for one in report.findings
            if one.verdict == verdict_name and one.state == "open" and one.status == "stable"
        ]
        if rows:
            yield from (
                "",
                f"### {speak(title)}",
                "",
                _row(*(speak(one) for one in ("severity", "rule", "where", "what", "what to do"))),
                "|---|---|---|---|---|",
            )
            yield from _table(rows, report, style)
    yield from _waived(report, style)


def _waived(report: Report, style: Style) -> Iterator[str]:
    """Yield who accepted what until when."""
    speak, known = say(style.language), accepted.records(report)
    lines = sorted(
        {
            f"- {one.rule}: {markdown(accepted.because(one, known, style.language))}"
            for one in report.findings
            if one.state == "waived" and one.status == "stable"
        }
    )
    if lines:
        yield from ("", f"### {speak('Waivers')}", "", *lines)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(rows: list[Finding], report: Report, style: Style) -> Iterator[str]:
    names, speak = {one.id: one.name for one in report.components}, say(style.language)
    for severity in SEVERITIES:
        for rule in sorted({one.rule for one in rows if one.severity == severity}):
            group = [one for one in rows if one.rule == rule and one.severity == severity]
            zh = style.language == "zh"
            text = group[0].message_zh if zh and group[0].message_zh else group[0].message
            fix = group[0].remediation_zh if zh and group[0].remediation_zh else group[0].remediation
            if len(group) > 1:
                listed = sorted({names.get(part, "") for one in group for part in one.components} - {""})
                more = sentence(f", … {len(listed) - NAMES} more", style.language) if len(listed) > NAMES else ""
                text = f"{len(group)}: {', '.join(listed[:NAMES])}{more}" if listed else f"{len(group)}: {text}"
            where = ", ".join(sorted({ecu for one in group for ecu in one.ecus}))
            yield _row(speak(severity), *map(markdown, (rule, where, text, fix)))
