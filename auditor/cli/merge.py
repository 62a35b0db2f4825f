"""auditor merge: reports of controllers to one of the vehicle."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import foreign, output
from auditor.cli import options as shared
from auditor.cli.ending import USAGE, Stop
from auditor.cli.limit_options import REPORTS
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.report.schema import Report


@verb("merge")
@click.argument("reports", nargs=-1, required=True, metavar="[ECU=]REPORT...")
@shared.use(output.FORMAT)
@click.option("--exit-zero", is_flag=True, help="Findings and inconclusive audits end with 0.")
@REPORTS
def command(
    reports: tuple[str, ...],
    form: str | None,
    outputs: tuple[tuple[str, str], ...],
    exit_zero: bool,
    bounds: Limits,
    **chosen: Any,
) -> int:
    """Join reports (JSON) of controllers into one of the vehicle, or of vehicles into one of a fleet.

    ECU=REPORT says what the controller of a report is called; one report may stand for several.
    Nothing is judged again: the worst verdict holds, and it is the exit code.
    """
    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    look = output.look(chosen)
    code = output.deliver(joined(reports, bounds), form, outputs, look)
    return 0 if exit_zero and code in (1, 4) else code


def joined(arguments: Sequence[str], limits: Limits) -> Report:
    """Return the report that these [ECU=]REPORT arguments make. Raises Stop: unreadable (3), not to be joined (2)."""
    from auditor.report.merging import NotMerged, Part, merge

    named = [_named(argument) for argument in arguments]
    # twice the same controller would count everything in it twice
    for one, times in Counter((name or os.path.realpath(path), name is None) for name, path in named).items():
        if times > 1:
            raise Stop(USAGE, f"{one[0]} is given {times} times: give each controller its own name, as in ECU=REPORT")
    found = foreign.through_workers([path for _, path in named], limits)
    try:
        return merge([Part(path.name, read, name) for (name, path), read in zip(named, found, strict=True)])
    except NotMerged as error:
        raise Stop(USAGE, str(error)) from None


def _named(argument: str) -> tuple[str | None, Path]:
    """Return what the controller of a report is to be called, if anything, and the file."""
    name, equals, path = argument.partition("=")
    if not equals or Path(argument).exists():
        return None, Path(argument)
    if not name.strip():
        raise Stop(USAGE, f"{argument!r} gives no name: write ECU=REPORT, or the report alone")
    return name, Path(path)
