"""SPDX 2.3 tag-value of an audit's components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import spdx

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "spdx-tag-value"
TITLE = "SPDX 2.3, tag-value: the components with licenses; origin in annotations"
BINARY = False
JUDGED = False


def render(report: Report, style: Style) -> bytes:
    """Return SPDX 2.3 tag-value."""
    return spdx.write(report, "tag-value")
