"""Questions to suppliers: what only they can answer, as lists to send and to fill in."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from auditor.report.labels import sentence

if TYPE_CHECKING:
    from auditor.judgement import Question
    from auditor.report.schema import Report

COLUMNS = (
    "id", "supplier", "ecu", "component", "version", "question", "claim", "answer", "answered by", "answered on",
    "source",
)  # fmt: skip
"""The last four are empty: the supplier fills them in; `claim` names the fact that an answer gives."""
COMMENT = "comment"
"""The claim of a question whose answer is no single fact: it is kept as a remark and has no effect."""


@dataclass(frozen=True)
class Asked:
    """One question to one supplier about one or more components."""

    supplier: str
    """As the documents name it; empty = not known."""
    text: str
    components: tuple[str, ...]


def open_ones(asked: Iterable[Question], findings: Container[str]) -> tuple[Question, ...]:
    """Return the questions that settle at least one of the findings (by id), without the others."""
    kept = []
    for one in asked:
        settles = tuple(id_ for id_ in (one.settles or (one.finding,)) if id_ in findings)
        if settles:
            kept.append(msgspec.structs.replace(one, finding=settles[0], settles=settles))
    return tuple(kept)


def grouped(report: Report) -> list[Asked]:
    """Return the questions of open findings, by supplier; the same question about several components is one."""
    names = {one.id: f"{one.name} {one.version or ''}".strip() for one in report.components}
    live = {one.id for one in report.findings if one.state == "open"}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in open_ones(report.questions, live):
        about = [names.get(one.component, one.component)] if one.component else one.ecus
        found.setdefault((one.supplier or "", one.text), {}).update(dict.fromkeys(about))
    return [Asked(supplier, text, tuple(sorted(parts))) for (supplier, text), parts in sorted(found.items())]


def rows(report: Report, language: str) -> list[tuple[str, ...]]:
    """Return the cells of every question of an open finding, unescaped, in the order of COLUMNS; each once."""
    components = {one.id: one for one in report.components}
    live = {one.id for one in report.findings if one.state == "open"}
    found = []
    for one in open_ones(report.questions, live):
        part = components.get(one.component)
        found.append(
            (
                one.id, one.supplier or "", part.ecu if part else ", ".join(one.ecus),
                part.name if part else one.component, (part.version or "") if part else "",
                sentence(one.text, language), one.claim or COMMENT, "", "", "", "",
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: (row[1], row[2], row[3], row[4], row[5], row[0]))
