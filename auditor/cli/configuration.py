"""All options a configuration file may hold, and the JSON Schema of that file."""

from __future__ import annotations

from typing import Any

import click


def option_table() -> dict[str, click.Option]:
    """Return the options of all verbs that audit, by their long name."""
    from auditor.cli import check, diff, scan, tree
    from auditor.cli.verb import option_name

    return {
        option_name(one): one
        for verb in (tree, diff, scan, check)
        for one in verb.command.params
        if isinstance(one, click.Option) and option_name(one) != "help"
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of `auditor.toml`."""
    from auditor.cli.settings import NEVER

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "auditor.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(one) for name, one in sorted(option_table().items()) if name not in NEVER},
    }


def _property(option: click.Option) -> dict[str, Any]:
    value = _value(option)
    if option.multiple:
        value = {"anyOf": [value, {"type": "array", "items": value}]}
        if "=" in (option.metavar or ""):
            value["anyOf"].append({"type": "object"})
    elif option.metavar and option.metavar.endswith("[,CC]"):
        value = {"anyOf": [value, {"type": "array", "items": value}]}
    return {**value, **({"description": option.help} if option.help else {})}


def _value(option: click.Option) -> dict[str, Any]:
    if option.is_flag:
        return {"type": "boolean"}
    if isinstance(option.type, click.Choice):
        return {"enum": list(option.type.choices)}
    if isinstance(option.type, click.types.IntParamType):
        low = getattr(option.type, "min", None)
        return {"type": "integer", **({"minimum": low} if low is not None else {})}
    if isinstance(option.type, click.types.FloatParamType):
        return {"type": "number"}
    return {"type": "string"}
