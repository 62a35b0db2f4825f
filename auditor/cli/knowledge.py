"""auditor knowledge: the facts, and what they rest on."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli import output
from auditor.cli.ending import CONFIGURATION, USAGE, Stop, say

FOLDERS = click.option("--knowledge", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR")


@click.group("knowledge", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show and verify facts."""


@command.command("list")
@click.argument("kind", required=False)
@FOLDERS
def listing(kind: str | None, folders: tuple[Path, ...]) -> int:
    """List the kinds of facts, or the records of one KIND."""
    from auditor.knowledge import load

    knowledge = load(folders, checked=False)
    if kind is None:
        for name, counts in sorted(knowledge.counts().items()):
            basis = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
            click.echo(f"{name:<22} {len(knowledge.table(name)):>5} records   {basis}")
        return 0
    try:
        table = knowledge.table(kind)
    except KeyError:
        raise Stop(USAGE, f"there is no kind {kind!r}; there are: {', '.join(sorted(knowledge.counts()))}") from None
    for name, record in sorted(table.items()):
        click.echo(f"{name:<32} {getattr(record, 'name', '')}")
    return 0


@command.command("show")
@click.argument("name")
@FOLDERS
def show(name: str, folders: tuple[Path, ...]) -> int:
    """Print every record with the id NAME, with basis and source per fact."""
    import msgspec

    from auditor.knowledge import load

    knowledge = load(folders, checked=False)
    found = [table[name] for kind in sorted(knowledge.counts()) if name in (table := knowledge.table(kind))]
    if not found:
        raise Stop(USAGE, f"no record has the id {name!r}; auditor knowledge list KIND shows the ids")
    for record in found:
        click.echo(f"# {knowledge.place(record)}", err=True)
        output.emit(msgspec.yaml.encode(record, order="deterministic"))
    return 0


@command.command("verify")
@FOLDERS
def verify(folders: tuple[Path, ...]) -> int:
    """Check references, cycles, patterns, dates and sources; count facts per basis."""
    from auditor.knowledge import load

    knowledge = load(folders, checked=False)
    troubles = knowledge.verify()
    for trouble in troubles:
        say(str(trouble))
    total = {"read": 0, "derived": 0, "user": 0, "stated": 0}
    for counts in knowledge.counts().values():
        for basis, count in counts.items():
            total[basis] += count
    click.echo(f"{', '.join(f'{count} {basis}' for basis, count in total.items())}; {len(troubles)} errors")
    return CONFIGURATION if troubles else 0
