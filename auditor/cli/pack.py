"""auditor pack: policy packs."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.ending import USAGE, Stop

FOLDERS = click.option("--rules", "folders", multiple=True, type=click.Path(path_type=Path), metavar="DIR")


@click.group("pack", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show and compare policy packs."""


@command.command("list")
def listing() -> int:
    """List the shipped packs."""
    from auditor.evaluate import load_library

    for name, pack in sorted(load_library().packs.items()):
        click.echo(f"{name:<22} {pack.value['version']:<9} {pack.value['title']}")
    return 0


@command.command("show")
@click.argument("name", metavar="NAME|FILE")
@FOLDERS
def show(name: str, folders: tuple[Path, ...]) -> int:
    """Print what a pack sets, and where each setting comes from."""
    from auditor.evaluate import load_policy

    policy = load_policy((name,), rule_folders=folders)
    click.echo("\n".join(f"{one.id} {one.version}  sha256 {one.digest}" for one in policy.packs) + "\n")
    click.echo("\n".join(f"{one.name:<32} {one.value:<24} {one.source}" for one in policy.settings))
    click.echo(f"\n{len(policy.rules)} rules")
    for rule in policy.rules:
        click.echo(f"{rule.id:<40} {rule.severity:<9} {rule.status:<7} {policy.rule_packs[rule.id]}")
    return 0


@command.command("diff")
@click.argument("one", metavar="NAME|FILE")
@click.argument("other", metavar="NAME|FILE")
@FOLDERS
def diff(one: str, other: str, folders: tuple[Path, ...]) -> int:
    """Print what changes from one pack to another: rules, severities, conditions, parameters, gate."""
    from auditor.evaluate import load_policy
    from auditor.evaluate.policy import difference

    if one == other:
        raise Stop(USAGE, "give two different packs")
    old, new = (load_policy((name,), rule_folders=folders) for name in (one, other))
    for line in difference(old, new):
        click.echo(line)
    return 0
