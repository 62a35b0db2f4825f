"""auditor report: render a JSON report again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.verb import verb


@verb("report")
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@shared.use(output.FORMAT)
def command(path: Path, form: str | None, outputs: tuple[tuple[str, str], ...], **chosen: Any) -> int:
    """Render REPORT (JSON) in other formats; ends with 0 when all were written."""
    from auditor.cli.explain import load

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    report = load(path)
    look = output.look(chosen)
    for name, target in outputs:
        output.write(Path(target), output.rendered(report, name, look))
    if form or not outputs:
        output.emit(output.rendered(report, form or "text", look))
    return 0
