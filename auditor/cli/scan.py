"""auditor scan: what is in there; never gates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.log import LOG
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.model import Component, Inventory


@verb("scan")
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("-f", "--format", "form", default="table", show_default=True, metavar="FMT")
@click.option("-o", "--output", "outputs", multiple=True, callback=shared.pairs, metavar="FMT=PATH")
@shared.use(shared.READING)
def command(inputs: tuple[str, ...], form: str, outputs: tuple[tuple[str, str], ...], **chosen: Any) -> int:
    """List components, their versions and who says so.

    Ends with 0 whatever is found, with 3 when an input cannot be read, with 4 when one was not read in full.
    """
    from auditor.pipeline import audit, survey
    from auditor.report import Style, judged

    names = [name for name, _ in outputs] + ([form] if form != "table" else [])
    output.check_formats(names)
    found = shared.options(chosen)
    run = audit if any(judged(name) for name in names) else survey
    result = run(shared.gather(inputs, found), found)
    look = Style()
    for name, path in outputs:
        output.write(Path(path), _render(result, name, look))
    output.emit(table(result.inventory).encode() if form == "table" else _render(result, form, look))
    for one in result.inventory.inputs:
        for problem in one.problems:
            LOG.problem(one.path, problem)
    read = result.inventory.inputs
    if not read or any(one.unread for one in read):
        return 3
    return 4 if any(not one.complete for one in read) else 0


def _render(result: Any, name: str, look: Any) -> bytes:
    from auditor.report import render

    return render(result.report, name, look)


def table(inventory: Inventory) -> str:
    """Return the components as a table, one line each."""
    from auditor.report.escape import terminal

    rows: list[tuple[str, ...]] = [("ECU", "KIND", "NAME", "VERSION", "SEEN", "ORIGIN", "EVIDENCE")]
    rows += [tuple(terminal(cell) for cell in _row(one)) for one in inventory.components]
    wide = [min(40, max(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell[:limit].ljust(limit) for cell, limit in zip(row, wide, strict=True)).rstrip() for row in rows
    ]
    if not inventory.components:
        LOG.warning("nothing was identified; auditor tree shows what is inside")
    return "\n".join(lines) + "\n"


def _row(one: Component) -> tuple[str, ...]:
    origin = next((entry for entry in one.origin if entry.stage in ("owner", "steward")), None)
    seen = "both" if one.declared and one.observed else "declared" if one.declared else "observed"
    first = one.evidence[0] if one.evidence else None
    place = f"{first.method} {first.path or first.pointer or ''}".strip() if first else ""
    who = f"{origin.party or 'unknown'} ({origin.country or '?'})" if origin else "unknown"
    return one.ecu, one.kind, one.name, one.version or one.version_range or "-", seen, who, place
