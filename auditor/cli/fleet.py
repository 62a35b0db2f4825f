"""auditor fleet: audit many images, ask about all of them, report on all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

import click

from auditor.cli import limit_options, output
from auditor.cli import options as shared
from auditor.cli.ending import INPUT, Stop
from auditor.cli.log import LOG
from auditor.cli.verb import Verb

FORMS = ("table", "json", "csv")
ONE_REPORT = {"answers", "waivers", "no_waivers", "strict_waivers", "baseline", "new_only", "allow_empty", "exit_zero"}
"""Options of `check` that speak of one report."""
READING = {
    "as_of", "knowledge", *limit_options.NAMED, "bounds", "progress", "require_isolation",
}  # fmt: skip
Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def _chosen(options: tuple[Option, ...], right: Callable[[str | None], bool]) -> tuple[Option, ...]:
    """Return the options whose name is right, in their order."""
    return tuple(one for one in options if right(click.command("x")(one(lambda: None)).params[0].name))


STORE = click.option("--store", required=True, metavar="DIR|URL", help="Where the rows are: a folder or s3://...")


@click.group("fleet", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Audit many images, on one machine or a cluster, and ask about all of them (extra: fleet)."""


def _needing(work: Callable[..., int]) -> Callable[..., int]:
    """Return the command with the extra asked for first, and its refusals as ends of the command."""
    from auditor.fleet import Refused, need

    @wraps(work)
    def checked(**given: Any) -> int:
        try:
            need()
            return work(**given)
        except Refused as error:
            raise Stop(error.code, str(error)) from None

    return checked


@command.command("scan", cls=Verb)
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@STORE
@click.option("--scheduler", default="", metavar="ADDRESS", help="A Dask cluster, as tcp://host:8786 or tls://...")
@click.option(
    "--processes", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes of this machine."
)
@click.option("--again", is_flag=True, help="Also audit again what could not be audited whole.")
@click.option("--max-fetch", type=click.IntRange(1), default=8 << 30, metavar="N", help="Bytes of a remote image.")
@shared.use(_chosen(shared.POLICY, lambda name: name not in ONE_REPORT))
@shared.use(_chosen(shared.READING, lambda name: name in READING))
@_needing
def scan(
    sources: tuple[str, ...],
    store: str,
    scheduler: str,
    processes: int,
    again: bool,
    max_fetch: int,
    as_of: date,
    knowledge: tuple[Path, ...],
    progress: str,
    require_isolation: bool,
    **chosen: Any,
) -> int:
    """Audit every image below folders, in @lists, behind globs and fsspec addresses; never gates.

    An image whose bytes, policy, facts and program did not change is not audited again. Ends with 0 when every
    image has its rows, whatever they say.
    """
    from auditor.fleet.schedule import scan as run
    from auditor.fleet.settings import Settings
    from auditor.fleet.sources import find

    bounds = limit_options.limits(chosen)
    chosen["severities"] = dict(chosen["severities"])
    chosen["packs"] = tuple(str(Path(one).absolute()) if Path(one).is_file() else one for one in chosen["packs"])
    chosen["rule_folders"] = tuple(path.absolute() for path in chosen["rule_folders"])
    settings = Settings(
        as_of.isoformat(),
        {name: value for name, value in chosen.items() if value not in (None, (), {})},
        tuple(str(path.absolute()) for path in knowledge),
        bounds,
        require_isolation,
        max_fetch,
    )
    _check(settings)
    found = find(shared.expand(sources), without=store)
    if not found:
        raise Stop(
            INPUT, "no image: give a folder, a file, @list or an address, for example auditor fleet scan images/"
        )
    tally = run(found, settings, store, scheduler=scheduler, processes=processes, again=again, watch=_watch(progress))
    words = [f"{tally[state]} {state}" for state in ("audited", "incomplete", "failed", "unreadable") if tally[state]]
    LOG.note(f"{len(found)} images: {', '.join(words)}; {tally['kept']} had been audited before")
    return 0


def _check(settings: Any) -> None:
    """Find out before anything is started that the policy or the facts are wrong."""
    from auditor import evaluate, knowledge

    facts = knowledge.load([Path(one) for one in settings.knowledge])
    evaluate.check_places(evaluate.load_policy(**settings.policy), facts)


def _watch(wanted: str) -> Any:
    """Return what is told about every image: a line on a terminal, warnings for what is not whole."""
    shown = wanted == "always" or (wanted == "auto" and sys.stderr.isatty())

    def told(done: int, total: int, last: Any) -> None:
        if shown:
            sys.stderr.write("\r\x1b[K" if last is None else f"\r\x1b[K{done:,} of {total:,} images")
            sys.stderr.flush()
        if last is not None and last.problem:
            if shown:
                sys.stderr.write("\r\x1b[K")
            LOG.warning(f"{last.source}: {last.state}: {last.problem}")

    return told


@command.command("query", cls=Verb)
@click.argument("sql")
@STORE
@click.option("-f", "--format", "form", type=click.Choice(FORMS), default="table", show_default=True)
@_needing
def query(sql: str, store: str, form: str) -> int:
    """Answer one SELECT over the views of a store: see docs/fleet.md."""
    from auditor.fleet.answers import written
    from auditor.fleet.query import ask, connect

    output.emit(written(ask(connect(store), sql), form))
    return 0


@command.command("report", cls=Verb)
@STORE
@click.option(
    "-o", "--output", "outputs", multiple=True, callback=shared.pairs, metavar="FMT=PATH", help="html=PATH, json=PATH."
)
@_needing
def report(store: str, outputs: tuple[tuple[str, str], ...]) -> int:
    """Write what a whole store says: a page (html) and the same as data (json, also standard output)."""
    from auditor.fleet.portfolio import html, portfolio
    from auditor.fleet.portfolio import json as as_json
    from auditor.fleet.query import connect

    for name, _ in outputs:
        if name not in ("html", "json"):
            raise click.BadParameter(f"there is no format {name!r}; there are: html, json", param_hint="-o")
    found = portfolio(connect(store))
    for name, path in outputs:
        output.write(Path(path), html(found) if name == "html" else as_json(found))
    if not outputs:
        output.emit(as_json(found))
    return 0
