"""Who accepted a finding, why and until when, as every format says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.report.labels import say

if TYPE_CHECKING:
    from auditor.judgement import Finding, WaiverRecord
    from auditor.report.schema import Report

Records = dict[str, "WaiverRecord"]
"""Waiver, as a finding names it -> what its file says."""


def records(report: Report) -> Records:
    """Return the waivers of a report by name."""
    return {one.id: one for one in report.waivers.records}


def because(one: Finding, known: Records, language: str = "en") -> str:
    """Return reason, owner, end and comment of the waiver of a finding; without one its state."""
    speak, record = say(language), known.get(one.waiver or "")
    if record is None:
        return one.waiver or speak(one.state)
    words = [speak(record.reason), record.owner, f"{speak('until')} {record.expires}", record.comment, record.ticket]
    words += [f"{speak('approved by')} {record.approved_by}"] if record.approved_by else []
    return " · ".join(filter(None, words))
