"""The answer to a query as a table, JSON or CSV, harmless where it is shown."""

from __future__ import annotations

import csv as csv_files
import io
from typing import Any

from auditor.fleet.query import Answer
from auditor.report.escape import cell, json_text, terminal

WIDEST = 60
"""Signs of one cell of a table."""


def written(answer: Answer, form: str) -> bytes:
    """Return an answer in the form table, json or csv."""
    text = {"table": table, "json": as_json, "csv": csv}[form](answer)
    return text.encode("utf-8", "backslashreplace")


def table(answer: Answer) -> str:
    """Return aligned columns; long cells are cut, which the other forms do not."""
    rows = [list(answer.columns), *([_text(value) for value in row] for row in answer.rows)]
    shown = [[_cut(terminal(one)) for one in row] for row in rows]
    wide = [max(len(row[column]) for row in shown) for column in range(len(answer.columns))]
    lines = ["  ".join(one.ljust(size) for one, size in zip(row, wide, strict=True)).rstrip() for row in shown]
    return "\n".join(lines) + "\n"


def as_json(answer: Answer) -> str:
    """Return a list of objects."""
    import msgspec

    rows = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
    return json_text(msgspec.json.format(msgspec.json.encode(rows, enc_hook=str)).decode()) + "\n"


def csv(answer: Answer) -> str:
    """Return RFC 4180 CSV with a byte order mark, safe to open in a spreadsheet."""
    stream = io.StringIO()
    writer = csv_files.writer(stream, quoting=csv_files.QUOTE_ALL, lineterminator="\r\n")
    for row in (answer.columns, *answer.rows):
        writer.writerow([cell(_text(value)) for value in row])
    return "\ufeff" + stream.getvalue()


def _plain(value: Any) -> Any:
    """Return what JSON can say exactly: an integer of more than 64 bits is a text."""
    return str(value) if isinstance(value, int) and value.bit_length() > 63 else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
