"""What a document reader collects while it reads, and how it says that it cannot."""

from __future__ import annotations

from typing import Any

from auditor.model import Problem
from auditor.unpack.view import Damaged

MOST = 1000
"""Problems kept in full per document; the rest is counted in one last problem."""


class Unreadable(Damaged):
    """A recognized document that cannot be read; `code` says why, `pointer` or `offset` where."""

    def __init__(
        self,
        code: str,
        message: str,
        offset: int | None = None,
        pointer: str | None = None,
        limit: str | None = None,
        value: int | None = None,
    ) -> None:
        super().__init__(message, offset)
        self.code = code
        self.pointer = pointer
        self.limit = limit
        self.value = value


class Notes:
    """Problems of one document, bounded, and the number of keys nobody knew."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.omitted = 0
        self.unknown_keys = 0

    def add(self, code: str, message: str, pointer: str | None = None, offset: int | None = None) -> None:
        """Record one problem; `pointer` is a JSON pointer or `line N`."""
        if len(self.problems) < MOST:
            self.problems.append(Problem(code=code, message=message, pointer=pointer, offset=offset))
        else:
            self.omitted += 1

    def all(self) -> tuple[Problem, ...]:
        """Return the problems in the order of the document."""
        if not self.omitted:
            return tuple(self.problems)
        rest = Problem(code="more-problems", message=f"{self.omitted} more problems", value=self.omitted)
        return (*self.problems, rest)


def shown(value: Any, size: int = 80) -> str:
    """Return a value for a message: one line, quoted, control characters escaped, cut at `size`."""
    if isinstance(value, str):
        return repr(value[:size]) + ("..." if len(value) > size else "")
    return type(value).__name__ if isinstance(value, (dict, list)) else repr(value)[:size]


LOSSY = frozenset((
    "json-duplicate-key", "yaml-duplicate-key", "json-number", "json-surrogate", "json-trailing-data", "trailing-data",
    "truncated", "bad-line", "wrong-type", "empty-document", "missing-name", "missing-version", "more-problems",
    "limit-expression",
))  # fmt: skip
"""Problems of a document after which something may be lost or meant otherwise: it was not read in full."""
