"""auditor report: render a JSON report again."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import options as shared
from auditor.cli import output


@click.command("report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@shared.use(output.FORMAT)
@click.option("-o", "--output", "outputs", multiple=True, callback=shared.pairs, metavar="FMT=PATH")
def command(
    path: Path, form: str | None, color: str, language: str, show: str | None, outputs: tuple[tuple[str, str], ...]
) -> int:
    """Render REPORT (JSON) in other formats; ends with 0 when all were written."""
    from auditor.cli.explain import load

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    report = load(path)
    look = output.style(color, language, show)
    for name, target in outputs:
        output.write(Path(target), output.rendered(report, name, look))
    if form or not outputs:
        output.emit(output.rendered(report, form or "text", look))
    return 0
