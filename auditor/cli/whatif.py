"""auditor whatif: what stops when parties, countries, parts, licenses, sites, materials or data are gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import INPUT, USAGE, Stop
from auditor.cli.verb import verb

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report
    from auditor.whatif.answer import Answer, PartLoss

SHOWN = 12
"""Rows of each table in the text; the JSON has all."""


@verb("whatif")
@click.argument("inputs", nargs=-1, metavar="REPORT|INPUT...")
@click.option(
    "--remove", "removed", multiple=True, metavar="KIND:VALUE", help="party, country, part, license, site ..."
)
@click.option("-f", "--format", "form", type=click.Choice(["text", "json", "svg"]), default="text")
@click.option("--no-sets", is_flag=True, help="Leave out the smallest sets that stop a function.")
@shared.use(shared.READING)
def command(inputs: tuple[str, ...], removed: tuple[str, ...], form: str, no_sets: bool, **chosen: Any) -> int:
    """Show which functions and controllers stop, degrade or survive when something is gone.

    On a JSON report, or on inputs (--vehicle FILE for functions, sites, materials and data).
    Without --remove: the smallest sets of parties or countries that stop each function. Ends with 0, with 3 when
    a report or an input cannot be read, with 4 when an input of the audit was not read in full.
    """
    import msgspec

    from auditor.cli.log import LOG
    from auditor.whatif import ask

    report, facts = load(inputs, chosen)
    try:
        answer = ask(report, removed, sets=not no_sets, knowledge=facts)
    except ValueError as error:
        raise Stop(USAGE, str(error)) from None
    if form == "json":
        output.emit(msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n")
    elif form == "svg":
        from auditor.whatif.picture import svg

        output.emit(svg(answer).encode())
    else:
        click.echo("\n".join(text(answer)))
    for one in report.inputs:
        for problem in one.problems:
            LOG.problem(one.path, problem)
    return 4 if any(not one.complete for one in report.inputs) else 0


def load(inputs: tuple[str, ...], chosen: dict[str, Any]) -> tuple[Report, Knowledge]:
    """Return the report of a single JSON file, else of auditing the inputs, and the knowledge.

    Raises Stop: 3 for an input that cannot be read or recognized, 2 for a report beside what only an audit uses.
    """
    from auditor import knowledge
    from auditor.cli.foreign import perhaps
    from auditor.pipeline import audit

    found = shared.options(chosen)
    reports = [(one, report) for one in inputs if (report := perhaps(Path(one), found.limits)) is not None]
    if reports:
        _alone(reports[0][0], inputs)
        return reports[0][1], knowledge.load(found.knowledge)
    made = audit(shared.gather(inputs, found), found)
    for one in made.inventory.inputs:
        for problem in one.unread:
            hint = "" if problem.code == "unrecognized" else "; give a report or an input that can be read"
            raise Stop(INPUT, f"{one.path}: {problem.message}{hint}")
    return made.report, made.knowledge


def _alone(report: str, inputs: tuple[str, ...]) -> None:
    """Demand that a report comes alone: its audit is over, and its vehicle is the one the answer is about."""
    if len(inputs) > 1:
        raise Stop(USAGE, f"{report} is a report: give it alone, or one report of all (auditor merge, auditor check)")
    context = click.get_current_context()
    for name, option in (("vehicle", "--vehicle"), ("ecus", "--ecu"), ("assertions", "--assert")):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise Stop(USAGE, f"{report} is a report: {option} is for auditor check, which makes it; leave it out here")


def text(answer: Answer) -> list[str]:
    """Return the lines of the answer."""
    from auditor.report.escape import terminal

    lines = [f"without {', '.join(answer.removed)}:" if answer.removed else "nothing removed:"]
    tables = (("FUNCTION", answer.functions),) if answer.functions == answer.ecus else (
        ("FUNCTION", answer.functions), ("ECU", answer.ecus),
    )  # fmt: skip
    for title, rows in tables:
        wide = max([len(title), *(len(row.name) for row in rows)])
        lines += ["", f"{title:<{wide}}  STATE     BECAUSE"]
        for row in rows[:SHOWN]:
            unknown = f"  (too little known of {_parts_of(row.unknown)})" if row.unknown else ""
            cause = "; ".join(row.because[:3]) + (f" and {len(row.because) - 3} more" if len(row.because) > 3 else "")
            lines.append(f"{row.name:<{wide}}  {row.state:<8}  {cause if row.state != 'survives' else ''}{unknown}")
            if row.weakest is not None and row.weakest.gap_weeks != 0:
                gap = "?" if row.weakest.gap_weeks is None else f"{row.weakest.gap_weeks:g}"
                lines.append(
                    f"{'':<{wide}}            weakest substitute: {row.weakest.substitute} for {row.weakest.part}, "
                    f"{gap} weeks without parts"
                )
        lines += [f"… and {len(rows) - SHOWN} more (-f json)"] if len(rows) > SHOWN else []
    touched = [one for one in answer.parts if one.state in ("stops", "degrades")]
    if touched:
        lines += ["", *_parts(touched)]
        money = (
            f"spend affected {answer.spend_affected:,.0f}; not given for {answer.spend_unknown} of {len(touched)} parts"
        )
        lines.append(money)
    lines += _unknown([one for one in answer.parts if one.state == "unknown"])
    for one in answer.smallest_sets:
        more = "  (and more)" if one.truncated else ""
        for kind, sets, unsure in (
            ("parties", one.parties, one.unknown_parties),
            ("countries", one.countries, one.unknown_countries),
        ):
            shown = " | ".join(" + ".join(atom.partition(":")[2] for atom in each) for each in sets[:6])
            rest = f"; too little is known of {_parts_of(unsure)} to say that no other does" if unsure else ""
            none = "none up to three that is known" if unsure else "none up to three"
            lines += ["", f"{one.function} stops without any of these {kind}: {shown or none}{more}{rest}"]
    return [terminal(line.rstrip()) for line in lines]


def _parts_of(count: int) -> str:
    return f"{count} part{'s' if count != 1 else ''}"


def _unknown(parts: list[PartLoss]) -> list[str]:
    """Return a line per thing that nobody knows, with the parts it is about; what most are about first."""
    about: dict[str, list[str]] = {}
    for one in parts:
        for reason in one.by:
            about.setdefault(reason, []).append(one.name)
    lines = []
    for reason, names in sorted(about.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        different = sorted(set(names))
        more = f" and {len(different) - 3} more" if len(different) > 3 else ""
        lines.append(f"{reason} ({', '.join(different[:3])}{more})")
    cut = [f"… and {len(lines) - SHOWN} more (-f json)"] if len(lines) > SHOWN else []
    return ["", "UNKNOWN", *lines[:SHOWN], *cut] if lines else []


def _parts(touched: list[PartLoss]) -> list[str]:
    lines = ["PART                      ECU               STATE     SUBSTITUTE                SWITCH  STOCK   LOST"]
    for one in touched[:SHOWN]:
        switch, stock = (f"{weeks:g} w" if weeks is not None else "?" for weeks in (one.switch_weeks, one.stock_weeks))
        substitute = one.substitute or "none"
        lines.append(
            f"{one.name[:24]:<24}  {one.ecu[:16]:<16}  {one.state:<8}  {substitute[:24]:<24}  {switch:<6}  {stock:<6}  "
            + ", ".join(one.by[:3])
        )
    return lines + ([f"… and {len(touched) - SHOWN} more (-f json)"] if len(touched) > SHOWN else [])
