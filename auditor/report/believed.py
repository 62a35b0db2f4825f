"""The verdict of a report that somebody else wrote: never better than what stands in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auditor.judgement import GateResult

if TYPE_CHECKING:
    from auditor.report.schema import Report

RESULTS = ("fail", "inconclusive", "pass")
"""The worst first."""


def believed(report: Report) -> GateResult:
    """Return the verdict; a better one than open findings and inputs allow is replaced, and the reasons say so.

    An exit code that an option made 0 stays: what the report calls its result is what counts.
    """
    result, code = implied(report)
    said = report.verdict
    if RESULTS.index(said.result) <= RESULTS.index(result):
        return said
    reason = f"what it holds makes it {result}, though the report says {said.result}"
    worse = said.exit_code if said.exit_code not in (0, 1, 4) else code
    return GateResult(result, worse, (*said.reasons, reason))  # type: ignore[arg-type]


def consistent(report: Report) -> Report:
    """Return the report with the verdict that can be believed."""
    return msgspec.structs.replace(report, verdict=believed(report))


def implied(report: Report) -> tuple[str, int]:
    """Return the best (result, exit code) that a report with these findings and inputs can have."""
    from auditor.evaluate.gate import at_or_above

    run = report.run
    live = [one for one in report.findings if one.state == "open" and one.status == "stable"]
    reaching = [one for one in live if at_or_above(one.severity, run.fail_on)]
    unknown = [one for one in live if one.verdict == "undetermined"]
    if any(one.verdict == "fail" or run.on_unknown == "fail" for one in reaching):
        return "fail", 1
    accepted = {input_ for one in report.findings if one.state != "open" for input_ in one.inputs}
    unread = any(not one.complete and one.id not in accepted for one in report.inputs)
    ratcheted = run.on_unknown == "ratchet" and run.fail_on != "never" and bool(unknown)
    return ("inconclusive", 4) if reaching or unread or ratcheted else ("pass", 0)
