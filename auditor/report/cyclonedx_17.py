"""CycloneDX 1.7, JSON, of an audit's components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report import cyclonedx

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "cyclonedx-1.7"
TITLE = "CycloneDX 1.7, JSON: the components with evidence, licenses and origin"
BINARY = False
JUDGED = False


def render(report: Report, style: Style) -> bytes:
    """Return CycloneDX 1.7, JSON."""
    return cyclonedx.write(report, "1.7", "json")
