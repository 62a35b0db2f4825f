"""auditor demo: the main job on the bundled controllers."""

from __future__ import annotations

from typing import Any

import click

from auditor.cli import options as shared
from auditor.cli import output


@click.command("demo", context_settings={"help_option_names": ["-h", "--help"]})
@shared.use(output.FORMAT)
@click.option("-o", "--output", "outputs", multiple=True, callback=shared.pairs, metavar="FMT=PATH")
@shared.use(shared.POLICY)
@shared.use(shared.READING)
def command(
    form: str | None,
    color: str,
    language: str,
    show: str | None,
    outputs: tuple[tuple[str, str], ...],
    **chosen: Any,
) -> int:
    """Audit a telematics box and a body controller of the fictional Example Motors."""
    from dataclasses import replace

    from auditor.pipeline import audit
    from auditor.resources import folder

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    found = shared.options(chosen)
    demo = folder("demo")
    ecus = {
        name: sorted(str(path) for path in (demo / inner).iterdir() if path.is_file())
        for name, inner in (("T-Box", "t-box"), ("Body controller", "body-controller"))
    }
    found = replace(found, ecus=ecus, base=demo)
    result = audit(shared.gather((), found), found)
    return output.deliver(result.report, form or "text", outputs, output.style(color, language, show))
