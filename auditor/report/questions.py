"""Questions to suppliers: what only they can answer, as lists to send and to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.report.labels import sentence

if TYPE_CHECKING:
    from auditor.report.schema import Report

COLUMNS = (
    "id", "supplier", "ecu", "component", "question", "claim", "answer", "answered by", "answered on", "source",
)  # fmt: skip
"""The last four are empty: the supplier fills them in; `claim` names the fact that an answer gives."""
COMMENT = "comment"
"""The claim of a question whose answer is no single fact: it is kept as a remark and has no effect."""
CLAIMS = {
    "component.license.expression": "license", "component.version": "version", "component.purl": "purl",
    "component.cpe": "cpe", "component.mpn": "mpn",
}  # fmt: skip
"""A missing fact, and the claim of an answer that gives just that fact."""


@dataclass(frozen=True)
class Asked:
    """One question to one supplier about one or more components."""

    supplier: str
    """As the documents name it; empty = not known."""
    text: str
    components: tuple[str, ...]


def grouped(report: Report) -> list[Asked]:
    """Return the questions of open findings, by supplier; the same question about several components is one."""
    names = {one.id: f"{one.name} {one.version or ''}".strip() for one in report.components}
    live = {one.id for one in report.findings if one.state == "open"}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in report.questions:
        if one.finding in live:
            key = (one.supplier or "", one.text)
            found.setdefault(key, {})[names.get(one.component, one.component)] = None
    return [Asked(supplier, text, tuple(sorted(parts))) for (supplier, text), parts in sorted(found.items())]


def rows(report: Report, language: str) -> list[tuple[str, ...]]:
    """Return the cells of every question of an open finding, unescaped, in the order of COLUMNS; each once."""
    components = {one.id: one for one in report.components}
    findings = {one.id: one for one in report.findings if one.state == "open"}
    found: dict[str, tuple[str, ...]] = {}
    for one in report.questions:
        if one.finding not in findings:
            continue
        part = components.get(one.component)
        claims = {CLAIMS.get(path, COMMENT) for path in findings[one.finding].missing}
        found[one.id] = (
            one.id, one.supplier or "", part.ecu if part else "", part.name if part else one.component,
            sentence(one.text, language), claims.pop() if len(claims) == 1 else COMMENT, "", "", "", "",
        )  # fmt: skip
    return sorted(found.values(), key=lambda row: (row[1], row[2], row[3], row[4], row[0]))
