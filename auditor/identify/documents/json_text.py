"""The strict front end for JSON.

The fast way is msgspec plus two linear checks: the depth, and a count of colons that differs
exactly when a key was given twice (the decoder keeps the last, encoding again loses the others).
Anything odd takes the slow way, `json_tokens`, which knows every position.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from auditor.identify.documents.notes import Notes, Unreadable
from auditor.limits import Limits

MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Byte order marks, longest first where one is the beginning of another."""
NOT_BRACKETS = bytes(code for code in range(256) if code not in b"{}[]")


@dataclass(slots=True)
class Tree:
    """A parsed document: nested dict, list, str, int, float, bool, None."""

    value: Any
    notes: Notes


@contextmanager
def collector_off() -> Iterator[None]:
    """Stop the cyclic collector while many objects are made that are all kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def encoding(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark a text begins with and the encoding it says, else the one that zero bytes say."""
    return next(((mark, name) for mark, name in MARKS if data.startswith(mark)), (b"", _guess(data)))


def decode(data: bytes, notes: Notes, form: str = "JSON") -> bytes:
    """Return `data` as UTF-8 without a byte order mark; other encodings are a problem `encoding`."""
    mark, name = encoding(data)
    body = data[len(mark) :]
    if name == "utf-8":
        return body
    notes.add("encoding", f"the document is {name.upper()}, {form} is UTF-8", offset=0)
    try:
        return body.decode(name).encode()
    except UnicodeError as error:
        offset = getattr(error, "start", None)
        raise Unreadable("encoding", f"not valid {name.upper()}: {error.__class__.__name__}", offset) from error


def _guess(data: bytes) -> str:
    """Guess by the position of zero bytes: the first two characters of the formats read here are ASCII."""
    head = data[:4]
    if len(head) == 4 and head[1] == 0 and head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    if len(head) == 4 and head[0] == 0 and head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    return "utf-8"


def parse(data: bytes, limits: Limits) -> Tree:
    """Parse JSON.

    Raises Unreadable: `json-syntax`, `encoding`, `limit-document-size`, `limit-document-depth`.
    Problems that leave the document readable are in the notes: `json-duplicate-key` (the first
    value is kept), `json-number` (NaN, infinities, more digits than a number may have: no value),
    `json-surrogate`, `json-trailing-data`, `encoding`.
    """
    if len(data) > limits.document_size:
        message = f"{len(data)} bytes exceed document-size"
        raise Unreadable(
            "limit-document-size",
            message,
            limit="document-size",
            value=limits.document_size,
            offset=limits.document_size,
        )
    notes = Notes()
    text = decode(data, notes)
    with collector_off():
        value = _fast(text, limits)
        if value is None:
            from auditor.identify.documents import json_tokens

            value = json_tokens.parse(text, limits, notes)
    return Tree(value, notes)


def _fast(text: bytes, limits: Limits) -> Any:
    """Return the tree of an orderly document, or None when it needs the slow way."""
    import msgspec

    escapes = b"\\" in text
    if escapes and b"\\u003" in text:  # an escaped colon would spoil the count
        return None
    try:
        value = msgspec.json.decode(text)
        if not isinstance(value, dict):
            return None
        if msgspec.json.encode(value).count(b":") != text.count(b":"):
            return None
    except (ValueError, RecursionError, OverflowError):  # msgspec's errors are ValueErrors
        return None
    plain = is_shallow(text, limits.document_depth) and has_short_strings(text, limits.string_size, escapes)
    return value if plain or orderly(value, limits) else None


def is_shallow(text: bytes, depth: int) -> bool:
    """Tell cheaply that nesting is below a depth: its brackets cancel out in few rounds.

    Brackets inside strings make the answer False, or cancel out themselves (the decoder's own
    recursion limit then bounds what they could hide).
    """
    left = text.translate(None, NOT_BRACKETS)
    for _ in range(depth // 2):
        if not left:
            return True
        left = left.replace(b"{}", b"").replace(b"[]", b"")
    return False


def has_short_strings(text: bytes, size: int, escapes: bool) -> bool:
    """Tell cheaply that no string has `size` characters: each half of that many bytes has a quote, none is escaped."""
    if escapes and b'\\"' in text:
        return False
    half = size // 2
    return all(text.find(b'"', at, at + half) >= 0 for at in range(0, len(text) - half, half))


def orderly(value: Any, limits: Limits) -> bool:
    """Tell exactly whether nesting and string sizes are within the limits; linear, without recursion."""
    level = [value]
    longest = limits.string_size
    for _ in range(limits.document_depth):
        inner: list[Any] = []
        for node in level:
            for child in node.values() if type(node) is dict else node:
                kind = type(child)
                if kind is str:
                    if len(child) > longest:
                        return False
                elif kind is dict or kind is list:
                    inner.append(child)
        if not inner:
            return True
        level = inner
    return False
