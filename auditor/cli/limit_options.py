"""The limits of a run as options: four by a name of their own, every one by `--limit NAME=N`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from auditor.limits import GIB, MIB, Limits

Command = Callable[..., Any]
UNITS = {"": 1, "KiB": 1 << 10, "MiB": MIB, "GiB": GIB}
LEAST = {"memory": 64 * MIB}
"""Smallest value that still lets a worker start; 1 for all others."""
MOST = 1 << 62
NAMED = {"max_bytes": "total-size", "max_depth": "depth", "max_memory": "memory", "timeout": "wall"}
"""Options of their own and the limit each sets."""


def _limit(_ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """Return limit -> value of NAME=N options (a click callback); the last of a name holds."""
    found = {}
    for text in values:
        name, _, amount = text.partition("=")
        if name not in Limits.__struct_encode_fields__:
            from auditor.evaluate.errors import closest

            near = closest(name, Limits.__struct_encode_fields__)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(Limits.__struct_encode_fields__)}"
            raise click.BadParameter(f"there is no limit {name!r}; {hint}", param=parameter)
        parts = re.fullmatch(r"([0-9]{1,18})(KiB|MiB|GiB)?", amount.strip())
        value = int(parts[1]) * UNITS[parts[2] or ""] if parts else 0
        least = LEAST.get(name, 1)
        if not least <= value <= MOST:
            raise click.BadParameter(
                f"{name} is {amount!r}, not a whole number of at least {least} such as 64 or 512MiB", param=parameter
            )
        found[name] = value
    return found


LIMITS = (
    click.option("--max-bytes", type=click.IntRange(1), metavar="N", help="Bytes that may be unpacked per input."),
    click.option("--max-depth", type=click.IntRange(1), metavar="N", help="Containers inside containers."),
    click.option("--max-memory", type=click.IntRange(LEAST["memory"]), metavar="N", help="Bytes of memory per worker."),
    click.option("--timeout", type=click.IntRange(1), metavar="S", help="Seconds per input."),
    click.option(
        "--limit", "bounds", multiple=True, callback=_limit, metavar="NAME=N", help="Any limit of docs/limits.md."
    ),
)


def _reading(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Limits:
    """Return the limits that NAME=N options make of the defaults (a click callback)."""
    return limits({**dict.fromkeys(NAMED), "bounds": _limit(context, parameter, values)})


REPORTS = click.option(
    "--limit",
    "bounds",
    multiple=True,
    callback=_reading,
    metavar="NAME=N",
    help="Any limit of docs/limits.md: document-size=512MiB for a large report.",
)
"""The limits under which a verb reads reports, as the parameter `bounds`."""


def limits(chosen: dict[str, Any]) -> Limits:
    """Take the limit options out of `chosen` and return the limits; `--limit` beats an option of its own name."""
    given = {NAMED[name]: value for name in NAMED if (value := chosen.pop(name)) is not None}
    given |= chosen.pop("bounds")
    if "wall" in given:
        given.setdefault("step", min(given["wall"], Limits().step))
    return Limits(**{name.replace("-", "_"): value for name, value in given.items()})
