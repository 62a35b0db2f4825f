"""auditor whatif: what stops when parties, countries, parts, licenses, sites, materials or data are gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.cli import output
from auditor.cli.ending import USAGE, Stop
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
    Without --remove: the smallest sets of parties or countries that stop each function. Ends with 0.
    """
    import msgspec

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
    return 0


def load(inputs: tuple[str, ...], chosen: dict[str, Any]) -> tuple[Report, Knowledge]:
    """Return the report of a single JSON file, else of auditing the inputs, and the knowledge. Raises Stop (3)."""
    from auditor import knowledge
    from auditor.cli.foreign import perhaps
    from auditor.pipeline import audit

    found = shared.options(chosen)
    if len(inputs) == 1 and (report := perhaps(Path(inputs[0]), found.limits)) is not None:
        return report, knowledge.load(found.knowledge)
    made = audit(shared.gather(inputs, found), found)
    return made.report, made.knowledge


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
            unknown = f"  ({row.unknown} parts nobody can place)" if row.unknown else ""
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
    for one in answer.smallest_sets:
        more = "  (and more)" if one.truncated else ""
        for kind, sets in (("parties", one.parties), ("countries", one.countries)):
            shown = " | ".join(" + ".join(atom.partition(":")[2] for atom in each) for each in sets[:6])
            lines += ["", f"{one.function} stops without any of these {kind}: {shown or 'none up to three'}{more}"]
    return [terminal(line.rstrip()) for line in lines]


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
