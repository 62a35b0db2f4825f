"""What the review page counts: layer by jurisdiction, rule by controller, what goes without a party."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.report.summary import SEVERITIES

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report, ReportComponent
    from auditor.whatif.answer import PartLoss
    from auditor.whatif.supply import Entry, Part

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
    """Components that cannot be had, or only as a substitute or without upkeep."""
    stop: tuple[str, ...]
    """Controllers with a component that cannot be had any more."""
    degrade: tuple[str, ...]
    """Controllers that go on with a substitute or without upkeep."""


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
    """Return parties and countries or regions outside home, those that stop most controllers first.

    What stops and what degrades is what `auditor whatif --remove` says of the same report. Those that nothing
    depends on are left out; a party of whom no country is known may be outside, and stays.
    """
    from auditor.whatif.answer import loss
    from auditor.whatif.graph import supply

    graph = supply(report, _world(report))
    parts: dict[str, list[Part]] = defaultdict(list)
    for part in graph.parts:
        for atom in atoms(part):
            parts[atom].append(part)
    countries = seats(graph.parts) | {f"party:{one.id}": one.country for one in report.parties if one.country}
    rows = []
    for atom, some in parts.items():
        kind, _, value = atom.partition(":")
        code = value if kind == "country" else countries.get(atom, "")
        if kind in ("party", "country") and code not in report.run.home:
            losses = [found for one in some if (found := loss(one, frozenset((atom,)))) is not None]
            name = graph.names.get(atom, value) if kind == "party" else ""
            rows.append(_loss(name, code, losses))
    rows = [row for row in rows if row.components]
    return sorted(rows, key=lambda row: (-len(row.stop), -len(row.degrade), -row.components, row.country, row.name))[
        :MOST
    ]


def _world(report: Report) -> Knowledge | None:
    """Return the knowledge where it may be needed: for the world's shares of the materials of a vehicle."""
    from auditor import knowledge

    return knowledge.load() if report.vehicle and report.vehicle.materials else None


def atoms(part: Part) -> frozenset[str]:
    """Return everything whose loss may do something to a part."""
    return part.upkeep.union(*(one.atoms for one in entries(part)))


def entries(part: Part) -> Iterator[Entry]:
    """Yield every source of a part, on any way."""
    yield from (each for way in part.ways for stage in way.stages for each in stage.entries)


def seats(parts: Iterable[Part]) -> dict[str, str]:
    """Return the country or region that stands beside a party wherever it is named, for parties that have one only."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in (entry for part in parts for entry in entries(part)):
        codes = {atom.partition(":")[2] for atom in one.atoms if atom.startswith("country:")}
        for atom in one.atoms:
            if atom.startswith("party:"):
                found[atom] |= codes
    return {atom: next(iter(codes)) for atom, codes in found.items() if len(codes) == 1}


def _loss(name: str, code: str, losses: list[PartLoss]) -> Loss:
    stop = {one.ecu for one in losses if one.state == "stops"}
    degrade = {one.ecu for one in losses if one.state == "degrades"} - stop
    touched = sum(one.state in ("stops", "degrades") for one in losses)
    return Loss(name, code, touched, tuple(sorted(stop)), tuple(sorted(degrade)))
