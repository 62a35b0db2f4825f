"""What goes to standard error: one line each, as text or as JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass

import click

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
