"""A verb: a command whose options also come from the environment and a configuration file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from auditor.cli.log import FORMS, LOG
from auditor.cli.places import apart

HELP = {"help_option_names": ["-h", "--help"]}
PREFIX = "AUDITOR_"
OTHERS = ("AUDITOR_DEBUG",)
"""Variables that are no option of any verb."""
SOURCES = {ParameterSource.COMMANDLINE: "command line", ParameterSource.ENVIRONMENT: "environment"}


def _general() -> list[click.Option]:
    """Return the options every verb has; they say how the command speaks, not what it does."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    return [
        click.Option(["-c", "--config"], type=path, metavar="FILE", help="Read options from here."),
        click.Option(["--no-config"], is_flag=True, help="Read no configuration file."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Errors only on standard error."),
        click.Option(["-v", "--verbose"], is_flag=True, help="Say where each option came from."),
        click.Option(["--log-format"], type=click.Choice(FORMS), help="Lines of standard error."),
        click.Option(["--cache-dir"], metavar="DIR|none", help="Where results are kept between runs."),
        click.Option(["--fresh"], is_flag=True, help="Examine all inputs again, whatever was kept."),
    ]


class Verb(click.Command):
    """A command with `AUDITOR_<OPTION>` variables and a configuration file below its command line.

    Command line beats environment beats configuration file beats default.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named["context_settings"] = {**HELP, **named.get("context_settings", {})}
        super().__init__(*arguments, **named)
        self.params += _general()
        for parameter in self.params:
            if isinstance(parameter, click.Option) and parameter.envvar is None:
                parameter.envvar = PREFIX + option_name(parameter).upper().replace("-", "_")

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse twice when there is a configuration file: first to learn which, then with it."""
        from auditor.cli.settings import find, load, shown

        context = super().make_context(info_name, list(args), parent, **extra)
        if context.resilient_parsing:
            return context
        check_environment(self)
        _speak(context)
        path = find(context)
        if path is None:
            return context
        values = load(path, self, context)
        context.close()
        context = super().make_context(info_name, list(args), parent, **extra, default_map=values)
        context.meta["auditor.config"] = shown(path)
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb without the general options, which are already in force. Raises Stop (2)."""
        _speak(ctx)
        for line in origins(ctx, self.params):
            LOG.detail(line)
        apart(ctx)
        for option in _general():
            ctx.params.pop(option.name or "", None)
        return super().invoke(ctx)


def check_environment(verb: click.Command) -> None:
    """Demand that every `AUDITOR_` variable is one: a misspelled one would be ignored without a word.

    The options of the other verbs are looked up only for a variable that this verb does not know.
    Raises PolicyError.
    """
    own = {one.envvar for one in verb.params if isinstance(one, click.Option)}
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in own and name not in OTHERS)
    if not strange:
        return
    from auditor.cli import group
    from auditor.evaluate.errors import PolicyError, closest

    known = {*OTHERS, *_variables(group)}
    for name in strange:
        if name not in known:
            raise PolicyError(name, 0, 0, "there is no such variable: no option is called so", closest(name, known))


def _variables(group: click.Group) -> Iterator[str]:
    """Yield the variables of every verb, those inside groups of verbs too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _variables(command)
        elif command is not None:
            yield from (one.envvar for one in command.params if isinstance(one.envvar, str))


def option_name(parameter: click.Parameter) -> str:
    """Return the long name of an option without its dashes: `fail-on`."""
    return max(parameter.opts, key=len).lstrip("-")


def origins(context: click.Context, parameters: list[click.Parameter]) -> list[str]:
    """Return a line for each option that is not at its default: name, value, where it came from."""
    lines = []
    for parameter in parameters:
        source = context.get_parameter_source(parameter.name or "")
        if not isinstance(parameter, click.Option) or source in (None, ParameterSource.DEFAULT):
            continue
        where = SOURCES.get(source, context.meta.get("auditor.config", "configuration file"))
        lines.append(f"option {option_name(parameter)} = {_shown(context.params.get(parameter.name or ''))} ({where})")
    return lines


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join("=".join(one) if isinstance(one, tuple) else str(one) for one in value)
    return str(value)


def _speak(context: click.Context) -> None:
    LOG.form = context.params.get("log_format") or ""
    LOG.quiet = bool(context.params.get("quiet"))
    LOG.verbose = bool(context.params.get("verbose"))
    # the workers' program reads them too
    if context.params.get("cache_dir"):
        os.environ["AUDITOR_CACHE_DIR"] = context.params["cache_dir"]
    if context.params.get("fresh"):
        os.environ["AUDITOR_FRESH"] = "1"


def verb(name: str) -> Callable[[Callable[..., Any]], Verb]:
    """Return the decorator that makes a function a verb."""
    return click.command(name, cls=Verb)
