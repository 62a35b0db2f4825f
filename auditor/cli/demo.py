"""auditor demo: the main job on the bundled controllers."""

from __future__ import annotations

from typing import Any

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.verb import verb


@verb("demo")
@shared.use(output.FORMAT)
@shared.use(shared.POLICY)
@shared.use(shared.READING)
def command(form: str | None, outputs: tuple[tuple[str, str], ...], **chosen: Any) -> int:
    """Audit a telematics box and a body controller of the fictional Example Motors."""
    from dataclasses import replace

    from auditor.pipeline import audit
    from auditor.resources import folder

    output.check_formats([name for name, _ in outputs] + ([form] if form else []))
    look = output.look(chosen)
    found = shared.options(chosen)
    demo = folder("demo")
    ecus = {
        name: sorted(str(path) for path in (demo / inner).iterdir() if path.is_file())
        for name, inner in (("T-Box", "t-box"), ("Body controller", "body-controller"))
    }
    found = replace(found, ecus=ecus, base=demo)
    result = audit(shared.gather((), found), found)
    return output.deliver(result.report, form or "text", outputs, look)
