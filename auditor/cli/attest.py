"""auditor attest: the verdict of a report as an unsigned statement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.limit_options import REPORTS
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.limits import Limits

VERIFIER = "https://auditor.example/verifier"


@verb("attest")
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@click.option("--verifier", default=VERIFIER, metavar="URI", show_default=True, help="Who ran the audit.")
@click.option("--resource", metavar="URI", help="What was audited (default: the digest as a ni: URI).")
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), metavar="PATH", help="Write it there.")
@REPORTS
def command(path: Path, verifier: str, resource: str | None, target: Path | None, bounds: Limits) -> int:
    """Print an in-toto statement with SLSA's verification summary about REPORT (JSON); nothing is signed.

    PASSED only where the verdict is a pass: an inconclusive audit is FAILED. Ends with 0 when it was written.
    """
    import msgspec

    from auditor.cli import output
    from auditor.cli.ending import INPUT, Stop
    from auditor.cli.foreign import content, parsed
    from auditor.report.attestation import statement
    from auditor.report.escape import json_text

    for name, uri in (("--verifier", verifier), ("--resource", resource or "a:b")):
        if ":" not in uri or any(sign.isspace() for sign in uri):
            raise click.UsageError(f"{name} {uri!r} is no URI")
    data = content(path, bounds)
    try:
        made = statement(parsed(path, data, bounds), data, verifier, resource)
    except ValueError as error:
        raise Stop(INPUT, f"{path}: {error}") from None
    text = (json_text(msgspec.json.format(msgspec.json.encode(made), indent=2).decode()) + "\n").encode()
    if target is None:
        output.emit(text)
    else:
        output.write(target, text)
    return 0
