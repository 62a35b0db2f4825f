"""auditor explain: a rule's page, a finding's chain, a component's votes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.ending import USAGE, Stop
from auditor.cli.foreign import read
from auditor.cli.limit_options import REPORTS
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.limits import Limits
    from auditor.report.schema import Report, ReportComponent


HANGING = 13
"""Column in which the texts of a rule's page and of a chain begin."""


@verb("explain")
@click.argument("name", required=False, metavar="RULE|FINDING")
@click.option("--report", "path", type=click.Path(path_type=Path), metavar="FILE", help="A JSON report.")
@click.option("--component", metavar="NAME", help="All votes about a component, the rejected ones too.")
@REPORTS
def command(name: str | None, path: Path | None, component: str | None, bounds: Limits) -> int:
    """Say why a rule exists, or, with --report, why it fired: the whole chain from bytes to clause."""
    from auditor.cli.rules import page

    if name is None and component is None:
        raise click.UsageError("give a rule, the id of a finding, or --component NAME")
    report = read(path, bounds) if path else None
    if component is not None:
        if report is None:
            raise click.UsageError("--component needs --report FILE")
        _show(votes(report, component))
        return 0
    assert name is not None
    found = [one for one in report.findings if name in (one.id, one.fingerprint, one.rule)] if report else []
    if (report is not None and name in {one.id for one in report.rules}) or not found:
        try:
            _show(page(name).split("\n"))
        except Stop as error:
            raise (Stop(USAGE, f"{path} has no finding {name!r}, and {error}") if path else error) from None
    for one in found:
        _show(["", *finding(one)])
    return 0


def _show(lines: list[str]) -> None:
    """Print lines, on a terminal wrapped at its width."""
    from auditor.report.width import wrapped

    wide = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 0
    for line in lines:
        for piece in wrapped(line, wide, HANGING) if wide and line.strip() else (line,):
            click.echo(piece)


def finding(one: Finding) -> list[str]:
    """Return the lines of one finding with its chain."""
    from auditor.report.escape import terminal

    lines = [f"{one.severity} {one.rule}: {one.verdict}, {one.state}, confidence {one.confidence}", f"  {one.message}"]
    lines += [f"  {step.step:<10}{step.value}" + (f"   {step.source}" if step.source else "") for step in one.chain]
    if one.missing:
        lines.append(f"  {'missing':<10}{', '.join(one.missing)}")
    if one.supplier_question:
        lines.append(f"  {'ask':<10}{one.supplier_question}")
    return [terminal(line) for line in lines]


def votes(report: Report, name: str) -> list[str]:
    """Return every vote about the components of a name."""
    from auditor.report.escape import terminal

    wanted = name.casefold()
    found = [one for one in report.components if wanted in (one.name.casefold(), one.key.casefold(), one.id)]
    if not found:
        raise Stop(USAGE, f"the report has no component {name!r}: no vote named it, or only weak ones did")
    return [terminal(line) for one in found for line in _votes(one)]


def _votes(one: ReportComponent) -> list[str]:
    lines = [f"{one.kind}  {one.name} {one.version or one.version_range or '(version unknown)'}  [{one.ecu}]"]
    for vote in one.evidence:
        at = f" offset {vote.offset:#x}" if vote.offset is not None else f" {vote.pointer or ''}"
        place = f"{vote.path.replace('!/', ' › ')}{at}".strip()
        taken = "" if vote.claim != "version" or vote.value == one.version else "   (not taken)"
        who = f"{vote.method} by {vote.detector}, {vote.role}"
        lines.append(f"  {vote.grade:<11}{vote.claim} {vote.value}   {who}   {place}{taken}")
    return lines + [f"  against    {text}" for text in one.contradictions]
