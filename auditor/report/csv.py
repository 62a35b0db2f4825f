"""CSV: one row per finding and component, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from auditor.report import accepted
from auditor.report.escape import cell
from auditor.report.labels import say, sentence

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "csv"
TITLE = "CSV: findings, one row per component"
BINARY = False

COLUMNS = (
    "severity", "verdict", "state", "rule", "ecu", "component", "version", "kind", "owner", "country or region",
    "license", "message", "remediation", "question", "confidence", "fingerprint", "status",
    "waiver reason", "waiver owner", "waiver ends",
)  # fmt: skip


def render(report: Report, style: Style) -> bytes:
    """Return the findings as RFC 4180 CSV with a byte order mark, so that spreadsheets read UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([say(style.language)(one) for one in COLUMNS])
    for row in rows(report, style):
        writer.writerow([cell(value) for value in row])
    at = COLUMNS.index("message")
    for note in report.notes:
        ending = [""] * len(COLUMNS)
        ending[0], ending[at] = say(style.language)("note"), say(style.language)(note)
        writer.writerow([cell(value) for value in ending])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "backslashreplace")


def rows(report: Report, style: Style) -> list[tuple[str, ...]]:
    """Return the cells of all findings, unescaped."""
    components = {one.id: one for one in report.components}
    parties = {one.id: one.name for one in report.parties}
    zh, speak, waivers = style.language == "zh", say(style.language), accepted.records(report)
    found: list[tuple[str, ...]] = []
    for one in report.findings:
        record = waivers.get(one.waiver or "") if one.state == "waived" else None
        waiver = (speak(record.reason), record.owner, record.expires) if record else ("", "", "")
        for identity in one.components or ("",):
            part = components.get(identity)
            owner = (
                next((entry for entry in part.origin if entry.stage in ("owner", "steward")), None) if part else None
            )
            found.append(
                (
                    one.severity, one.verdict, one.state, one.rule, ", ".join(one.ecus),
                    part.name if part else "", (part.version or "") if part else "", part.kind if part else "",
                    parties.get(owner.party or "", owner.party or "") if owner else "",
                    (owner.country or "") if owner else "", (part.licenses.concluded or "") if part else "",
                    one.message_zh if zh and one.message_zh else one.message,
                    one.remediation_zh if zh and one.remediation_zh else one.remediation,
                    sentence(one.supplier_question, style.language), one.confidence, one.fingerprint,
                    one.status, *waiver,
                )
            )  # fmt: skip
    return found
