"""auditor waiver: accepted findings with an owner, a reason and an end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.ending import CONFIGURATION, USAGE, Stop
from auditor.cli.limit_options import REPORTS
from auditor.cli.options import READING, use
from auditor.cli.output import write

if TYPE_CHECKING:
    from auditor.evaluate import Policy
    from auditor.evaluate.waivers import Waiver
    from auditor.judgement import Finding, WaiverUse
    from auditor.limits import Limits
    from auditor.report.schema import Report

FILE = Path("auditor-waivers.yaml")
_AS_OF = use(READING[:1])
_REPORT = click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="A JSON report.")
_PACKS = click.option("-p", "--pack", "packs", multiple=True, metavar="NAME|FILE", help="Pack whose gate bounds them.")
_RULES = click.option("--rules", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR")
_PATH = click.argument("path", type=click.Path(path_type=Path), metavar="[FILE]", default=FILE)
_SOON = click.option("--soon", type=click.IntRange(1), default=30, show_default=True, metavar="DAYS")


_REASONS = "accepted-risk, false-positive, contract-in-place, alternate-in-qualification or out-of-scope."


def _reason(_ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    from auditor.evaluate.waivers import REASONS

    if value not in REASONS:
        raise click.BadParameter(f"{value!r} is none of {', '.join(REASONS)}", param=parameter)
    return value


@click.group("waiver", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Add, list, check and prune waivers; FILE is auditor-waivers.yaml unless given.

    A waiver is used only by a run that names its file: auditor check --waivers FILE.
    """


@command.command("add")
@click.argument("name", metavar="RULE|FINDING")
@_REPORT
@REPORTS
@click.option("--component", metavar="NAME", help="purl, CPE, part number, name or name@version.")
@click.option("--ecu", metavar="NAME")
@click.option("--input", metavar="PATH", help="For findings about an input or a document.")
@click.option("--artifact", metavar="SHA256", help="End it when these bytes change.")
@click.option("--pin", is_flag=True, help="Take the image's sha256 from the report.")
@click.option("--reason", required=True, callback=_reason, metavar="CODE", help=_REASONS)
@click.option("--owner", required=True, metavar="NAME", help="Who answers for it.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day it is open again.")
@click.option("--days", type=click.IntRange(1), metavar="N", help="Instead of --expires.")
@click.option("--comment", default="")
@click.option("--approved-by", default="")
@click.option("--ticket", default="")
@click.option("-w", "--waivers", "path", type=click.Path(path_type=Path), default=FILE, metavar="FILE")
@_PACKS
@_RULES
@_AS_OF
def add(name: str, report: Path | None, path: Path, as_of: date, bounds: Limits, **chosen: Any) -> int:
    """Accept a finding until a day: of a RULE with --component, --ecu or --input, or a FINDING of --report."""
    from auditor.evaluate.strict_yaml import parse
    from auditor.evaluate.waiver_files import extended, render
    from auditor.evaluate.waivers import Waiver, parsed

    expires, days, pin = (chosen.pop(key) for key in ("expires", "days", "pin"))
    if (expires is None) == (days is None):
        raise click.UsageError("say when it ends: --expires DATE or --days N")
    policy = _policy(chosen.pop("packs"), chosen.pop("folders"))
    if report is not None:
        name, found = _from_report(report, name, bounds, pin=pin)
        chosen |= {key: chosen[key] or found[key] for key in found}
    elif pin:
        raise click.UsageError("--pin needs --report FILE and a FINDING of it")
    end = expires.date() if expires else as_of + timedelta(days)
    given = render([Waiver(id="", rule=name, expires=end, created=as_of, **chosen)])
    (waiver,) = parsed(parse(given, "the waiver"), policy.all_rules, as_of=as_of, max_days=policy.max_waiver_days)
    text = path.read_text("utf-8") if path.exists() else ""
    write(path, extended(text, str(path), waiver, policy.all_rules, as_of).encode())
    use = f'use it with --waivers {path}, or for good: waivers = "{path}" in auditor.toml'
    click.echo(f"{path}: {waiver.id}, until {waiver.expires}; {use}", err=True)
    return 0


@command.command("list")
@_PATH
@_SOON
@_RULES
@_AS_OF
def listing(path: Path, soon: int, folders: tuple[Path, ...], as_of: date) -> int:
    """List waivers, soonest end first."""
    from auditor.evaluate.waivers import load, state
    from auditor.report.escape import terminal

    found = load(path, _policy((), folders).all_rules, as_of=as_of)
    for one in sorted(found, key=lambda one: (one.expires, one.id)):
        row = f"{one.expires}  {state(one, as_of, soon):<8} {one.reason:<26} {one.owner:<20} {one.id}"
        click.echo(terminal(row))
    click.echo(f"{len(found)} waiver{'s' if len(found) != 1 else ''}", err=True)
    return 0


@command.command("check")
@_PATH
@_REPORT
@REPORTS
@_SOON
@click.option("--strict-waivers", is_flag=True, help="Expired or unused waivers are an error (5).")
@_PACKS
@_RULES
@_AS_OF
def check(
    path: Path, report: Path | None, soon: int, strict_waivers: bool, packs: tuple[str, ...],
    folders: tuple[Path, ...], as_of: date, bounds: Limits,
) -> int:  # fmt: skip
    """Check a waiver file: its form, what ran out or soon will, and, against --report, what covers nothing."""
    from auditor.evaluate.waivers import load, state
    from auditor.report.escape import terminal

    policy = _policy(packs, folders)
    found = load(path, policy.all_rules, as_of=as_of, max_days=policy.max_waiver_days)
    unused = set(_use(found, report, as_of, bounds).unused) if report else set()
    states = [(one, state(one, as_of, soon)) for one in found]
    lines = [f"{path}:{one.line}: {word}: {one.id}, {one.expires}" for one, word in states if word != "active"]
    lines += [f"{path}:{one.line}: unused: {one.id}" for one in found if one.id in unused]
    for line in lines:
        click.echo(terminal(line))
    ended = sum(word == "expired" for _, word in states)
    click.echo(f"{len(found)} waivers, {ended} expired, {len(unused)} unused", err=True)
    return CONFIGURATION if strict_waivers and (ended or unused) else 0


@command.command("prune")
@_PATH
@_REPORT
@REPORTS
@_RULES
@_AS_OF
def prune(path: Path, report: Path | None, folders: tuple[Path, ...], as_of: date, bounds: Limits) -> int:
    """Drop waivers that ran out and, with --report, those that cover nothing of it."""
    from auditor.evaluate.waiver_files import without
    from auditor.evaluate.waivers import load, state

    rules = _policy((), folders).all_rules
    found = load(path, rules, as_of=as_of)
    unused = _use(found, report, as_of, bounds).unused if report else ()
    lines = {one.line for one in found if state(one, as_of) == "expired" or one.id in unused}
    if lines:
        write(path, without(path.read_text("utf-8"), str(path), lines, rules, as_of).encode())
    click.echo(f"{len(lines)} waivers dropped, {len(found) - len(lines)} kept", err=True)
    return 0


def _policy(packs: tuple[str, ...], folders: tuple[Path, ...]) -> Policy:
    from auditor.evaluate import DEFAULT_PACK, load_policy

    return load_policy(packs or (DEFAULT_PACK,), rule_folders=folders)


def _use(waivers: tuple[Waiver, ...], path: Path, as_of: date, bounds: Limits) -> WaiverUse:
    """Return which waivers cover something in a report."""
    from auditor.cli.foreign import read
    from auditor.evaluate.waivers import apply
    from auditor.model import Component, Evidence, Inventory

    report = read(path, bounds)
    components = tuple(
        Component(
            id=one.id, key=one.key, kind=one.kind, layer=one.layer, name=one.name, ecu=one.ecu, version=one.version,
            purl=one.purl, cpe=one.cpe, mpn=one.mpn,
            evidence=tuple(
                Evidence("", vote.claim, vote.value, vote.detector, vote.method, vote.grade, artifact=vote.sha256 or "",
                         input=vote.input)
                for vote in one.evidence
            ),
        )
        for one in report.components
    )  # fmt: skip
    found = [one for one in report.findings if one.status == "stable"]
    return apply(found, waivers, Inventory(inputs=report.inputs, artifacts=(), components=components), as_of)[1]


def _from_report(path: Path, name: str, bounds: Limits, *, pin: bool) -> tuple[str, dict[str, Any]]:
    """Return the rule and the scope of the one finding that `name` means. Raises Stop (2)."""
    from auditor.cli.foreign import read

    report = read(path, bounds)
    found = [one for one in report.findings if name in (one.id, one.fingerprint, one.rule)]
    if len(found) != 1:
        ids = ", ".join(one.id for one in found[:8]) or "auditor explain RULE --report FILE shows them"
        raise Stop(USAGE, f"{path} has {len(found)} findings {name!r}; give the id of one: {ids}")
    return found[0].rule, _scope(found[0], report, pin=pin)


def _scope(finding: Finding, report: Report, *, pin: bool) -> dict[str, Any]:
    components = {one.id: one for one in report.components}
    inputs = {one.id: one for one in report.inputs}
    one = components[finding.components[0]] if finding.components else None
    scope: dict[str, Any] = {"component": None, "ecu": None, "input": None, "artifact": None}
    if len(finding.ecus) == 1:
        scope["ecu"] = finding.ecus[0]
    if one is not None:
        purl = (one.purl or "").partition("?")[0]
        scope["component"] = purl or one.mpn or one.cpe or (f"{one.name}@{one.version}" if one.version else one.name)
    elif len(finding.inputs) == 1:
        scope["input"] = inputs[finding.inputs[0]].path
    if pin:
        images = [*finding.inputs, *(vote.input for vote in (one.evidence if one else ()))]
        scope["artifact"] = next((inputs[id_].sha256 for id_ in images if id_ in inputs), None)
        if scope["artifact"] is None:
            raise Stop(USAGE, "the finding rests on no bytes: --pin cannot be used")
    return scope
