"""The questions to suppliers as a workbook, with empty columns for the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report.questions import COLUMNS, rows
from auditor.report.xlsx import workbook

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "questions-xlsx"
TITLE = "XLSX: questions to suppliers, with columns for their answers (extra `xlsx`)"
BINARY = True


def render(report: Report, style: Style) -> bytes:
    """Return a workbook of one sheet; raises ValueError without the extra `xlsx`."""
    return workbook([("Questions", COLUMNS, rows(report, style.language))], report, style)
