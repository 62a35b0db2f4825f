"""auditor diff: what changed between two reports, bills of materials or images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import INPUT, Stop
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.model import Document
    from auditor.pipeline import Options
    from auditor.report.schema import Report

LEVELS = ("low", "medium", "high", "critical")


@verb("diff")
@click.argument("old")
@click.argument("new")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--fail-on-new", type=click.Choice(LEVELS), help="End with 1 when NEW has a new finding at or above this."
)
@shared.use(shared.READING)
def command(old: str, new: str, form: str, fail_on_new: str | None, **chosen: Any) -> int:
    """Compare two reports, bills of materials or images: added, removed and changed."""
    import msgspec

    from auditor.compare import diff
    from auditor.report.escape import terminal

    found = shared.options(chosen)
    one, other = load(old, found), load(new, found)
    changes = diff(one, other)
    if form == "json":
        output.emit(msgspec.json.format(msgspec.json.encode({"changes": changes}), indent=1) + b"\n")
    else:
        signs = {"added": "+", "removed": "-", "changed": "~"}
        for change in changes:
            detail = f" {change.field}: {change.before or '-'} -> {change.after or '-'}" if change.field else ""
            version = f" {change.after or change.before or ''}" if not change.field else ""
            click.echo(terminal(f"{signs[change.what]} {change.kind:<9} {change.subject}{version}{detail}".rstrip()))
        click.echo(f"{len(changes)} change{'s' if len(changes) != 1 else ''}", err=True)
    return 1 if fail_on_new and grown(one, other, fail_on_new) else 0


def load(path: str, found: Options) -> Report | Document:
    """Return a report, a document, or the report of auditing an image. Raises Stop (3)."""
    from auditor.cli.foreign import perhaps
    from auditor.pipeline import audit
    from auditor.worker import Workers, open_input

    report = None if found.input_type else perhaps(Path(path), found.limits)
    if report is not None:
        return report
    opened = open_input(path)
    with Workers(found.limits, declared=found.input_type) as workers:
        look = workers.examine([opened])[0]
    opened.close()
    paper = next((one for one in look.documents if one.path == ""), None)
    if paper is not None:
        return paper
    if opened.descriptor < 0:
        raise Stop(INPUT, f"{path}: {opened.problems[0].message}")
    return audit([path], found).report


def grown(old: Report | Document, new: Report | Document, level: str) -> bool:
    """Tell whether the new report has an open failed finding at or above a level that the old one has not."""
    from auditor.model import Document

    if isinstance(old, Document) or isinstance(new, Document):
        return False
    before = {one.fingerprint for one in old.findings if one.verdict == "fail"}
    return any(
        one.fingerprint not in before and one.verdict == "fail" and one.state == "open"
        and one.severity in LEVELS[LEVELS.index(level) :]
        for one in new.findings
    )  # fmt: skip
