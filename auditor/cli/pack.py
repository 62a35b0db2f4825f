"""auditor pack: policy packs."""

from __future__ import annotations

import click

from auditor.cli.ending import USAGE, Stop


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
@click.argument("name")
def show(name: str) -> int:
    """Print what a pack sets, and where each setting comes from."""
    from auditor.evaluate import load_policy

    policy = load_policy((name,))
    click.echo("\n".join(f"{one.name:<32} {one.value:<24} {one.source}" for one in policy.settings))
    click.echo(f"\n{len(policy.rules)} rules")
    for rule in policy.rules:
        click.echo(f"{rule.id:<40} {rule.severity:<9} {rule.status:<7} {policy.rule_packs[rule.id]}")
    return 0


@command.command("diff")
@click.argument("one")
@click.argument("other")
def diff(one: str, other: str) -> int:
    """Print what differs between two packs."""
    from auditor.evaluate import load_policy

    if one == other:
        raise Stop(USAGE, "give two different packs")
    first, second = load_policy((one,)), load_policy((other,))
    rules = [{rule.id: str(rule.severity) for rule in policy.rules} for policy in (first, second)]
    for name in sorted(rules[0].keys() | rules[1].keys()):
        left, right = rules[0].get(name), rules[1].get(name)
        if left != right:
            click.echo(f"{name:<40} {left or '-':<9} {right or '-'}")
    settings = [{row.name: row.value for row in policy.settings} for policy in (first, second)]
    for name in sorted(settings[0].keys() | settings[1].keys()):
        left, right = settings[0].get(name), settings[1].get(name)
        if left != right:
            click.echo(f"{name:<40} {left or '-'}  ->  {right or '-'}")
    return 0
