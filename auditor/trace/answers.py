"""The answers of earlier look-ups, kept with the day they were given."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import date, timedelta
from pathlib import Path

KEPT_DAYS = 30
"""An answer older than this is asked for again."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers (url TEXT PRIMARY KEY, day TEXT NOT NULL, status INTEGER NOT NULL, body BLOB)"
)


class Answers:
    """A table url -> (day, status, body) in a SQLite file; in memory where there is no folder for one."""

    def __init__(self, path: Path | None, today: date) -> None:
        """Open the table. A damaged or unwritable file is done without: the answers are asked for again."""
        self.today = today
        self._table = self._open(path)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
                table = sqlite3.connect(path, isolation_level=None)
                table.execute(_TABLE)
            except (OSError, sqlite3.Error):
                return self._open(None)
            return table
        table = sqlite3.connect(":memory:", isolation_level=None)
        table.execute(_TABLE)
        return table

    def get(self, url: str) -> tuple[str, int, bytes] | None:
        """Return (ISO day, HTTP status, body) of a fresh answer, None when there is none."""
        oldest = (self.today - timedelta(days=KEPT_DAYS)).isoformat()
        try:
            row = self._table.execute(
                "SELECT day, status, body FROM answers WHERE url = ? AND day > ? AND day <= ?",
                (url, oldest, self.today.isoformat()),
            ).fetchone()
        except sqlite3.Error:
            return None
        if row is None or not (isinstance(row[0], str) and isinstance(row[1], int) and isinstance(row[2], bytes)):
            return None
        return row[0], row[1], row[2]

    def put(self, url: str, status: int, body: bytes) -> None:
        """Keep an answer under today's day."""
        with contextlib.suppress(sqlite3.Error):
            self._table.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", (url, self.today.isoformat(), status, body)
            )

    def close(self) -> None:
        """Close the file."""
        self._table.close()
