"""auditor schema: JSON Schemas of the files that the program writes and reads."""

from __future__ import annotations

from typing import Any

import click

from auditor.cli import output
from auditor.cli.verb import verb

SCHEMAS = ("config", "knowledge", "report", "rules", "vehicle", "waivers")


@verb("schema")
@click.argument("name", type=click.Choice(SCHEMAS))
def command(name: str) -> int:
    """Print the JSON Schema of NAME."""
    import msgspec

    output.emit(msgspec.json.format(msgspec.json.encode(_schema(name), order="deterministic"), indent=2) + b"\n")
    return 0


def _schema(name: str) -> dict[str, Any]:
    if name == "config":
        from auditor.cli.configuration import schema

        return schema()
    if name == "vehicle":
        from auditor.evaluate import vehicle_file

        return vehicle_file.schema()
    if name in ("knowledge", "rules", "waivers"):
        from auditor.evaluate import schemas

        return {"knowledge": schemas.knowledge, "rules": schemas.rule, "waivers": schemas.waiver}[name]()
    from auditor.report.schema import json_schema

    return json_schema()
