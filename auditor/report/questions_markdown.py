"""The questions to suppliers as Markdown: a letter per supplier."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from auditor.report.escape import markdown
from auditor.report.labels import say
from auditor.report.questions import rows

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "questions-markdown"
TITLE = "Markdown: questions to suppliers, a list for each"
BINARY = False
REQUEST = "Please answer each question in writing, with who answers, the day and a source."


def render(report: Report, style: Style) -> bytes:
    """Return a chapter per supplier with its questions by component."""
    speak = say(style.language)
    lines = [f"# {speak('Supplier questions')}", "", f"{speak('as of')} {report.run.as_of}. {speak(REQUEST)}"]
    for supplier, some in groupby(rows(report, style.language), key=lambda row: row[1]):
        lines += ["", f"## {markdown(supplier) or speak('supplier') + ': ' + speak('not known')}"]
        for (ecu, component, version), asked in groupby(some, key=lambda row: row[2:5]):
            head = " \u00b7 ".join(filter(None, (f"{component} {version}".strip(), ecu))) or speak("vehicle")
            lines += ["", f"### {markdown(head)}", ""]
            lines += [f"- {markdown(row[5])} ({row[0]})" for row in asked]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
