"""auditor verify: are these still the inputs, and does the same run give the same bytes?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from msgspec import UNSET

from auditor.cli import options as shared
from auditor.cli.ending import INPUT, Stop
from auditor.cli.limit_options import limits
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.limits import Limits
    from auditor.report.schema import Report

DIFFERENT = 1
KEPT = (
    "accept_stated", "model_year", "markets", "type_approved", "support_years", "import_year", "home", "trusted",
    "restricted", "min_confidence", "select", "ignore",
)  # fmt: skip
"""Settings a report records; what else decided it (waivers, a baseline, answers, own rules) is given again."""
OF_PACKS = ("fail_on", "on_unknown")
"""Settings that are the packs' own unless the report says that an option set them."""


@verb("verify")
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@shared.use(shared.POLICY)
@shared.use(shared.READING)
def command(path: Path, inputs: tuple[str, ...], **chosen: Any) -> int:
    """Check that the digests of REPORT (JSON) match its inputs, then run again and compare byte for byte.

    The inputs are looked for where the report says, from the working folder, or among INPUT by digest.
    For a merged report they are the [ECU=]REPORTs it was made of, and these are merged again.
    Settings are the report's; waivers, baselines, answers and rules of your own are given again as options.
    Ends with 0 when all is the same, 1 when something differs, 3 when an input is missing.
    """
    from auditor.cli.foreign import content, parsed

    bounds = limits(dict(chosen))
    data = content(path, bounds)
    report = parsed(path, data, bounds)
    if report.parts is not UNSET:
        differences = merged_again(path, data, inputs, bounds)
        same = "another merge gives the same bytes; verify each of its reports for its inputs"
    else:
        if (places := matching(path, report, shared.expand(inputs), bounds)) is None:
            return DIFFERENT
        differences = rerun(report, data, places, chosen)
        same = "another run gives the same bytes"
    for line in differences:
        click.echo(f"differs   {line}")
    if not differences:
        click.echo(f"same      {same}")
    return DIFFERENT if differences else 0


def matching(path: Path, report: Report, given: Sequence[str], bounds: Limits) -> list[str] | None:
    """Return where each input stands, in the report's order; None after saying which has other bytes.

    Raises Stop (3) for an input that is not to be found, and for a report that names none.
    """
    from auditor.cli.located import Places

    if not report.inputs:
        raise Stop(INPUT, f"{path} names no input, so there is nothing to compare: verify the report it was made from")
    found = Places(given, bounds)
    places = found.of(report)
    pairs = list(zip(report.inputs, places, strict=True))
    changed = [f"{one.path}: {problem}" for one, place in pairs if (problem := found.differs(one, place))]
    for line in changed:
        click.echo(f"differs   {line}")
    if changed:
        return None
    click.echo(f"same      {len(places)} inputs have the digests of the report")
    return places


def merged_again(path: Path, data: bytes, arguments: Sequence[str], bounds: Limits) -> list[str]:
    """Return in what a merge of these reports differs from the merged one, a line each. Raises Stop."""
    from auditor.cli.merge import joined
    from auditor.report import render

    if not arguments:
        raise Stop(INPUT, f"{path} is a merged report: name what it was made of: auditor verify REPORT [ECU=]REPORT...")
    return compared(data, render(joined(arguments, bounds), "json"))


def rerun(report: Report, data: bytes, places: Sequence[str], chosen: dict[str, Any]) -> list[str]:
    """Return what another run with the report's settings changes, a line each."""
    from dataclasses import replace
    from datetime import date

    import msgspec

    from auditor.limits import Limits
    from auditor.pipeline import audit
    from auditor.report import render

    settle(report, chosen)
    found = replace(shared.options(chosen), as_of=date.fromisoformat(report.run.as_of))
    bounds = msgspec.convert(report.run.limits, Limits)
    ecus: dict[str, list[str]] = {}
    for one, place in zip(report.inputs, places, strict=True):
        ecus.setdefault(one.ecu, []).append(place)
    names = {place: one.path for one, place in zip(report.inputs, places, strict=True)}  # they may stand elsewhere now
    again = audit(list(dict.fromkeys(places)), replace(found, limits=bounds, ecus=ecus, names=names)).report
    return compared(data, render(again, "json"))


def settle(report: Report, chosen: dict[str, Any]) -> None:
    """Put the report's settings into the options, except those that the command line gives."""
    from auditor.report.settings import percent

    run, context = report.run, click.get_current_context()
    settings = {name: getattr(run, name) for name in KEPT}
    settings |= {name: getattr(run, name) if name.replace("_", "-") in run.overridden else None for name in OF_PACKS}
    settings["min_coverage"] = percent(run) if "min-coverage" in run.overridden else None
    settings["severities"] = tuple(run.severities.items())
    settings["packs"] = tuple(_outer(report))
    for name, value in settings.items():
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            chosen[name] = value


def compared(data: bytes, made: bytes) -> list[str]:
    """Return in what two JSON reports differ, a line each; nothing for the same bytes."""
    import msgspec

    from auditor.report import json

    if made == data:
        return []
    before, after = msgspec.to_builtins(json.read(data)), msgspec.to_builtins(json.read(made))
    fields = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return _explained(before, after, fields) or ["the file is not as this program writes it, its content is the same"]


def _explained(before: dict[str, Any], after: dict[str, Any], fields: list[str]) -> list[str]:
    lines = []
    for name in fields:
        parts = before.get(name), after.get(name)
        if isinstance(parts[0], dict) and isinstance(parts[1], dict):
            lines += [
                f"{name}.{key}: {_short(parts[0].get(key))} -> {_short(parts[1].get(key))}"
                for key in sorted({*parts[0], *parts[1]})
                if parts[0].get(key) != parts[1].get(key)
            ]
        else:
            lines.append(f"{name}: {_count(parts[0])} -> {_count(parts[1])}")
    return lines


def _outer(report: Report) -> list[str]:
    """Return the packs a user named: `base` only when it stood alone."""
    names = [one.id for one in report.run.packs]
    return [name for name in names if name != "base"] or names


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _count(value: object) -> str:
    return f"{len(value)} entries" if isinstance(value, list | tuple) else _short(value)
