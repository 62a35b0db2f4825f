"""auditor check: audit and gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.verb import verb


@verb("check")
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@shared.use(output.FORMAT)
@click.option(
    "--bom", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Bill of materials to enrich."
)
@click.option("--profile", type=click.Path(path_type=Path), metavar="FILE", help="Write where the time went (JSON).")
@shared.use(shared.POLICY)
@shared.use(shared.READING)
def command(
    inputs: tuple[str, ...],
    form: str | None,
    outputs: tuple[tuple[str, str], ...],
    bom: Path | None,
    profile: Path | None,
    **chosen: Any,
) -> int:
    """Audit firmware images and bills of materials, and gate a pipeline.

    All inputs belong to one controller unless --ecu names several.
    """
    from auditor.pipeline import audit

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    look = output.look(chosen)
    found = shared.options(chosen)
    result = audit(shared.gather(inputs, found), found)
    if bom is not None:
        outputs = output.enriched(result.report, bom, outputs)
    code = output.deliver(result.report, form, outputs, look)
    if profile is not None:
        found.clock.lap("render")
        output.write(profile, found.clock.report())
    return code
