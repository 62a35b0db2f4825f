"""Markdown for a pull-request comment or a job summary: short, tables, nothing an input can inject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.report.escape import markdown
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
            lines += ["", "*More findings than fit here; see the JSON or HTML report.*"]
            break
        lines.append(line)
    return ("\n".join([*lines, "", f"*{markdown(report.disclaimer)}*"]) + "\n").encode("utf-8", "backslashreplace")


def _lines(report: Report, style: Style) -> Iterator[str]:
    summary, verdict = report.summary, report.verdict
    yield f"## auditor: {verdict.result.upper()}"
    yield ""
    yield markdown(heading(report))
    yield ""
    for reason in verdict.reasons:
        yield f"- {markdown(reason)}"
    yield f"- origin known for {summary.coverage.origin:.1%} of {len(report.components)} components, "
    yield f"  {summary.undetermined} unknown, {summary.waived} waived, {summary.baselined} baselined"
    yield ""
    yield "| ECU | components | critical | high | medium | low | unknown | waived |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, tally in sorted(summary.by_ecu.items()):
        counts = (*(tally.by_severity[one] for one in SEVERITIES[:4]), tally.undetermined, tally.waived)
        yield f"| {markdown(name)} | {tally.components} | {' | '.join(str(count) for count in counts)} |"
    for title, verdict_name in (("Findings", "fail"), ("Unknown", "undetermined")):
        rows = [
            one
            for one in report.findings
            if one.verdict == verdict_name and one.state == "open" and one.status == "stable"
        ]
        if rows:
            yield from (
                "",
                f"### {title}",
                "",
                "| severity | rule | where | what | what to do |",
                "|---|---|---|---|---|",
            )
            yield from _table(rows, report, style)


def _table(rows: list[Finding], report: Report, style: Style) -> Iterator[str]:
    names = {one.id: one.name for one in report.components}
    for severity in SEVERITIES:
        for rule in sorted({one.rule for one in rows if one.severity == severity}):
            group = [one for one in rows if one.rule == rule and one.severity == severity]
            zh = style.language == "zh"
            text = group[0].message_zh if zh and group[0].message_zh else group[0].message
            fix = group[0].remediation_zh if zh and group[0].remediation_zh else group[0].remediation
            if len(group) > 1:
                listed = sorted({names.get(part, "") for one in group for part in one.components} - {""})
                more = f", … {len(listed) - NAMES} more" if len(listed) > NAMES else ""
                text = f"{len(group)}: {', '.join(listed[:NAMES])}{more}" if listed else f"{len(group)}: {text}"
            where = ", ".join(sorted({ecu for one in group for ecu in one.ecus}))
            yield f"| {severity} | {markdown(rule)} | {markdown(where)} | {markdown(text)} | {markdown(fix)} |"
