"""auditor schema: JSON Schemas of the files that the program writes and reads."""

from __future__ import annotations

import click

from auditor.cli import output


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", type=click.Choice(["report"]))
def command(name: str) -> int:
    """Print the JSON Schema of NAME."""
    import msgspec

    from auditor.report.schema import json_schema

    output.emit(msgspec.json.format(msgspec.json.encode(json_schema(), order="deterministic"), indent=2) + b"\n")
    return 0
