"""JUnit XML: a test case per rule and controller, for pipelines that show test results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report.escape import xml

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "junit"
TITLE = "JUnit XML: rules as test cases"
BINARY = False


def render(report: Report, style: Style) -> bytes:
    """Return the rules that ran as test cases; undetermined is an error, waived is skipped, trial never fails."""
    cases: list[tuple[str, str, str]] = []
    for run in report.rules_run:
        findings = [one for one in report.findings if one.rule == run.id]
        if not findings:
            body = '<skipped message="not applicable"/>' if run.result == "notApplicable" else ""
            cases.append((run.id, "all", body))
        for ecu in sorted({", ".join(one.ecus) or "all" for one in findings}):
            here = [one for one in findings if (", ".join(one.ecus) or "all") == ecu]
            cases.append((run.id, ecu, _body(here, style)))
    failures = sum("<failure" in body for *_, body in cases)
    errors = sum("<error" in body for *_, body in cases)
    skipped = sum("<skipped" in body for *_, body in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>", f'<testsuite name="auditor" {counts}>']
    for rule, ecu, body in cases:
        head = f'<testcase classname="{xml(rule)}" name="{xml(ecu)}" time="0"'
        lines.append(f"{head}>{body}</testcase>" if body else f"{head}/>")
    lines += ["</testsuite>", "</testsuites>"]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _body(findings: list[Finding], style: Style) -> str:
    live = [one for one in findings if one.state == "open" and one.status == "stable"]
    text = "\n".join(xml(_message(one, style)) for one in live)
    failed = [one for one in live if one.verdict == "fail"]
    if failed:
        return f'<failure type="{failed[0].severity}" message="{xml(_message(failed[0], style))}">{text}</failure>'
    if live:
        return f'<error type="undetermined" message="{xml(_message(live[0], style))}">{text}</error>'
    return '<skipped message="waived, baselined or trial"/>'


def _message(one: Finding, style: Style) -> str:
    return one.message_zh if style.language == "zh" and one.message_zh else one.message
