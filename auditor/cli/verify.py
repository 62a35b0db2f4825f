"""auditor verify: are these still the inputs, and does the same run give the same bytes?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli.ending import INPUT, Stop
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.report.schema import Report

DIFFERENT = 1
KEPT = (
    "fail_on", "on_unknown", "accept_stated", "model_year", "markets", "type_approved", "support_years",
    "import_year", "home", "trusted", "restricted",
)  # fmt: skip
"""Settings a report records; what else decided it (waivers, a baseline, own rules) is given again as an option."""


@verb("verify")
@click.argument("path", type=click.Path(path_type=Path), metavar="REPORT")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@shared.use(shared.POLICY)
@shared.use(shared.READING)
def command(path: Path, inputs: tuple[str, ...], **chosen: Any) -> int:
    """Check that the digests of REPORT (JSON) match its inputs, then run again and compare byte for byte.

    The inputs are looked for where the report says, from the working folder, or among INPUT by digest.
    Waivers, baselines and rules of your own are given again as options.
    Ends with 0 when all is the same, 1 when something differs, 3 when an input is missing.
    """
    from auditor.cli.foreign import content, parsed
    from auditor.limits import Limits

    data = content(path, Limits())
    report = parsed(path, data, Limits())
    places = located(report, inputs)
    changed = [f"{name}: {problem}" for name, place in places.items() if (problem := mismatch(report, name, place))]
    for line in changed:
        click.echo(f"differs   {line}")
    if changed:
        return DIFFERENT
    click.echo(f"same      {len(places)} inputs have the digests of the report")
    differences = rerun(report, data, list(places.values()), chosen)
    for line in differences:
        click.echo(f"differs   {line}")
    if not differences:
        click.echo("same      another run gives the same bytes")
    return DIFFERENT if differences else 0


def located(report: Report, given: Sequence[str]) -> dict[str, str]:
    """Return name in the report -> path on this machine. Raises Stop (3) for an input that is not to be found."""
    digests = {_digest(one): one for one in shared.expand(tuple(given)) if Path(one).is_file()}
    folders = {Path(one).name: one for one in given if Path(one).is_dir()}
    here = Path.cwd().resolve()
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    found = {}
    for one in report.inputs:
        candidates = [digests.get(one.sha256), folders.get(Path(one.path).name), root / one.path, here / one.path]
        place = next((str(path) for path in candidates if path and Path(path).exists()), None)
        if place is None:
            raise Stop(INPUT, f"{one.path}: not found from here; name it: auditor verify REPORT {one.path}")
        found[one.path] = place
    return found


def mismatch(report: Report, name: str, place: str) -> str:
    """Say how the file at a place differs from what the report read; nothing when it is the same."""
    said = next(one for one in report.inputs if one.path == name)
    if Path(place).is_dir():
        return ""  # its digest is over all files; the second run makes it again
    found = _digest(place)
    return "" if found == said.sha256 else f"sha256 is {found}, the report says {said.sha256}"


def rerun(report: Report, data: bytes, paths: list[str], chosen: dict[str, Any]) -> list[str]:
    """Return what another run with the report's settings changes, a line each."""
    from dataclasses import replace
    from datetime import date

    import msgspec

    from auditor.limits import Limits
    from auditor.pipeline import audit
    from auditor.report import json, render

    for name in KEPT:
        chosen[name] = chosen.get(name) or getattr(report.run, name)
    chosen["packs"] = chosen.get("packs") or tuple(_outer(report))
    found = replace(shared.options(chosen), as_of=date.fromisoformat(report.run.as_of))
    bounds = msgspec.convert(report.run.limits, Limits)
    ecus = {one.name: [paths[i] for i, each in enumerate(report.inputs) if each.ecu == one.name] for one in report.ecus}
    names = dict(zip(paths, (one.path for one in report.inputs), strict=True))  # they may stand elsewhere now
    again = audit(paths, replace(found, limits=bounds, ecus=ecus, names=names)).report
    made = render(again, "json")
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


def _digest(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
