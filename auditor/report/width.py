"""How many columns a text takes on a terminal: Chinese, Japanese and Korean signs take two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator


def columns(text: str) -> int:
    """Return the columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def padded(text: str, width: int) -> str:
    """Return the text with blanks up to a width."""
    return text + " " * (width - columns(text))


def cut(line: str, width: int) -> str:
    """Return a line that fits into a width; what is cut off leaves an ellipsis."""
    if columns(line) <= width:
        return line
    taken, used = [], 0
    for sign in line:
        used += _columns(sign)
        if used > width - 1:
            break
        taken.append(sign)
    return "".join(taken) + "…"


_PIECES = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]|\S+?(?=[\u2e80-\u9fff\uff00-\uffef]|\s|$)|\s+")
"""Where a line may end: at blanks, and beside each sign of Chinese, Japanese and Korean."""


def wrapped(line: str, width: int, indent: int = 0) -> Iterator[str]:
    """Yield a line in pieces that fit into a width, each after the first with `indent` blanks; nothing is lost."""
    now, used = "", 0
    for piece in _PIECES.findall(line):
        rest, size = piece, columns(piece)
        if used + size > width and now.strip():
            yield now.rstrip()
            now, used, rest = " " * indent, indent, piece.lstrip()
        while columns(rest) > max(2, width - used):
            fits = _fitting(rest, max(2, width - used))
            yield now + rest[:fits]
            now, used, rest = " " * indent, indent, rest[fits:]
        now, used = now + rest, used + columns(rest)
    if now.strip():
        yield now.rstrip()


def _fitting(text: str, width: int) -> int:
    """Return how many signs of a text fit into a width."""
    used = 0
    for index, sign in enumerate(text):
        used += _columns(sign)
        if used > width:
            return index
    return len(text)
