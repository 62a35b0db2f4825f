"""Questions to suppliers: what only they can answer, joined and put into a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.report.schema import Report


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
