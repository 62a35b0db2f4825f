"""XLSX workbook for reviews: findings, components, parts, countries, waivers, questions, evidence."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.report import csv as flat
from auditor.report import questions
from auditor.report.escape import terminal
from auditor.report.html import WAIVER_COLUMNS, waivers
from auditor.report.labels import say, sentence
from auditor.report.summary import SEVERITIES

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "xlsx"
TITLE = "XLSX workbook for reviews (extra `xlsx`)"
BINARY = True

Sheet = tuple[str, Sequence[str], Sequence[Sequence[Any]]]
"""Title, columns, rows."""
LARGEST_CELL = 32_000
COLORS = {"critical": "#F4C7C3", "high": "#FCE0CC", "medium": "#FFF3C4", "low": "#DCE9F7", "undetermined": "#E6DAF5"}


def render(report: Report, style: Style) -> bytes:
    """Return the workbook; text is always text, never a formula. Raises ValueError without the extra `xlsx`."""
    return workbook(sheets(report, style), report, style)


def workbook(pages: Iterable[Sheet], report: Report, style: Style) -> bytes:
    """Return a workbook of sheets with frozen header and filters. Raises ValueError without the extra `xlsx`."""
    try:
        import xlsxwriter
    except ImportError:
        raise ValueError("the format xlsx needs the extra: pip install 'auditor[xlsx]'") from None
    from datetime import datetime

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"title": "Supply-chain audit", "created": datetime.fromisoformat(report.run.as_of)})
    head = book.add_format({"bold": True, "bg_color": "#E8EAED", "border": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    fills = {word: book.add_format({"bg_color": color}) for word, color in COLORS.items()}
    speak = say(style.language)
    for title, columns, rows in pages:
        sheet = book.add_worksheet(speak(title))
        _fill(sheet, [speak(one) for one in columns], rows, head, wrap)
        if title in ("Findings", "Summary"):
            for word, fill in fills.items():
                rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": fill}
                sheet.conditional_format(1, 0, max(len(rows), 1), 1, rule)
    book.close()
    return stream.getvalue()


def _fill(sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], head: Any, wrap: Any) -> None:
    for index, name in enumerate(columns):
        sheet.write_string(0, index, name, head)
    for number, row in enumerate(rows, 1):
        for index, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, index, value, wrap)
            else:
                sheet.write_string(number, index, terminal(str(value))[:LARGEST_CELL], wrap)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    for index, name in enumerate(columns):
        longest = max([len(name), *(len(str(row[index])) for row in rows[:200])], default=8)
        sheet.set_column(index, index, min(60, longest + 2))


def sheets(report: Report, style: Style) -> Iterable[Sheet]:
    """Yield (title, columns, rows) of every sheet."""
    yield "Summary", ("what", "value"), _summary(report, style)
    order = sorted(flat.rows(report, style), key=lambda row: (SEVERITIES.index(row[0]), row[1] != "fail"))
    yield "Findings", flat.COLUMNS, order
    yield "Components", COMPONENT_COLUMNS, [_component(one, report) for one in report.components]
    yield "Parts & alternates", PART_COLUMNS, [row for one in report.components for row in _parts(one)]
    if report.parts is not msgspec.UNSET:
        uses = [
            (
                one.name,
                one.version or "",
                one.kind,
                len(one.ecus),
                ", ".join(one.ecus),
                "" if one.quantity is None else one.quantity,
            )
            for one in report.parts
        ]
        yield "Parts by quantity", ("part", "version", "kind", "controllers", "ecu", "quantity"), uses
    yield "Countries", ("stage", "country or region", "components"), _countries(report)
    yield "Waivers", WAIVER_COLUMNS, waivers(report, say(style.language))
    asked = questions.grouped(report)
    rows = [(one.supplier, ", ".join(one.components), sentence(one.text, style.language)) for one in asked]
    yield "Questions", ("supplier", "components", "question"), rows
    yield "Evidence", EVIDENCE_COLUMNS, [row for one in report.components for row in _evidence(one)]


def _summary(report: Report, style: Style) -> list[tuple[str, Any]]:
    summary, speak = report.summary, say(style.language)
    rows: list[tuple[str, Any]] = [("verdict", speak(report.verdict.result)), ("exit code", report.verdict.exit_code)]
    rows += [("reason", sentence(reason, style.language)) for reason in report.verdict.reasons]
    rows += list(summary.by_severity.items())
    rows += [("undetermined", summary.undetermined), ("waived", summary.waived), ("baselined", summary.baselined)]
    rows += [("origin coverage", summary.coverage.origin), ("license coverage", summary.coverage.license)]
    rows += [("home", ", ".join(report.run.home)), ("as of", report.run.as_of)]
    rows += [("pack", f"{pack.id} {pack.version}") for pack in report.run.packs]
    rows += [("input", f"{one.path} {one.sha256}") for one in report.inputs]
    return [*((speak(name), value) for name, value in rows), *((speak("note"), speak(note)) for note in report.notes)]


COMPONENT_COLUMNS = (
    "ecu", "kind", "layer", "name", "version", "declared", "observed", "owner", "owner country or region", "steward",
    "license", "purl", "cpe", "part number",
)  # fmt: skip


def _component(one: ReportComponent, report: Report) -> tuple[Any, ...]:
    names = {party.id: party.name for party in report.parties}
    owner = next((entry for entry in one.origin if entry.stage == "owner"), None)
    steward = next((entry for entry in one.origin if entry.stage == "steward"), None)
    return (
        one.ecu, one.kind, one.layer, one.name, one.version or one.version_range or "", one.declared, one.observed,
        names.get(owner.party or "", owner.party or "") if owner else "", (owner.country or "") if owner else "",
        names.get(steward.party or "", steward.party or "") if steward else "",
        one.licenses.concluded or "", one.purl or "", one.cpe or "", one.mpn or "",
    )  # fmt: skip


PART_COLUMNS = (
    "ecu",
    "part",
    "quantity",
    "life cycle",
    "codes",
    "alternate",
    "kind",
    "party",
    "country or region",
    "qualified",
)


def _parts(one: ReportComponent) -> Iterable[tuple[Any, ...]]:
    if one.kind != "chip":
        return
    sourcing = one.sourcing
    head = (one.ecu, one.name, one.quantity or "", (sourcing.lifecycle or "") if sourcing else "")
    codes = ", ".join(sourcing.codes) if sourcing else ""
    known = sourcing.alternates if sourcing else ()
    for other in known:
        yield (*head, codes, other.name, other.kind, other.party or "", other.country or "", other.qualified or "")
    if not known:
        yield (*head, codes, "none known" if sourcing and sourcing.known else "unknown", "", "", "", "")


def _countries(report: Report) -> list[tuple[str, str, int]]:
    counts = Counter((entry.stage, entry.country or "unknown") for one in report.components for entry in one.origin)
    return [(stage, code, count) for (stage, code), count in sorted(counts.items())]


EVIDENCE_COLUMNS = (
    "ecu",
    "component",
    "claim",
    "value",
    "method",
    "grade",
    "detector",
    "role",
    "path",
    "place",
    "sha256",
)


def _evidence(one: ReportComponent) -> Iterable[tuple[Any, ...]]:
    for vote in one.evidence:
        place = hex(vote.offset) if vote.offset is not None else vote.pointer or ""
        yield (
            one.ecu, one.name, vote.claim, vote.value, vote.method, vote.grade, vote.detector, vote.role, vote.path,
            place, vote.sha256,
        )  # fmt: skip
