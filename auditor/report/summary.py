"""Count what was found and how much is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from auditor.judgement import Finding, Judgement
from auditor.model import Component, Inventory
from auditor.report.schema import Concentration, Concentrations, Coverage, EcuTally, Localization, Summary
from auditor.vehicle import Vehicle

SEVERITIES = ("critical", "high", "medium", "low", "info")
STAGES = ("owner", "design", "fab", "assembly", "test")


def summarize(inventory: Inventory, judgement: Judgement, vehicle: Vehicle | None = None) -> Summary:
    """Return the tallies of open findings and the figures of coverage and concentration.

    `vehicle` gives the spend that localization by value needs.
    """
    counted = [one for one in judgement.findings if one.status == "stable"]
    live = [one for one in counted if one.state == "open"]
    failed = [one for one in live if one.verdict == "fail"]
    ecus = sorted({one.ecu for one in inventory.inputs})
    coverage = dict(judgement.coverage)
    return Summary(
        by_severity=severities(failed),
        by_rule=dict(sorted(Counter(one.rule for one in failed).items())),
        by_ecu={ecu: tally(ecu, inventory, counted) for ecu in ecus},
        waived=sum(one.state == "waived" for one in counted),
        baselined=sum(one.state == "baselined" for one in counted),
        undetermined=sum(one.verdict == "undetermined" for one in live),
        declared_only=sum(one.declared and not one.observed for one in inventory.components),
        coverage=Coverage(
            origin=coverage.get("origin", 0.0),
            license=coverage.get("license", 0.0),
            version=coverage.get("version", 0.0),
            os=coverage.get("os", 0.0),
            bytes_understood=coverage.get("bytesUnderstood", 0.0),
        ),
        concentration=Concentrations(
            country=concentration([country(one, "owner") for one in inventory.components]),
            party=concentration([party(one, "owner") for one in inventory.components]),
            stages={stage: concentration([country(one, stage) for one in inventory.components]) for stage in STAGES},
        ),
        localization=localization(inventory.components, judgement.home, vehicle),
        baselined_unknowns=sum(one.state == "baselined" and one.verdict == "undetermined" for one in counted),
    )


def severities(findings: Iterable[Finding]) -> dict[str, int]:
    """Return the number of findings of each severity."""
    counts = Counter(one.severity for one in findings)
    return {severity: counts[severity] for severity in SEVERITIES}  # type: ignore[index]


def tally(ecu: str, inventory: Inventory, findings: Iterable[Finding]) -> EcuTally:
    """Return the counts of one controller."""
    return tally_of(ecu, sum(one.ecu == ecu for one in inventory.components), findings)


def tally_of(ecu: str, components: int, findings: Iterable[Finding]) -> EcuTally:
    """Return the counts of a controller that has so many components."""
    own = [one for one in findings if ecu in one.ecus]
    live = [one for one in own if one.state == "open"]
    return EcuTally(
        components=components,
        by_severity=severities(one for one in live if one.verdict == "fail"),
        undetermined=sum(one.verdict == "undetermined" for one in live),
        waived=sum(one.state == "waived" for one in own),
    )


def country(component: Component, stage: str) -> str | None:
    """Return the country or region of a stage, None when unknown."""
    return next((one.country for one in component.origin if one.stage == stage and one.country), None)


def party(component: Component, stage: str) -> str | None:
    """Return the party of a stage, None when unknown."""
    return next((one.party for one in component.origin if one.stage == stage and one.party), None)


def concentration(values: Sequence[str | None]) -> Concentration:
    """Return the index over the known values and the share of unknown ones."""
    known = [value for value in values if value is not None]
    shares = {name: round(count / len(known), 6) for name, count in sorted(Counter(known).items())}
    return Concentration(
        hhi=round(sum((share * share for share in shares.values()), 0.0), 6),
        shares=shares,
        unknown=round(1 - len(known) / len(values), 6) if values else 0.0,
    )


def localization(components: Sequence[Component], home: Sequence[str], vehicle: Vehicle | None = None) -> Localization:
    """Return the share of components controlled from home, by count and, where spend is declared, by value.

    With a vehicle also for each layer.
    """
    whole = _localized(components, home, vehicle)
    if vehicle is None:
        return whole
    by_layer: dict[str, list[Component]] = {}
    for one in components:
        by_layer.setdefault(one.layer, []).append(one)
    layers = {
        name: msgspec.structs.replace(_localized(found, home, vehicle), components=len(found))
        for name, found in sorted(by_layer.items())
    }
    return msgspec.structs.replace(whole, layers=layers)


def _localized(components: Sequence[Component], home: Sequence[str], vehicle: Vehicle | None) -> Localization:
    total = len(components)
    known = [value for one in components if (value := country(one, "owner"))]
    if not total:
        return Localization(by_count=0.0, unknown=0.0)
    spent = value_of(components, home, vehicle)
    worth = sum(spent.values())
    terms = spends(vehicle)
    return Localization(
        by_count=round(sum(value in home for value in known) / total, 6),
        unknown=round(1 - len(known) / total, 6),
        by_value=round(spent["home"] / worth, 6) if worth else None,
        unknown_value=round(spent["unknown"] / worth, 6) if worth else None,
        without_spend=round(sum(not priced(one, terms) for one in components) / total, 6) if worth else None,
    )


def value_of(components: Sequence[Component], home: Sequence[str], vehicle: Vehicle | None) -> dict[str, float]:
    """Return the spend on parts controlled from home, from elsewhere and by nobody known; each part counts once."""
    spent = {"home": 0.0, "elsewhere": 0.0, "unknown": 0.0}
    terms = spends(vehicle)
    owners = {name: country(one, "owner") for one in components for name in priced(one, terms)}
    for name, owner in sorted(owners.items()):
        spent["unknown" if owner is None else "home" if owner in home else "elsewhere"] += terms[name]
    return spent


def spends(vehicle: Vehicle | None) -> dict[str, float]:
    """Return part -> spend of the parts for which one is given."""
    return {one.part.casefold(): one.spend for one in vehicle.parts if one.spend} if vehicle else {}


def priced(one: Component, terms: dict[str, float]) -> list[str]:
    """Return the names of a component under which a spend is given."""
    return [name.casefold() for name in (one.mpn, one.name, one.purl) if name and name.casefold() in terms]
