"""Configuration files: `auditor.toml` or `[tool.auditor]` of `pyproject.toml`, never from inside an input."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from auditor.cli.log import LOG
from auditor.cli.verb import option_name

NAMES = ("auditor.toml", "pyproject.toml")
TABLE = ("tool", "auditor")
WITH_PATHS = ("ecu", "output")
"""NAME=PATH options; what `click.Path` marks is found without a list."""
NEVER = ("config", "no-config", "verbose", "help")


def find(context: click.Context) -> Path | None:
    """Return the configuration file in force: `--config`, else the nearest upward to the repository's root.

    A file that lies inside an input is not read: what is audited must not configure the audit.
    """
    given: Path | None = context.params.get("config")
    if given is not None or context.params.get("no_config"):
        return given
    found = next(_candidates(Path.cwd()), None)
    if found is None:
        return None
    inside = _input_around(found, context.params.get("inputs") or ())
    if inside is None:
        return found
    LOG.warning(f"{found.name} lies inside the input {inside} and is not read; name it with --config if you trust it")
    return None


def _candidates(start: Path) -> Iterator[Path]:
    folders = [start, *start.parents]
    root = next((index for index, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    for folder in folders[: root + 1]:
        for name in NAMES:
            path = folder / name
            if path.is_file() and (name != "pyproject.toml" or b"[tool.auditor" in path.read_bytes()):
                yield path


def _input_around(found: Path, inputs: tuple[str, ...] | str) -> str | None:
    place = found.resolve()
    for one in (inputs,) if isinstance(inputs, str) else inputs:
        folder = Path(one)
        if folder.is_dir() and place.is_relative_to(folder.resolve()):
            return one
    return None


def load(path: Path, verb: click.Command, context: click.Context) -> dict[str, Any]:
    """Return what a file says as defaults of a verb's parameters.

    Raises PolicyError (file, line, column, suggestion) for anything that is no option or has a wrong type.
    Relative paths are relative to the file's folder.
    """
    import tomllib

    from auditor.evaluate.errors import PolicyError

    try:
        text = path.read_text(encoding="utf-8")
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        raise PolicyError(shown(path), line, column, f"no TOML: {str(error).split(' (at')[0]}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(shown(path), 0, 0, f"cannot be read: {error}") from None
    if path.name == "pyproject.toml":
        for name in TABLE:
            table = table.get(name, {}) if isinstance(table, dict) else {}
    return _defaults(path, text, table, verb, context)


def _defaults(
    path: Path, text: str, table: dict[str, Any], verb: click.Command, context: click.Context
) -> dict[str, Any]:
    from auditor.cli.configuration import option_table
    from auditor.evaluate.errors import PolicyError, closest

    name = shown(path)
    known = option_table()
    own = {option_name(one): one for one in verb.params if isinstance(one, click.Option)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        line, column = place(text, key)
        if key in NEVER or key not in known:
            raise PolicyError(name, line, column, f"unknown option {key!r}", closest(key, known))
        option = own.get(key, known[key])
        try:
            plain = _plain(option, key, value, path.parent)
            option.process_value(context, plain)
        except click.BadParameter as error:
            raise PolicyError(name, line, column, f"{key}: {error.message}") from None
        except (TypeError, ValueError) as error:
            raise PolicyError(name, line, column, f"{key}: {error}") from None
        if key in own and option.name:
            values[option.name] = plain
    return values


def shown(path: Path) -> str:
    """Return the path as messages show it: relative to the working folder where it is below it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def place(text: str, key: str) -> tuple[int, int]:
    """Return line and column (from 1) of a key or table in a TOML text; (1, 1) when it is written otherwise."""
    word = re.escape(key)
    pattern = rf"(?m)^[ \t]*(?:\[[ \t]*(?:tool\.auditor\.)?)?[\"']?({word})[\"']?[ \t]*[=\].]"
    found = re.search(pattern, text)
    if found is None:
        return 1, 1
    return text.count("\n", 0, found.start(1)) + 1, found.start(1) - text.rfind("\n", 0, found.start(1))


def _plain(option: click.Option, key: str, value: Any, folder: Path) -> Any:
    """Return a TOML value as the command line would give it. Raises TypeError."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise TypeError("must be true or false")
        return value
    if isinstance(value, dict):
        return [f"{name}={_place(key, one, folder)}" for name, given in value.items() for one in _many(given)]
    if isinstance(option.type, click.Path):
        made = [str(folder / _text(one)) for one in _many(value)]
        return made if option.multiple else made[0]
    if option.multiple:
        return [_text(one) for one in _many(value)]
    if isinstance(value, list):
        return ",".join(_text(one) for one in value)
    if isinstance(option.type, click.types.IntParamType) and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError("must be a whole number")
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)


def _place(key: str, value: Any, folder: Path) -> str:
    return str(folder / _text(value)) if key in WITH_PATHS else _text(value)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, bool) or (not isinstance(value, str | int | float) and not hasattr(value, "isoformat")):
        raise TypeError(f"{value!r} is neither text nor number")
    return str(value)
