"""auditor completion: scripts for bash, zsh and fish."""

from __future__ import annotations

import click

from auditor.cli.verb import verb

VARIABLE = "_AUDITOR_COMPLETE"


@verb("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of SHELL, for example: auditor completion bash >> ~/.bashrc"""
    from click.shell_completion import get_completion_class

    from auditor.cli import group

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(group, {}, "auditor", VARIABLE).source())
    return 0
