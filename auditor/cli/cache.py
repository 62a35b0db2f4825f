"""auditor cache: where what was found before is kept, and how to be rid of it."""

from __future__ import annotations

import click

from auditor.cli.ending import USAGE, Stop
from auditor.cli.verb import Verb


@click.group("cache", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show or clean the cache of results, parsed signatures and facts."""


@command.command("dir", cls=Verb)
def show() -> None:
    """Print the folder of the cache."""
    click.echo(_folder())


@command.command("clean", cls=Verb)
def clean() -> None:
    """Remove what this program keeps there."""
    from pathlib import Path

    root = Path(_folder())
    if not root.is_dir() or root.is_symlink():
        return
    for pattern in ("*.sqlite", "*.sqlite-journal", "*.msgpack", "*.hsdb"):
        for path in sorted(root.glob(pattern)):
            path.unlink(missing_ok=True)


def _folder() -> str:
    from auditor.compiled import folder

    root = folder()
    if root is None:
        raise Stop(USAGE, "there is no cache: --cache-dir or AUDITOR_CACHE_DIR says none")
    return str(root)
