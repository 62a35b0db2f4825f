"""The JSON report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auditor.model import SCHEMA_VERSION
from auditor.report.escape import json_bytes

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "json"
TITLE = "JSON report, the contract for scripts; schema by `auditor schema report`"
BINARY = False


def render(report: Report, style: Style) -> bytes:
    """Return the report as UTF-8 JSON, two blanks of indentation, keys in the schema's order.

    What a terminal or editor would obey (bidirectional marks, C1 controls) is written as an escape.
    """
    return json_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2)) + b"\n"


def read(data: bytes) -> Report:
    """Read a report back. Raises msgspec.ValidationError when it is none."""
    from auditor.report.schema import Report

    report = msgspec.json.decode(data, type=Report)
    if report.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise msgspec.ValidationError(
            f"schema version {report.schema_version}, this program reads {SCHEMA_VERSION.partition('.')[0]}.x"
        )
    return report
