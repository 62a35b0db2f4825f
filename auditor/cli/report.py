"""auditor report: render a JSON report again, for everybody or for one supplier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import USAGE, Stop
from auditor.cli.limit_options import REPORTS
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.report.schema import Report


@verb("report")
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@shared.use(output.FORMAT)
@click.option("--audience", type=click.Choice(["all", "supplier"]), default="all", help="Who is to read it.")
@click.option("--supplier", metavar="NAME", help="With --audience supplier: whose components it shows.")
@REPORTS
def command(
    path: Path,
    form: str | None,
    outputs: tuple[tuple[str, str], ...],
    audience: str,
    supplier: str | None,
    bounds: Limits,
    **chosen: Any,
) -> int:
    """Render REPORT (JSON) in other formats; ends with 0 when all were written.

    For a supplier only its own components are shown, without paths, spend, alternates or other suppliers.
    """
    from auditor.cli.foreign import read

    if (audience == "supplier") is not (supplier is not None):
        raise click.UsageError("--audience supplier and --supplier NAME belong together")
    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    report = read(path, bounds)
    if supplier is not None:
        report = narrowed(report, supplier)
    look = output.look(chosen)
    for name, target in outputs:
        output.write(Path(target), output.rendered(report, name, look))
    if form or not outputs:
        output.emit(output.rendered(report, form or "text", look))
    return 0


def narrowed(report: Report, supplier: str) -> Report:
    """Return the report for one supplier. Raises Stop (2) when the report does not name it."""
    from auditor.evaluate.errors import closest
    from auditor.report.audience import for_supplier, suppliers

    known = suppliers(report)
    if supplier.casefold() not in {name.casefold() for name in known}:
        near = closest(supplier, known)
        raise Stop(USAGE, f"the report names no supplier {supplier!r}" + (f": did you mean {near!r}?" if near else ""))
    return for_supplier(report, supplier)
