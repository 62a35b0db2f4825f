"""How many columns a text takes on a terminal: Chinese, Japanese and Korean signs take two."""

from __future__ import annotations

import unicodedata


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
