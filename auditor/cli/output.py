"""Write reports: to standard output, and whole or not at all to files."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.ending import UNWRITTEN, USAGE, Stop
from auditor.cli.log import LOG
from auditor.cli.options import pairs
from auditor.report.text_groups import KEYS

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report


def emit(data: bytes) -> None:
    """Write bytes to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write(path: Path, data: bytes) -> None:
    """Write a file whole: temporary name, fsync, rename. Raises Stop (7)."""
    temporary = ""
    try:
        if path.is_dir() or (path.exists() and not path.is_file()):
            raise OSError("is not a regular file")
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise Stop(UNWRITTEN, f"{path} could not be written: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_formats(names: list[str]) -> None:
    """Raise Stop (2) for a format that does not exist."""
    from auditor.report import formats, known

    for name in names:
        if not known(name):
            raise Stop(USAGE, f"there is no format {name!r}; there are: {', '.join(formats())}")


def look(chosen: dict[str, Any]) -> Style:
    """Take the options of `LOOK` out of `chosen` and return how text is to look on this terminal."""
    from auditor.report import Style

    color, language, show, group_by = (chosen.pop(name) for name in ("color", "language", "show", "group_by"))
    terminal = sys.stdout.isatty()
    wanted = color == "always" or (
        color == "auto"
        and not os.environ.get("NO_COLOR")
        and (terminal or bool(os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE")))
    )
    return Style(
        width=min(max(shutil.get_terminal_size((120, 24)).columns, 60), 160),
        color=wanted,
        links=terminal and wanted,
        language=language,
        show=show,
        group_by=group_by,
    )


def rendered(report: Report, name: str, look: Style) -> bytes:
    """Render one format. Raises Stop (7) when it needs something that is not installed."""
    from auditor.report import render

    try:
        return render(report, name, look)
    except ValueError as error:
        raise Stop(UNWRITTEN, str(error)) from None


def enriched(report: Report, bom: Path, outputs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Write the original document with what the audit found, in place of a new one; returns the other outputs.

    Raises Stop (2) when no output asks for it, Stop (7) when the document cannot be enriched.
    """
    from auditor.report.enrich import NotEnriched, enrich

    wanted = [path for name, path in outputs if name.startswith(("cyclonedx", "spdx"))]
    if not wanted:
        raise Stop(USAGE, "--bom needs -o cyclonedx=PATH or -o spdx=PATH: where to write the enriched document")
    try:
        data = enrich(bom.read_bytes(), report)
    except (NotEnriched, OSError) as error:
        raise Stop(UNWRITTEN, f"{bom} could not be enriched: {error}") from None
    for path in wanted:
        write(Path(path), data)
    return tuple(pair for pair in outputs if not pair[0].startswith(("cyclonedx", "spdx")))


def deliver(report: Report, name: str | None, outputs: tuple[tuple[str, str], ...], look: Style) -> int:
    """Write all outputs and standard output; returns the report's exit code. Raises Stop (7)."""
    for form, path in outputs:
        write(Path(path), rendered(report, form, look))
    for one in report.inputs:
        for problem in one.problems[:1]:
            LOG.problem(one.path, problem)
    for line in report.diagnostics:
        LOG.warning(line)
    emit(rendered(report, name or ("text" if sys.stdout.isatty() else "json"), look))
    return report.verdict.exit_code


def _shown(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = tuple(part.strip() for part in (value or "").split(",") if part.strip())
    for word in words:
        if word not in SHOWN:
            raise click.BadParameter(f"{word!r} is none of {', '.join(SHOWN)}", param=parameter)
    return words


SHOWN = ("passed", "waived", "baselined", "undetermined")
LOOK = (
    click.option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Auto: on a terminal."
    ),
    click.option(
        "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the report."
    ),
    click.option("--show", callback=_shown, metavar="WHAT", help="Also list: passed,waived,baselined,undetermined."),
    click.option("--group-by", type=click.Choice(KEYS), default="rule", help="Heads of the terminal report."),
)
FORMAT = (
    click.option(
        "-f", "--format", "form", metavar="FMT", help="Standard output: text, json ... (default by terminal)."
    ),
    click.option(
        "-o", "--output", "outputs", multiple=True, callback=pairs, metavar="FMT=PATH", help="Write a report file."
    ),
    *LOOK,
)
