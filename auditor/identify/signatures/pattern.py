"""Turn the patterns of signatures into bounded expressions, and texts into versions."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

LONGEST = 512
"""Most bytes one pattern may span: the overlap of chunks and the window of the confirmation."""

_N = r"\d{1,9}"
_TAG = r"(?:-(?:rc|alpha|beta|dev|stable|pre)[.-]?\d{0,3}|(?:rc|alpha|beta|a|b)\d{1,3})?"
SHAPES = {
    "x": _N,
    "x.y": rf"{_N}\.{_N}",
    "x.y.z": rf"{_N}\.{_N}\.{_N}",
    "x.y.z.w": rf"{_N}\.{_N}\.{_N}\.{_N}",
    "x.y[.z]": rf"{_N}\.{_N}(?:\.{_N})?",
    "x[.y[.z]]": rf"{_N}(?:\.{_N}){{0,2}}",
    "x.y.z[.w]": rf"{_N}\.{_N}\.{_N}(?:\.{_N})?",
    "x.y[.z[.w]]": rf"{_N}\.{_N}(?:\.{_N}){{0,2}}",
    "x.y.z[a]": rf"{_N}\.{_N}\.{_N}[a-z]{{0,2}}",
    "x.y[a]": rf"{_N}\.{_N}[a-z]?",
    "x.y[.z]pN": rf"{_N}\.{_N}(?:\.{_N})?p\d{{1,2}}",
    "x.y.z[-tag]": rf"{_N}\.{_N}\.{_N}{_TAG}",
    "x.y[.z][-tag]": rf"{_N}\.{_N}(?:\.{_N})?{_TAG}",
}
"""How versions look; the key is what a signature writes between braces."""
START = r"(?:[\x00-\x08\x0b-\x1f\x7f-\xff][ @P]?|pG)"
"""What `{start}` stands for: what stands before a text. Compilers do not put a NUL before every one: it may follow
the letter that ends an address of a microcontroller's memory (0x20......, a blank) or peripherals (0x40, 0x50), or the
end of an Arm function (bx lr is `pG`)."""
_PLACE = re.compile(r"\{(x[^{}]*)\}")
_GROUP = re.compile(r"\(\?P<version>")
_WORD = re.compile(rb"[0-9A-Za-z_]")
_CONTINUES = re.compile(rb"[0-9A-Za-z_]|[.+~-][0-9A-Za-z]")


class PatternFault(ValueError):
    """A pattern that cannot be compiled or has no bound."""


@dataclass(frozen=True)
class Expression:
    """A pattern that was checked."""

    pattern: bytes
    """With group names, as `re` reads it."""
    source: bytes
    """Without group names, as Hyperscan reads it."""
    width: int
    """Most bytes it can span."""

    @cached_property
    def regex(self) -> re.Pattern[bytes]:
        """The pattern for `re`, compiled when first asked for: most patterns of a run match nothing."""
        return re.compile(self.pattern)


def expand(pattern: str) -> str:
    """Replace `{x.y.z}` by the group `version`, `{start}` by START. Raises PatternFault on an unknown shape."""

    def place(match: re.Match[str]) -> str:
        shape = match.group(1)
        if shape not in SHAPES:
            raise PatternFault(f"unknown version shape {{{shape}}}; known: {', '.join(sorted(SHAPES))}")
        return f"(?P<version>{SHAPES[shape]})"

    return _PLACE.sub(place, pattern.replace("{start}", START))


def compile_bytes(pattern: str) -> Expression:
    """Compile a pattern on bytes. Raises PatternFault when it is wrong or not bounded by LONGEST."""
    text = expand(pattern)
    try:
        source = text.encode("latin-1")
        re.compile(source)
        low, high = _width(source)
    except (re.error, UnicodeEncodeError, OverflowError) as error:
        raise PatternFault(f"pattern {pattern!r}: {error}") from error
    if high > LONGEST:
        raise PatternFault(f"pattern {pattern!r} may span more than {LONGEST} bytes: bound its repeats")
    if low < 4:
        raise PatternFault(f"pattern {pattern!r} may match fewer than 4 bytes")
    return Expression(source, _GROUP.sub("(?:", text).encode("latin-1"), high)


@lru_cache(maxsize=8192)
def name_regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern on a name that `compile_name` has checked."""
    return re.compile(expand(pattern))


def compile_name(pattern: str) -> re.Pattern[str]:
    """Check and compile a pattern on a name. Raises PatternFault."""
    text = expand(pattern)
    try:
        regex = re.compile(text)
        _, high = _width(text)
    except re.error as error:
        raise PatternFault(f"pattern {pattern!r}: {error}") from error
    if high > LONGEST:
        raise PatternFault(f"pattern {pattern!r} may span more than {LONGEST} characters: bound its repeats")
    return regex


def _width(source: Any) -> tuple[int, int]:
    """Return the fewest and most characters an expression spans."""
    parser: Any = importlib.import_module("re._parser")
    low, high = parser.parse(source).getwidth()
    return int(low), int(high)


def fill(template: str, match: re.Match[Any]) -> str | None:
    """Return the text a template gives for a match, None when a group took no part."""
    texts = [group.decode("latin-1") if isinstance(group, bytes) else group for group in match.groups()]
    parts: list[str] = []
    for index, piece in enumerate(re.split(r"\{(\d)\}", template)):
        if index % 2 == 0:
            parts.append(piece)
            continue
        number = int(piece)
        if number > len(texts) or texts[number - 1] is None:
            return None
        text = texts[number - 1]
        # `2` written as `002` in an SO version
        parts.append(text.lstrip("0") or "0" if text.isdigit() else text)
    return "".join(parts)


def version_of(match: re.Match[Any], template: str) -> str | None:
    """Return the version of a match: the template's, else the group `version`."""
    if template:
        return fill(template, match)
    if "version" not in match.re.groupindex:
        return None
    value = match.group("version")
    return value.decode("latin-1") if isinstance(value, bytes) else value


def whole(data: Any, match: re.Match[bytes], start: int) -> bool:
    """Say whether a match is no piece of a longer word or version.

    `start` is the offset of the match in `data`. A match that begins inside a word names another
    thing (`profile-1.0` is no `file-1.0`); one that ends inside a version would truncate it.
    """
    text = match.group()
    end = start + len(text)
    if start > 0 and _WORD.match(text[:1]) and _WORD.match(bytes(data[start - 1 : start])):
        return False
    if "version" in match.re.groupindex and match.end("version") < match.end():
        # the pattern itself says what follows the version
        return True
    return not (_WORD.match(text[-1:]) and _CONTINUES.match(bytes(data[end : end + 2])))
