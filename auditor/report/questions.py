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
CLAIMS = (
    (".license", "license"), (".version", "version"), (".owner", "manufacturer"), (".hq", "manufacturer"),
    (".steward", "supplier"),
)  # fmt: skip
"""(part of the path of a missing fact, what an answer to it claims)"""


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
        claim = next((word for path in findings[one.finding].missing for end, word in CLAIMS if end in path), "")
        found[one.id] = (
            one.id, one.supplier or "", part.ecu if part else "", part.name if part else one.component,
            sentence(one.text, language), claim, "", "", "", "",
        )  # fmt: skip
    return sorted(found.values(), key=lambda row: (row[1], row[2], row[3], row[4], row[0]))
