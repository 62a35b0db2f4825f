"""Findings of the terminal report, listed by component, controller, party or country instead of by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.report.escape import terminal
from auditor.report.labels import say, sentence
from auditor.report.summary import SEVERITIES
from auditor.report.width import cut, padded

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
        text = sentence(f"{len(rest)} more: {names}", style.language)
        yield cut(padded(say(style.language)("also"), 10) + text, style.width)


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
    speak = say(style.language)
    failed = sum(one.verdict == "fail" for one in findings)
    counts = f"{failed} {speak('failed')}, {len(findings) - failed} {speak('unknown')}"
    yield cut(f"{terminal(speak(head))}  {counts}", style.width)
    for one in findings[:SHOWN]:
        word = one.severity if one.verdict == "fail" else "unknown"
        text = one.message_zh if style.language == "zh" and one.message_zh else one.message
        yield cut(f"  {padded(speak(word), 9)}{one.rule}  {terminal(text)}", style.width)
    if len(findings) > SHOWN:
        yield "  " + sentence(f"… and {len(findings) - SHOWN} more", style.language)
