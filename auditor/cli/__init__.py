"""The command line: one module per verb, loaded when it is called."""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Sequence
from typing import Any

import click

VERBS = {
    "check": "Audit inputs and gate: the main job.",
    "scan": "List what is in the inputs; never gates.",
    "tree": "Show what is inside an input.",
    "explain": "Say why a rule exists, or why a finding fired.",
    "trace": "Show who controls a component, part number or party, with sources.",
    "report": "Render a JSON report again in other formats.",
    "diff": "Show what changed between two reports or bills of materials.",
    "verify": "Check that a report's digests match and that it can be made again.",
    "whatif": "Show what stops when parties, countries or parts are removed.",
    "merge": "Join controller reports into one.",
    "attest": "Make an unsigned statement of a report's verdict for supply-chain tools.",
    "rules": "List, show, test and scaffold rules.",
    "pack": "List, show and compare policy packs.",
    "knowledge": "List, show and verify facts.",
    "baseline": "Keep today's findings aside.",
    "waiver": "Add, list, check and prune waivers.",
    "schema": "Print the JSON Schema of a file.",
    "init": "Write a first configuration or CI file.",
    "fleet": "Audit many images.",
    "demo": "Audit the two bundled controllers of Example Motors.",
    "doctor": "Show versions, isolation, cache and knowledge age of this machine.",
    "cache": "Show or clean the cache.",
    "completion": "Print a shell completion script.",
}


class Verbs(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs that exist in this installation."""
        from importlib.util import find_spec

        return [verb for verb in VERBS if find_spec(f"auditor.cli.{verb}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a verb and return its `command`."""
        from importlib import import_module

        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"auditor.cli.{cmd_name}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; a closed pipe is told apart before click takes it for an ending of its own."""
        from auditor.cli.ending import UNWRITTEN, ClosedPipe, Stop

        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EFBIG):
                raise Stop(UNWRITTEN, f"standard output could not be written: {error.strerror}") from None
            raise
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, VERBS[verb]) for verb in self.list_commands(ctx)])


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from auditor import __version__

        click.echo(f"auditor {__version__}")
        ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
def group() -> None:
    """Audit the supply chain of vehicle controllers: firmware images and bills of materials go in;
    components with origin, license and evidence, findings and a verdict come out.

    Exit codes: 0 pass, 1 findings, 2 wrong use, 3 input cannot be read, 4 inconclusive,
    5 invalid configuration, 6 source or isolation unavailable, 7 report not written,
    70 internal error, 130 interrupted.
    """


COLLECT_AFTER = 100_000
"""New objects until the collector looks for cycles: nearly all are records that stay until the report is written."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with a documented code."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    sys.exit(run(arguments))


def _end_politely() -> None:
    """Take SIGTERM as an interruption, so that workers end and half-written files go."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; errors are one line on standard error."""
    from auditor.cli.ending import ended

    try:
        _end_politely()
        result: Any = group.main(args=arguments, prog_name="auditor", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except BaseException as error:
        return ended(error)
