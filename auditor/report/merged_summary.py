"""The figures of a merged report, counted again from what it lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.report.schema import Concentrations, Coverage, Localization, Summary
from auditor.report.summary import STAGES, concentration, severities, tally_of

if TYPE_CHECKING:
    from auditor.report.schema import Report, ReportComponent


def summary(reports: Sequence[Report]) -> Summary:
    """Return the tallies over all reports; coverage is weighted by what it is a share of."""
    components = [one for report in reports for one in report.components]
    counted = [one for report in reports for one in report.findings if one.status == "stable"]
    live = [one for one in counted if one.state == "open"]
    failed = [one for one in live if one.verdict == "fail"]
    ecus = sorted({one.name for report in reports for one in report.ecus})
    owners = [place(one, "owner") for one in components]
    home = reports[0].run.home
    known = sum(owner in home for owner in owners)
    total = max(1, len(components))
    return Summary(
        by_severity=severities(failed),
        by_rule=dict(sorted(Counter(one.rule for one in failed).items())),
        by_ecu={ecu: tally_of(ecu, sum(one.ecu == ecu for one in components), counted) for ecu in ecus},
        waived=sum(one.state == "waived" for one in counted),
        baselined=sum(report.summary.baselined for report in reports),
        undetermined=sum(one.verdict == "undetermined" for one in live),
        declared_only=sum(one.declared and not one.observed for one in components),
        coverage=coverage(reports),
        concentration=Concentrations(
            country=concentration(owners),
            party=concentration([place(one, "owner", "party") for one in components]),
            stages={stage: concentration([place(one, stage) for one in components]) for stage in STAGES},
        ),
        localization=Localization(
            by_count=round(known / total, 6) if components else 0.0,
            unknown=round(sum(owner is None for owner in owners) / total, 6) if components else 0.0,
        ),
        baselined_unknowns=sum(report.summary.baselined_unknowns for report in reports),
    )


def coverage(reports: Sequence[Report]) -> Coverage:
    """Return the shares over all: by components, by controllers, by bytes."""
    parts = [len(one.components) for one in reports]
    ecus = [len(one.ecus) for one in reports]
    sizes = [sum(each.size for each in one.inputs) for one in reports]
    shares = [one.summary.coverage for one in reports]
    return Coverage(
        origin=_mean([one.origin for one in shares], parts),
        license=_mean([one.license for one in shares], parts),
        version=_mean([one.version for one in shares], parts),
        os=_mean([one.os for one in shares], ecus),
        bytes_understood=_mean([one.bytes_understood for one in shares], sizes),
    )


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    total = sum(weights)
    return (
        round(sum(value * weight for value, weight in zip(values, weights, strict=True)) / total, 6) if total else 0.0
    )


def place(one: ReportComponent, stage: str, field: str = "country") -> str | None:
    """Return the country or party of a stage, None when unknown."""
    return next((value for entry in one.origin if entry.stage == stage and (value := getattr(entry, field))), None)
