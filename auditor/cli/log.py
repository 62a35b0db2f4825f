"""What goes to standard error: one line each, as text or as JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from auditor.record import Problem

FORMS = ("text", "json")


@dataclass
class Log:
    """How this command speaks; one for the process."""

    form: str = ""
    quiet: bool = False
    verbose: bool = False

    def error(self, message: str, **fields: object) -> None:
        """Say what went wrong; never left out."""
        self._write("error", message, fields)

    def problem(self, source: str, problem: Problem) -> None:
        """Say what kept an input from being read: where it stands, and how to raise a limit that was hit."""
        place = f"{source}!/{problem.path}" if problem.path else source
        at = f" at offset {problem.offset:#x}" if problem.offset is not None else ""
        at += f" at {problem.pointer}" if problem.pointer else ""
        limit = {}
        if problem.limit is not None and problem.value is not None:
            from auditor.limits import Limits

            more = f"; more with --limit {problem.limit}=N" if problem.limit in Limits.__struct_encode_fields__ else ""
            at += f" ({problem.limit} is {problem.value}{more})"
            limit = {"limit": problem.limit, "value": problem.value}
        self.error(f"{place}: {problem.message}{at}", input=source, code=problem.code, **limit)

    def warning(self, message: str, **fields: object) -> None:
        """Say what deserves a look; left out by --quiet."""
        if not self.quiet:
            self._write("warning", message, fields)

    def note(self, message: str, **fields: object) -> None:
        """Say what was done; left out by --quiet."""
        if not self.quiet:
            self._write("note", message, fields)

    def detail(self, message: str, **fields: object) -> None:
        """Say what only --verbose wants to know."""
        if self.verbose:
            self._write("note", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        line = " ".join(part.strip() for part in message.splitlines() if part.strip())
        if (self.form or os.environ.get("AUDITOR_LOG_FORMAT")) == "json":
            import msgspec

            data = {"level": level, "message": line, **fields}
            text = msgspec.json.encode(data).decode()
        else:
            from auditor.report.escape import terminal

            text = terminal(f"auditor: {level}: {line}")
        click.echo(text, err=True)


LOG = Log()
