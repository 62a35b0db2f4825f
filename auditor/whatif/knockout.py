"""Who stops most controllers alone: one question per party and country, answered as `auditor whatif` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.whatif.answer import Record, answer, atoms_of
from auditor.whatif.graph import supply

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report


class Knockout(Record, frozen=True):
    """What the loss of one party or country does; names are sorted."""

    atom: str
    """`party:ID` or `country:CC`, as `--remove` takes it."""
    name: str
    stops: tuple[str, ...] = ()
    """Controllers that stop."""
    degrades: tuple[str, ...] = ()
    """Controllers that degrade."""
    functions: tuple[str, ...] = ()
    """Names of the functions that stop."""
    parts: int = 0
    """Parts that stop or degrade."""


def knockout(report: Report, most: int = 20, knowledge: Knowledge | None = None) -> tuple[Knockout, ...]:
    """Return the parties and countries outside home whose loss does something, those that stop most first."""
    graph = supply(report, knowledge)
    seats = {f"party:{one.id}": one.country for one in report.parties}
    rows = []
    for atom in sorted(one for one in atoms_of(graph) if one.startswith(("party:", "country:"))):
        kind, _, value = atom.partition(":")
        if (value if kind == "country" else seats.get(atom)) in report.run.home:
            continue
        found = answer(graph, (atom,), sets=False)
        touched = sum(one.state in ("stops", "degrades") for one in found.parts)
        if touched:
            rows.append(
                Knockout(
                    atom,
                    graph.names.get(atom, value),
                    tuple(sorted(one.name for one in found.ecus if one.state == "stops")),
                    tuple(sorted(one.name for one in found.ecus if one.state == "degrades")),
                    tuple(sorted(one.name for one in found.functions if one.state == "stops")),
                    touched,
                )
            )
    return tuple(sorted(rows, key=lambda row: (-len(row.stops), -len(row.degrades), -row.parts, row.atom))[:most])
