"""The JSON report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "json"
TITLE = "JSON report, the contract for scripts; schema by `auditor schema report`"
BINARY = False

OUTSIDE_ASCII = re.compile(r"[^\x00-\x7e]")


def render(report: Report, style: Style) -> bytes:
    """Return the report as UTF-8 JSON, two blanks of indentation, keys in the schema's order.

    What a terminal or editor would obey (bidirectional marks, C1 controls) is written as an escape.
    """
    text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode()
    return (OUTSIDE_ASCII.sub(_visible, text) + "\n").encode()


def _visible(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def read(data: bytes) -> Report:
    """Read a report back. Raises msgspec.ValidationError when it is none."""
    from auditor.report.schema import Report

    return msgspec.json.decode(data, type=Report)
