"""The questions to suppliers as CSV, with empty columns for the answers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from auditor.report.escape import cell
from auditor.report.labels import say
from auditor.report.questions import COLUMNS, rows

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "questions-csv"
TITLE = "CSV: questions to suppliers, with columns for their answers"
BINARY = False


def render(report: Report, style: Style) -> bytes:
    """Return the questions as RFC 4180 CSV with a byte order mark, so that spreadsheets read UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([say(style.language)(one) for one in COLUMNS])
    for row in rows(report, style.language):
        writer.writerow([cell(value) for value in row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "backslashreplace")
