"""The one error of policy files: where it stands and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PolicyError(Exception):
    """A rule, pack, waiver or baseline file that cannot be used.

    `file` is relative or as given by the user, `line` and `column` count from 1 (0 = unknown).
    """

    def __init__(self, file: str, line: int, column: int, message: str, suggestion: str = "") -> None:
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
        super().__init__(self.text())

    def text(self) -> str:
        """Return one line: `file:line:column: message (did you mean ...?)`."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{place}: {self.message}{hint}"


def closest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate nearest to `word`, or an empty string when none is near."""
    found = get_close_matches(word, sorted(set(candidates)), n=1, cutoff=0.6)
    return found[0] if found else ""
