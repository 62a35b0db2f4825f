"""JUnit XML: a test case per rule and controller, for pipelines that show test results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import accepted
from auditor.report.escape import xml
from auditor.report.labels import say

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "junit"
TITLE = "JUnit XML: rules as test cases"
BINARY = False

NAMED = 3
"""Reasons that the message of a skipped case names; its output has all."""


def render(report: Report, style: Style) -> bytes:
    """Return the rules that ran as test cases; undetermined is an error, waived is skipped, trial never fails."""
    cases: list[tuple[str, str, str]] = []
    waivers = accepted.records(report)
    for run in report.rules_run:
        findings = [one for one in report.findings if one.rule == run.id]
        if not findings:
            body = '<skipped message="not applicable"/>' if run.result == "notApplicable" else ""
            cases.append((run.id, "all", body))
        for ecu in sorted({", ".join(one.ecus) or "all" for one in findings}):
            here = [one for one in findings if (", ".join(one.ecus) or "all") == ecu]
            cases.append((run.id, ecu, _body(here, waivers, style)))
    failures = sum("<failure" in body for *_, body in cases)
    errors = sum("<error" in body for *_, body in cases)
    skipped = sum("<skipped" in body for *_, body in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>", f'<testsuite name="auditor" {counts}>']
    speak = say(style.language)
    notes = (f'<property name="note" value="{xml(speak(one))}"/>' for one in report.notes)
    lines.append(f"<properties>{''.join(notes)}</properties>")
    for rule, ecu, body in cases:
        head = f'<testcase classname="{xml(rule)}" name="{xml(ecu)}" time="0"'
        lines.append(f"{head}>{body}</testcase>" if body else f"{head}/>")
    lines += ["</testsuite>", "</testsuites>"]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _body(findings: list[Finding], waivers: accepted.Records, style: Style) -> str:
    live = [one for one in findings if one.state == "open" and one.status == "stable"]
    text = "\n".join(xml(_message(one, style)) for one in live)
    failed = [one for one in live if one.verdict == "fail"]
    others = sorted({_set_aside(one, waivers, style) for one in findings if one not in live})
    noted = f"<system-out>{xml(chr(10).join(others))}</system-out>" if others else ""
    if failed:
        head = f'<failure type="{failed[0].severity}" message="{xml(_message(failed[0], style))}">{text}</failure>'
    elif live:
        head = f'<error type="undetermined" message="{xml(_message(live[0], style))}">{text}</error>'
    else:
        head = f'<skipped message="{xml("; ".join(others[:NAMED]))}"/>'
    return head + noted


def _set_aside(one: Finding, waivers: accepted.Records, style: Style) -> str:
    """Say why a finding does not count, and for a waived one who accepted it until when."""
    if one.state == "open":
        return say(style.language)("trial")
    why = f" ({accepted.because(one, waivers, style.language)})" if one.state == "waived" else ""
    return f"{say(style.language)(one.state)}{why}"


def _message(one: Finding, style: Style) -> str:
    return one.message_zh if style.language == "zh" and one.message_zh else one.message
