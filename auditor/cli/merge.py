"""auditor merge: reports of controllers to one of the vehicle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import INPUT, USAGE, Stop
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.report.merging import Part
    from auditor.report.schema import Report


@verb("merge")
@click.argument("reports", nargs=-1, required=True, metavar="[ECU=]REPORT...")
@shared.use(output.FORMAT)
@click.option("--exit-zero", is_flag=True, help="Findings and inconclusive audits end with 0.")
def command(
    reports: tuple[str, ...], form: str | None, outputs: tuple[tuple[str, str], ...], exit_zero: bool, **chosen: Any
) -> int:
    """Join reports (JSON) of controllers into one of the vehicle, or of vehicles into one of a fleet.

    ECU=REPORT says what the controller of a report is called; one report may stand for several.
    Nothing is judged again: the worst verdict holds, and it is the exit code.
    """
    from auditor.report.merging import NotMerged, merge

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    look = output.look(chosen)
    try:
        merged = merge([_part(argument) for argument in reports])
    except NotMerged as error:
        raise Stop(USAGE, str(error)) from None
    code = output.deliver(merged, form, outputs, look)
    return 0 if exit_zero and code in (1, 4) else code


def _part(argument: str) -> Part:
    from auditor.report.merging import Part

    name, equals, path = argument.partition("=")
    if not equals or Path(argument).exists():
        name, path = "", argument
    return Part(Path(path).name, strictly(Path(path)), name or None)


def strictly(path: Path) -> Report:
    """Read a report that somebody else may have written: no key twice, no depth or size beyond the limits.

    Raises Stop (3).
    """
    import msgspec

    from auditor.identify.documents import json_text
    from auditor.identify.documents.notes import Unreadable
    from auditor.limits import Limits
    from auditor.report import json

    limits = Limits()
    try:
        if path.stat().st_size > limits.document_size:
            raise Stop(INPUT, f"{path} is larger than the limit of {limits.document_size} bytes")
        data = path.read_bytes()
        noted = json_text.parse(data, limits).notes.problems
        if noted:
            raise Stop(INPUT, f"{path} is no report of this program: {noted[0].message}")
        return json.read(data)
    except OSError as error:
        raise Stop(INPUT, f"{path} cannot be read: {error.strerror}") from None
    except (Unreadable, msgspec.MsgspecError, RecursionError) as error:
        raise Stop(INPUT, f"{path} is no report of this program: {error}") from None
