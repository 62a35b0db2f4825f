"""Many images at once: sources to Parquet on as many machines as there are, then questions in SQL.

`sources` lists images, `schedule` hands each to a Dask worker, `task` fetches and audits one, `rows` makes
rows of its report, `store` keeps them, `query` and `portfolio` read them. The extra `fleet` brings what is
imported here; nothing of it is imported before `need` was asked.
"""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = ("cryptography", "dask", "distributed", "duckdb", "fsspec", "pyarrow")


class Refused(Exception):
    """A fleet command that cannot go on; `code` is the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def need() -> None:
    """Raise Refused (2) when the extra is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise Refused(2, f"{', '.join(missing)} is not installed here: pip install 'auditor[fleet]'")
