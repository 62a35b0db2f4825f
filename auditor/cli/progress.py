"""How far a long reading is: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.worker import Progress

WAIT, EVERY = 1.0, 0.2
"""Seconds before the line appears, and between two changes of it."""
BAR = 20


class Line:
    """A line on standard error that is rewritten in place."""

    def __init__(self, wanted: str) -> None:
        self.shown = wanted == "always" or (wanted == "auto" and sys.stderr.isatty())
        self.start = self.last = time.monotonic()
        self.written = False

    def __call__(self, at: Progress | None) -> None:
        """Show how far it is, at most a few times a second and not in the first one; None takes the line away."""
        if at is None:
            if self.written:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
            return
        now = time.monotonic()
        if not self.shown or now - self.start < WAIT or now - self.last < EVERY:
            return
        self.last, self.written = now, True
        sys.stderr.write(f"\r\x1b[K{line(at)}")
        sys.stderr.flush()


def line(at: Progress) -> str:
    """Return the line, cut to the width of the terminal."""
    from auditor.report.escape import terminal
    from auditor.report.width import columns, cut

    filled = min(BAR, BAR * at.done // at.total) if at.total else 0
    text = f"[{'#' * filled}{'.' * (BAR - filled)}] {size(at.done)} of {size(at.total)} read · " if at.total else ""
    text += f"{at.files:,} files, {size(at.unpacked)} unpacked · "
    width = shutil.get_terminal_size((100, 24)).columns - 1  # a full last column would leave a line behind
    rest = max(10, width - len(text))
    inner = terminal(at.path.replace("!/", " › "))
    return cut(text + (inner if columns(inner) <= rest else "…" + inner[-rest + 1 :]), width)


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
