"""What the review page counts: layer by jurisdiction, rule by controller, what goes without a party."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.report.summary import SEVERITIES

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report.schema import Report, ReportComponent

JURISDICTIONS = ("home", "trusted", "outside", "restricted", "unknown")
MOST = 20
"""Rows of the knock-out table."""


@dataclass(frozen=True)
class Cell:
    """A place of a heat map."""

    count: int
    word: str
    """Severity, `undetermined` or jurisdiction."""
    target: str
    """Id of the first finding it leads to; empty = none."""


@dataclass(frozen=True)
class Loss:
    """What goes when a party or a country or region is gone."""

    name: str
    country: str
    components: int
    stop: tuple[str, ...]
    """Controllers with a component of it for which no qualified alternate of somebody else is known."""
    touched: tuple[str, ...]
    """Controllers that have a component of it at all."""


def jurisdiction(one: ReportComponent, report: Report) -> str:
    """Return home, trusted, outside, restricted or unknown, by facts that may decide."""
    codes = [
        entry.country
        for entry in one.origin
        if entry.stage in ("owner", "steward")
        and entry.country
        and (entry.basis != "stated" or report.run.accept_stated)
    ]
    if not codes:
        return "unknown"
    sets = (("restricted", report.run.restricted), ("home", report.run.home), ("trusted", report.run.trusted))
    found = {next((name for name, members in sets if code in members), "outside") for code in codes}
    return next(name for name in ("restricted", "outside", "trusted", "home") if name in found)


def layers(report: Report, findings: list[Finding]) -> list[tuple[str, list[Cell]]]:
    """Return the components of each layer by jurisdiction; a cell leads to the worst finding about one of them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    places = {}
    for one in report.components:
        where = jurisdiction(one, report)
        counts[one.layer][where] += 1
        places[one.id] = (one.layer, where)
    targets: dict[tuple[str, str], str] = {}
    for found in findings:
        for identity in found.components:
            if identity in places:
                targets.setdefault(places[identity], found.id)
    return [
        (layer, [Cell(counts[layer][name], name, targets.get((layer, name), "")) for name in JURISDICTIONS])
        for layer in sorted(counts)
    ]


def grid(findings: list[Finding]) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """Return the controllers, and for each rule a cell per controller."""
    ecus = sorted({ecu for one in findings for ecu in one.ecus})
    cells: dict[tuple[bool, int, str], dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for one in findings:
        row = cells[(one.verdict != "fail", SEVERITIES.index(one.severity), one.rule)]
        for ecu in one.ecus:
            row[ecu].append(one)
    rows = []
    for (undecided, rank, rule), here in sorted(cells.items()):
        word = "undetermined" if undecided else SEVERITIES[rank]
        rows.append((rule, [Cell(len(here[ecu]), word, here[ecu][0].id if here[ecu] else "") for ecu in ecus]))
    return ecus, rows


def knockout(report: Report) -> list[Loss]:
    """Return parties and countries or regions outside home, those that stop most controllers first."""
    names = {one.id: one.name for one in report.parties}
    parts: dict[tuple[str, str], list[ReportComponent]] = defaultdict(list)
    for one in report.components:
        held = set()
        for entry in one.origin:
            if entry.stage == "owner" and entry.country and entry.country not in report.run.home:
                held.add(("", entry.country))
                if entry.party:
                    held.add((names.get(entry.party, entry.party), entry.country))
        for key in sorted(held):
            parts[key].append(one)
    rows = [_loss(name, code, found, report) for (name, code), found in parts.items()]
    return sorted(rows, key=lambda row: (-len(row.stop), -len(row.touched), -row.components, row.country, row.name))[
        :MOST
    ]


def _loss(name: str, code: str, found: list[ReportComponent], report: Report) -> Loss:
    names = {one.id: one.name for one in report.parties}
    stop = set()
    for one in found:
        others = one.sourcing.alternates if one.sourcing else ()
        saved = any(
            other.qualified and (names.get(other.party or "", other.party) != name if name else other.country != code)
            and (other.party or other.country)
            for other in others
        )  # fmt: skip
        if not saved:
            stop.add(one.ecu)
    return Loss(name, code, len(found), tuple(sorted(stop)), tuple(sorted({one.ecu for one in found})))
