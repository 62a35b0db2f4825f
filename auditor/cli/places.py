"""Where a command writes: never over what it reads, and never twice to one place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from auditor.cli.ending import USAGE, Stop

WRITTEN = ("outputs", "target", "profile")
"""Parameters that name files to be written: (format, path) pairs, or one path."""
NAMED = ("ecus", "packs")
"""Parameters that name files to be read without being of click's type of paths: (name, path) pairs, or paths."""


def apart(context: click.Context, also: Iterable[str] = ()) -> None:
    """Refuse outputs that are an input or each other; `also` are further inputs. Nothing is read for it.

    Two paths are the same when they lead to one file, by links of either kind too. Raises Stop (2).
    """
    taken: dict[object, str] = {}
    for path in (*_read(context), *also):
        for key in _keys(path):
            taken.setdefault(key, path)
    written: dict[object, str] = {}
    for path in _written(context):
        for key in _keys(path):
            if key in taken:
                raise Stop(USAGE, f"the output {path} would overwrite the input {taken[key]}: name another file")
            if key in written:
                raise Stop(USAGE, f"two outputs go to {path}: give each a file of its own")
        written.update(dict.fromkeys(_keys(path), path))


def _written(context: click.Context) -> Iterator[str]:
    for name in WRITTEN:
        value = context.params.get(name)
        if isinstance(value, tuple):
            yield from (path for _, path in value)
        elif value is not None:
            yield str(value)


def _read(context: click.Context) -> Iterator[str]:
    """Yield the path in every argument and in every option that names a file to be read."""
    for parameter in context.command.params:
        name = parameter.name or ""
        paths = isinstance(parameter, click.Argument) or isinstance(parameter.type, click.Path)
        if name in WRITTEN or not (paths or name in NAMED):
            continue
        value = context.params.get(name)
        for one in value if isinstance(value, tuple) else (value,) if value is not None else ():
            text = str(one[-1] if isinstance(one, tuple) else one)
            # merge takes NAME=REPORT
            yield text if os.path.exists(text) else text.partition("=")[2] or text


def _keys(path: str) -> Iterator[object]:
    """Yield what tells a place: its path without links and, where a file stands there, the file itself."""
    with contextlib.suppress(OSError, ValueError):
        yield os.path.realpath(path)
        found = Path(path).stat()
        yield found.st_dev, found.st_ino
