"""Every way a command can end has a code and one line."""

from __future__ import annotations

import os
import sys

import click

USAGE, INPUT, CONFIGURATION, UNAVAILABLE, UNWRITTEN, INTERNAL = 2, 3, 5, 6, 7, 70
INTERRUPTED, CLOSED_PIPE = 130, 141


class Stop(Exception):
    """End the command with a code and one line."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ClosedPipe(Exception):
    """Nobody reads standard output any more."""


def say(message: str, **fields: object) -> None:
    """Print one line of error on standard error, harmless on a terminal."""
    from auditor.cli.log import LOG

    LOG.error(message, **fields)


def ended(error: BaseException) -> int:
    """Return the exit code of an exception after saying what happened."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else INTERNAL
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        say("interrupted")
        return INTERRUPTED
    if isinstance(error, ClosedPipe | BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    if isinstance(error, Stop):
        say(str(error))
        return error.code
    if isinstance(error, click.ClickException):
        hint = f" ({error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        say(error.format_message() + hint)
        return USAGE
    return _ours(error)


def _ours(error: BaseException) -> int:
    from auditor.evaluate.errors import PolicyError
    from auditor.knowledge.reading import KnowledgeError
    from auditor.worker import IsolationUnavailable, WorkerUnavailable

    if isinstance(error, PolicyError | KnowledgeError):
        say(str(error))
        return CONFIGURATION
    if isinstance(error, IsolationUnavailable | WorkerUnavailable):
        say(str(error))
        return UNAVAILABLE
    if os.environ.get("AUDITOR_DEBUG"):
        import traceback

        traceback.print_exception(error)
    say(f"internal error: {type(error).__name__}: {error}; run again with AUDITOR_DEBUG=1 and report it")
    return INTERNAL
