"""auditor baseline: today's findings and unknowns, kept aside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.ending import USAGE, Stop
from auditor.cli.limit_options import REPORTS
from auditor.cli.output import write
from auditor.cli.places import apart

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.report.schema import Report


@click.group("baseline", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Create, prune and show baselines."""


@command.command("create")
@click.argument("report", type=click.Path(path_type=Path))
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), default=Path("auditor-baseline.json"))
@REPORTS
def create(report: Path, target: Path, bounds: Limits) -> int:
    """Write a baseline of the open findings and unknowns of REPORT (JSON)."""
    from auditor.evaluate import baseline

    apart(click.get_current_context())
    found = _whole(report, bounds)
    made = baseline.create(found, found.run.as_of)
    write(target, baseline.encode(made))
    click.echo(f"{len(made.entries)} entries in {target}; use it with --baseline {target}", err=True)
    return 0


@command.command("prune")
@click.argument("path", type=click.Path(path_type=Path), metavar="BASELINE")
@click.argument("report", type=click.Path(path_type=Path))
@REPORTS
def prune(path: Path, report: Path, bounds: Limits) -> int:
    """Drop the entries that REPORT no longer has; what improved is recorded as it now is."""
    from auditor.evaluate import baseline

    before = baseline.load(path)
    after = baseline.prune(before, _whole(report, bounds))
    write(path, baseline.encode(after))
    improved = len(set(after.entries) - set(before.entries))
    dropped = len(before.entries) - len(after.entries)
    click.echo(f"{dropped} entries dropped, {improved} improved, {len(after.entries)} kept", err=True)
    return 0


def _whole(path: Path, bounds: Limits) -> Report:
    """Read a report that holds every finding it counts. Raises Stop."""
    from auditor.cli.foreign import read

    found = read(path, bounds)
    held = sum(one.state == "baselined" and one.status == "stable" for one in found.findings)
    if held < found.summary.baselined:
        raise Stop(USAGE, f"{path} was made with --new-only and leaves baselined findings out: make it without")
    return found


@command.command("show")
@click.argument("path", type=click.Path(path_type=Path), metavar="BASELINE")
def show(path: Path) -> int:
    """List the entries of a baseline."""
    from auditor.evaluate import baseline
    from auditor.report.escape import terminal

    for entry in baseline.load(path).entries:
        click.echo(terminal(f"{entry.fingerprint[:16]}  {entry.verdict:<13} {entry.severity:<9} {entry.rule}"))
    return 0
