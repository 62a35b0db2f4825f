"""SARIF 2.1.0 for code scanning: one result per finding of a stable rule, with help; waived ones are suppressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from auditor.report import accepted
from auditor.report.escape import json_text, markdown, terminal

if TYPE_CHECKING:
    from auditor.judgement import Finding, RuleInfo
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "sarif"
TITLE = "SARIF 2.1.0 (code scanning)"
BINARY = False

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
MOST = 25_000
"""Results of a run that code scanning takes; more are refused altogether."""
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "1.0"}


def render(report: Report, style: Style) -> bytes:
    """Return the findings as a SARIF log; file locations are the inputs, inner paths logical locations."""
    stable = [one for one in report.rules if one.status == "stable"]
    places = {one.id: index for index, one in enumerate(stable)}
    components = {one.id: one for one in report.components}
    paths = {one.id: one.path for one in report.inputs}
    waivers = accepted.records(report)
    shown = [one for one in report.findings if one.status == "stable"]
    order = sorted(shown, key=lambda one: (one.state != "open", one.verdict != "fail", *_rank(one)))
    kept = {one.id for one in order[:MOST]}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": [_rule(one) for one in stable],
            }
        },
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(one, places, components, paths, style) | _suppressed(one, waivers)
            for one in shown
            if one.id in kept
        ],
        "properties": {
            "verdict": report.verdict.result,
            "exitCode": report.verdict.exit_code,
            "conflictOfLaw": report.conflict_of_law,
            "disclaimer": report.disclaimer,
        },
    }
    if len(order) > MOST:
        text = f"{len(order) - MOST} findings of least weight are left out: code scanning takes {MOST}"
        run["invocations"] = [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}],
            }
        ]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json_text(msgspec.json.format(msgspec.json.encode(log), indent=2).decode()) + "\n").encode()


def _rank(one: Finding) -> tuple[int, str, str]:
    return list(LEVELS).index(one.severity), one.rule, one.id


def _rule(one: RuleInfo) -> dict[str, Any]:
    references = [reference.url for reference in one.references if reference.url]
    lines = [f"**Why.** {markdown(one.rationale)}", f"**What to do.** {markdown(one.remediation or '-')}"]
    rule: dict[str, Any] = {
        "id": one.id,
        "name": "".join(part.capitalize() for part in one.id.split("-")),
        "shortDescription": {"text": one.title},
        "fullDescription": {"text": one.rationale or one.title},
        "help": {"text": one.remediation or one.rationale or one.title, "markdown": "\n\n".join(lines)},
        "defaultConfiguration": {"level": LEVELS[one.severity]},
        "properties": {"security-severity": SCORES[one.severity], "tags": ["supply-chain", one.basis, one.status]},
    }
    if references:
        rule["helpUri"] = references[0]
    return rule


def _result(
    one: Finding, places: dict[str, int], components: dict[str, ReportComponent], paths: dict[str, str], style: Style
) -> dict[str, Any]:
    zh = style.language == "zh" and one.message_zh
    word = "" if one.verdict == "fail" else "undetermined: "
    result: dict[str, Any] = {
        "ruleId": one.rule,
        **({"ruleIndex": places[one.rule]} if one.rule in places else {}),
        "kind": "fail" if one.verdict == "fail" else "open",
        "message": {"text": word + terminal(one.message_zh if zh else one.message)},
        "locations": _locations(one, components, paths),
        "partialFingerprints": {"auditor/v1": one.fingerprint},
        "properties": {
            "severity": one.severity,
            "confidence": one.confidence,
            "ecus": list(one.ecus),
            "state": one.state,
        },
    }
    if one.verdict == "fail":
        result["level"] = LEVELS[one.severity]
    return result


def _suppressed(one: Finding, waivers: accepted.Records) -> dict[str, Any]:
    """Return the suppression of a waived or baselined finding: who accepted it, why, until when."""
    if one.state == "open":
        return {}
    said: dict[str, Any] = {"kind": "external", "justification": terminal(accepted.because(one, waivers))}
    record = waivers.get(one.waiver or "")
    if record is not None:
        words = {"owner": record.owner, "reason": record.reason, "expires": record.expires, "waiver": record.id}
        words |= {"approvedBy": record.approved_by, "ticket": record.ticket, "comment": record.comment}
        said |= {"status": "accepted", "properties": {name: terminal(word) for name, word in words.items() if word}}
    return {"suppressions": [said]}


def _locations(one: Finding, components: dict[str, ReportComponent], paths: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for identity in one.components[:1]:
        for vote in components[identity].evidence[:1] if identity in components else ():
            found.append(_location(paths.get(vote.input, ""), vote.path, components[identity].name))
    if not found:
        found = [_location(paths.get(identity, ""), "", "") for identity in one.inputs[:1]]
    return [place for place in found if place] or [
        _location(next(iter(sorted(filter(None, paths.values()))), "input"), "", "")
    ]


def _location(path: str, inner: str, name: str) -> dict[str, Any]:
    """Return a location; code scanning wants a relative file URI without colon, and a region."""
    if not path:
        return {}
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path, safe="/").lstrip("/") or "input", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 1},
        }
    }
    if inner or name:
        full = f"{path}!/{inner}" if inner else path
        place["logicalLocations"] = [
            {"name": terminal(name or inner), "fullyQualifiedName": terminal(full), "kind": "module"}
        ]
    return place
