"""Options that several verbs share, and what they become."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.ending import INPUT, Stop
from auditor.cli.limit_options import LIMITS, limits
from auditor.cli.places import apart
from auditor.cli.progress import Line
from auditor.pipeline import Options

if TYPE_CHECKING:
    from auditor.trace.lookup import Online
    from auditor.vehicle import Vehicle

Command = Callable[..., Any]


def _codes(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    codes = tuple(sorted({part.strip().upper() for part in value.split(",") if part.strip()}))
    for code in codes:
        if len(code) != 2 or not code.isascii() or not code.isalpha():
            raise click.BadParameter(f"{code!r} is no ISO 3166-1 alpha-2 code such as CN", param=parameter)
    return codes


def _home(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    codes = _codes(context, parameter, value)
    if codes == ():
        raise click.BadParameter("name at least one jurisdiction such as CN", param=parameter)
    return codes


def _day(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> date:
    if value is None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        try:
            return datetime.fromtimestamp(int(epoch), UTC).date() if epoch else datetime.now(UTC).date()
        except (ValueError, OverflowError, OSError):
            raise click.BadParameter(f"SOURCE_DATE_EPOCH is {epoch!r}, not seconds since 1970") from None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day such as 2026-11-24", param=parameter) from None


def _input_type(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """Return a type of input by its name in docs/formats.md, whichever way its words are joined.

    A part list may have its columns named behind a colon: `part-list:mpn=HEADING,quantity=HEADING`.
    """
    if value is None:
        return ""
    from auditor.evaluate.errors import closest
    from auditor.identify import documents
    from auditor.identify.documents import columns
    from auditor.unpack import search

    known = {search.RAW, *(one.NAME for one in (*search.formats(), *documents.formats()))}
    spelled = {name.replace("_", "-"): name for name in sorted(known)}
    value, _, named = value.partition(":")
    wanted = value.replace("_", "-").casefold()
    if named and wanted not in ("part-list", "part-list-xlsx"):
        raise click.BadParameter(f"only the columns of a part list can be named, not of {value!r}", param=parameter)
    if wanted in spelled:
        try:
            return f"{spelled[wanted]}:{named}" if columns.mapping(named) else spelled[wanted]
        except ValueError as error:
            raise click.BadParameter(str(error), param=parameter) from None
    near = closest(wanted, sorted(spelled))
    hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(spelled)}"
    raise click.BadParameter(f"no input is a {value!r}; {hint}", param=parameter)


def pairs(_ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Split NAME=VALUE options (a click callback)."""
    pairs = []
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name or not rest:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=parameter)
        pairs.append((name, rest))
    return tuple(pairs)


POLICY = (
    click.option(
        "-p", "--pack", "packs", multiple=True, metavar="NAME|FILE", help="Policy pack (default cn-autonomy)."
    ),
    click.option("--home", callback=_home, metavar="CC[,CC]", help="Jurisdictions that are home."),
    click.option("--trusted", callback=_codes, metavar="CC[,CC]", help="Jurisdictions that count as trusted."),
    click.option("--restricted", callback=_codes, metavar="CC[,CC]", help="Jurisdictions that are restricted."),
    click.option("--model-year", type=int, metavar="N", help="Model year that dated rules need."),
    click.option("--import-year", type=int, metavar="N", help="Year of import of hardware without a model year."),
    click.option("--market", "markets", multiple=True, metavar="CC", help="Market that dated rules need."),
    click.option(
        "--type-approved/--not-type-approved", default=None, help="Say whether the product falls under type approval."
    ),
    click.option("--support-years", type=click.FloatRange(0, 100), metavar="N", help="Years of support promised."),
    click.option(
        "--fail-on",
        type=click.Choice(["critical", "high", "medium", "low", "never"]),
        help="Open findings at or above it end with 1 (default: the pack's, else high).",
    ),
    click.option(
        "--on-unknown",
        type=click.Choice(["inconclusive", "fail", "ratchet"]),
        help="What open unknowns at or above --fail-on are; ratchet takes those of the baseline.",
    ),
    click.option("--accept-stated", is_flag=True, help="Let facts nobody read a source for decide."),
    click.option(
        "--min-coverage", type=click.FloatRange(0, 100), metavar="PCT", help="Less known origin is inconclusive."
    ),
    click.option(
        "--min-confidence",
        type=click.Choice(["low", "medium", "high"]),
        default="medium",
        show_default=True,
        help="Findings that rest on less are undetermined.",
    ),
    click.option("--select", multiple=True, metavar="GLOB", help="Run these rules only."),
    click.option("--ignore", multiple=True, metavar="GLOB", help="Leave these rules out."),
    click.option(
        "--severity", "severities", multiple=True, callback=pairs, metavar="RULE=LEVEL", help="Weigh a rule otherwise."
    ),
    click.option(
        "--rules",
        "rule_folders",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Your own rules, and packs below DIR/packs, besides the shipped ones.",
    ),
    click.option(
        "--replace-shipped", is_flag=True, help="Your rules and packs may take the place of shipped ones of their id."
    ),
    click.option(
        "--answers",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Filled-in questions, CSV or XLSX: declared.",
    ),
    click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Accepted findings."),
    click.option("--no-waivers", is_flag=True, help="Use none, whatever the configuration or environment names."),
    click.option("--strict-waivers", is_flag=True, help="Expired or unused waivers are an error (5)."),
    click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Findings kept aside."),
    click.option("--new-only", is_flag=True, help="Show and gate only what the baseline does not hold."),
    click.option("--allow-empty", is_flag=True, help="No or unreadable input ends with 0."),
    click.option("--exit-zero", is_flag=True, help="Findings and inconclusive audits end with 0."),
)

READING = (
    click.option("--as-of", callback=_day, metavar="DATE", help="The day the audit speaks for (default today)."),
    click.option(
        "--ecu", "ecus", multiple=True, callback=pairs, metavar="NAME=INPUT", help="Name a controller's input."
    ),
    click.option(
        "--input-type",
        callback=_input_type,
        metavar="TYPE",
        help="What the named files are (default: their bytes tell); squashfs, raw-image, part-list ...; "
        "part-list:mpn=HEADING,... names columns.",
    ),
    click.option("--vehicle", type=click.Path(path_type=Path), metavar="FILE", help="Controllers, functions, sites."),
    click.option("--knowledge", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="Your own facts."),
    click.option(
        "--assert",
        "assertions",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Corrections, with who and when.",
    ),
    *LIMITS,
    click.option(
        "-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Inputs read at once."
    ),
    click.option(
        "--progress",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="A bar (auto: on a terminal).",
    ),
    click.option("--online", is_flag=True, help="Ask public data services; prints every address before it is asked."),
    click.option("--lookup", "lookups", multiple=True, metavar="SERVICE", help="With --online: these services only."),
    click.option("--confidential", multiple=True, metavar="GLOB", help="Names that --online must never send."),
    click.option("--require-isolation", is_flag=True, help="Refuse (6) to run without the whole sandbox."),
)


def use(options: tuple[Callable[[Command], Command], ...]) -> Callable[[Command], Command]:
    """Return a decorator that adds the options in their order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_READ = ("as_of", "knowledge", "assertions", "jobs", "require_isolation", "input_type")
"""Options about reading that the pipeline takes as they are."""


def options(chosen: dict[str, Any]) -> Options:
    """Make the pipeline's options of the values click collected (reading and, where given, policy options)."""
    ecus: dict[str, list[str]] = {}
    for name, path in chosen.pop("ecus"):
        ecus.setdefault(name, []).extend(expand((path,)))
    vehicle = _vehicle(chosen.pop("vehicle"), ecus)
    if chosen.pop("no_waivers", False):
        chosen["waivers"] = None
    outside = ("answers", "waivers", "baseline", "allow_empty", "exit_zero")
    common = {name: chosen.pop(name) for name in _READ}
    extra = {name: chosen.pop(name) for name in outside if name in chosen}
    common["online"] = online(chosen)
    common["watch"] = Line(chosen.pop("progress"))
    bounds = limits(chosen)
    if chosen:
        chosen["severities"] = dict(chosen["severities"])
        if not chosen["packs"]:
            chosen.pop("packs")
    return Options(ecus=ecus, vehicle=vehicle, limits=bounds, policy=chosen, **common, **extra)


def _vehicle(path: Path | None, ecus: dict[str, list[str]]) -> Vehicle | None:
    """Read a vehicle file and add the inputs of its controllers to `ecus`; they are relative to the file."""
    if path is None:
        return None
    from auditor.evaluate.vehicle_file import load

    found = load(path)
    for one in found.ecus:
        if one.inputs:
            ecus.setdefault(one.title, []).extend(expand(tuple(str(path.parent / inner) for inner in one.inputs)))
    return found


def online(chosen: dict[str, Any]) -> Online | None:
    """Take the options about look-ups out of `chosen`; return what may be asked, None when nothing."""
    wanted, names, confidential = (chosen.pop(name) for name in ("online", "lookups", "confidential"))
    if not wanted:
        if names:
            raise click.UsageError("--lookup needs --online")
        return None
    from auditor.compiled import folder
    from auditor.trace.lookup import Online
    from auditor.trace.services import SERVICES

    known = [one.name for one in SERVICES if not one.experimental]
    for name in names:
        if name not in known:
            raise click.UsageError(f"no service {name!r}; known: {', '.join(known)}")
    place = folder()
    return Online(
        confidential=tuple(confidential),
        services=tuple(one for one in SERVICES if not names or one.name in names),
        cache=place / "lookups.sqlite3" if place else None,
        say=lambda line: click.echo(f"auditor: {line}", err=True),
    )


def gather(arguments: tuple[str, ...], found: Options) -> list[str]:
    """Return all inputs: arguments, lists and globs expanded, then those that `--ecu` names; each once.

    Raises Stop: without any (3), or when an output of the command would overwrite one (2).
    """
    paths = [*expand(arguments), *(path for paths in found.ecus.values() for path in paths)]
    if not paths:
        raise Stop(
            INPUT, "no input: give a firmware image or a bill of materials, for example auditor check firmware.bin"
        )
    apart(click.get_current_context(), paths)
    return list(dict.fromkeys(paths))


def expand(arguments: tuple[str, ...]) -> list[str]:
    """Expand `@list` files and globs that the shell left alone."""
    paths: list[str] = []
    for argument in arguments:
        if argument.startswith("@") and not Path(argument).exists():
            try:
                lines = Path(argument[1:]).read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "is no UTF-8 text"
                raise Stop(INPUT, f"the list {argument[1:]} cannot be read: {reason}") from None
            paths += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        elif glob.has_magic(argument) and not Path(argument).exists():
            paths += sorted(glob.glob(argument, recursive=True)) or [argument]
        else:
            paths.append(argument)
    return paths
