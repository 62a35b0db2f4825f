"""auditor rules: the rules themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.ending import CONFIGURATION, USAGE, Stop, say

if TYPE_CHECKING:
    from auditor.evaluate.selftest import RuleReport

HOUSE_STYLE = ("the Chinese", "supplier-question")
"""Lints that only shipped rules must pass."""
FOLDERS = click.option("--rules", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR")


@click.group("rules", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show and test rules."""


@command.command("list")
@FOLDERS
def listing(folders: tuple[Path, ...]) -> int:
    """List all rules with status, severity and title."""
    from auditor.evaluate import load_library

    rules = load_library(folders).rules
    wide = max((len(name) for name in rules), default=0)
    for name in sorted(rules):
        value = rules[name].value
        click.echo(f"{name:<{wide}}  {value['status']:<7} {value['severity']:<9} {value['title']}")
    stable = sum(rule.value["status"] == "stable" for rule in rules.values())
    click.echo(f"{len(rules)} rules, {stable} stable, {len(rules) - stable} trial", err=True)
    return 0


@command.command("show")
@click.argument("name")
@FOLDERS
def show(name: str, folders: tuple[Path, ...]) -> int:
    """Print the page of a rule."""
    click.echo(page(name, folders))
    return 0


def page(name: str, folders: tuple[Path, ...] = ()) -> str:
    """Return the page of a rule; raises Stop (2) when there is none of that name."""
    from auditor.evaluate import load_library
    from auditor.evaluate.errors import closest

    rules = load_library(folders).rules
    if name not in rules:
        near = closest(name, rules)
        raise Stop(USAGE, f"there is no rule {name!r}" + (f" (did you mean {near!r}?)" if near else ""))
    value = rules[name].value
    lines = [
        f"{value['id']}  ({value['severity']}, {value['status']}, basis {value['basis']})",
        value["title"],
        value.get("zh", {}).get("title", ""),
        "",
        f"applies to   {', '.join(value['applies-to'])}",
        f"fires when   {' '.join(str(value['when']).split())}",
        "",
        f"why          {' '.join(str(value['rationale']).split())}",
        f"what to do   {' '.join(str(value.get('remediation', '-')).split())}",
    ]
    for reference in value.get("references") or []:
        read = f", read {reference['read']}" if reference.get("read") else ", not read"
        lines.append(
            f"rests on     {reference['title']} {reference.get('clause') or ''} {reference.get('url') or ''}{read}"
        )
    if value.get("supplier-question"):
        lines.append(f"question     {value['supplier-question']}")
    if value["basis"] == "house":
        lines.append("A house rule: it rests on no law or standard.")
    return "\n".join(line.rstrip() for line in lines if line is not None)


@command.command("new")
@click.argument("name")
def new(name: str) -> int:
    """Print a first version of a rule NAME, to be saved as NAME.yaml in a folder of yours."""
    from auditor.evaluate.scaffold import scaffold

    click.echo(scaffold(name), nl=False)
    return 0


@command.command("test")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="A mutant that no example notices is an error, too.")
def test(path: Path | None, strict: bool) -> int:
    """Run the examples of all rules and signatures, then mutate each condition.

    PATH is a folder of your own rules, tested besides the shipped ones.
    """
    from auditor.evaluate import load_library
    from auditor.evaluate.selftest import check_rules
    from auditor.identify.signatures.check import check_signatures

    library = load_library((path,) if path else ())
    reports = check_rules(library.rules.values())
    errors = [
        error
        for report in reports
        for error in report.errors
        if report.id not in library.own or not any(word in error for word in HOUSE_STYLE)
    ]
    survivors = [f"{report.id}: no example notices {one}" for report in reports for one in report.survivors]
    errors += [str(failure) for failure in check_signatures()]
    for line in errors:
        say(line)
    for line in survivors:
        click.echo(f"auditor: {'error' if strict else 'warning'}: {line}", err=True)
    own = [report for report in reports if report.id in library.own]
    if own:
        click.echo(f"yours: {_counted(own)}")
    click.echo(f"{_counted(reports)}, {len(errors)} errors")
    return CONFIGURATION if errors or (strict and survivors) else 0


def _counted(reports: list[RuleReport]) -> str:
    from auditor.evaluate.selftest import score

    examples = sum(report.examples for report in reports)
    mutants = sum(report.mutants for report in reports)
    missed = sum(len(report.survivors) for report in reports)
    return f"{len(reports)} rules, {examples} examples, {mutants} mutants, {score(reports):.1%} noticed, {missed} not"
