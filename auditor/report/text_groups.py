"""Findings of the terminal report, listed by component, controller, party or country instead of by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.report.escape import terminal
from auditor.report.summary import SEVERITIES

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Report

KEYS = ("rule", "component", "ecu", "party", "country")
SHOWN, HEADS = 4, 12
"""Findings listed under a head, and heads listed, before the rest is only counted."""


def listed(report: Report, style: Style) -> Iterator[str]:
    """Yield the open findings under the heads of `style.group_by`, the head with the most severe finding first."""
    heads: dict[str, list[Finding]] = {}
    for one in report.findings:
        if one.state == "open" and one.status == "stable":
            for head in keys(one, report, style.group_by):
                heads.setdefault(head, []).append(one)
    order = sorted(heads, key=lambda head: (min(map(_rank, heads[head])), -len(heads[head]), head))
    for head in order[:HEADS]:
        yield from _group(head, sorted(heads[head], key=lambda one: (_rank(one), one.rule, one.fingerprint)), style)
    if rest := order[HEADS:]:
        names = ", ".join(terminal(head) for head in rest)
        yield _cut(f"also      {len(rest)} more: {names}", style)


def keys(finding: Finding, report: Report, by: str) -> list[str]:
    """Return the heads a finding stands under; `unknown` where the party or country is not known."""
    if by == "rule":
        return [finding.rule]
    if by == "ecu":
        return list(finding.ecus) or ["no controller"]
    named = [one for one in report.components if one.id in finding.components]
    if by == "component":
        return sorted({f"{one.name} {one.version or ''}".strip() for one in named}) or ["no component"]
    values = {
        (entry.party if by == "party" else entry.country) or "unknown"
        for one in named
        for entry in one.origin
        if entry.stage in ("owner", "steward")
    }
    return sorted(values) or ["unknown"]


def _rank(finding: Finding) -> tuple[int, int]:
    return int(finding.verdict == "undetermined"), SEVERITIES.index(finding.severity)


def _group(head: str, findings: list[Finding], style: Style) -> Iterator[str]:
    failed = sum(one.verdict == "fail" for one in findings)
    yield _cut(f"{terminal(head)}  {failed} failed, {len(findings) - failed} unknown", style)
    for one in findings[:SHOWN]:
        word = one.severity if one.verdict == "fail" else "unknown"
        text = one.message_zh if style.language == "zh" and one.message_zh else one.message
        yield _cut(f"  {word:<9}{one.rule}  {terminal(text)}", style)
    if len(findings) > SHOWN:
        yield f"  … and {len(findings) - SHOWN} more"


def _cut(line: str, style: Style) -> str:
    return line if len(line) <= style.width else line[: style.width - 1] + "…"
