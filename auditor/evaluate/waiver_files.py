"""Waiver files as text: written, extended and cut without losing what people wrote beside the entries."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.strict_yaml import MarkedFile, parse
from auditor.evaluate.waivers import Waiver, parsed

_UNPRINTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def render(waivers: Sequence[Waiver]) -> str:
    """Return the text of a waiver file; `waivers.load` reads it back."""
    ordered = sorted(waivers, key=lambda one: (one.id, one.expires))
    return "waivers:\n" + "".join(_entry(one, 2) for one in ordered) if waivers else "waivers: []\n"


def _entry(waiver: Waiver, indent: int) -> str:
    rows = [
        ("rule", waiver.rule), ("component", waiver.component), ("ecu", waiver.ecu), ("input", waiver.input),
        ("artifact", waiver.artifact), ("reason", waiver.reason), ("comment", waiver.comment),
        ("owner", waiver.owner), ("approved-by", waiver.approved_by), ("ticket", waiver.ticket),
        ("created", waiver.created.isoformat() if waiver.created else None),
        ("expires", waiver.expires.isoformat()),
    ]  # fmt: skip
    texts = [f"{key}: {_quoted(value)}" for key, value in rows if value]
    margin = " " * indent
    return f"{margin}- {texts[0]}\n" + "".join(f"{margin}  {text}\n" for text in texts[1:])


def _quoted(text: str) -> str:
    """Return a YAML scalar; what YAML takes for a line break or does not print is escaped."""
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def extended(text: str, name: str, waiver: Waiver, rules: Sequence[str], as_of: date) -> str:
    """Return the text of a file with one waiver more at its end. Raises PolicyError.

    Where the file is written in another style than one entry below the other, it is written anew.
    """
    before: tuple[Waiver, ...] = ()
    indent, wanted = 2, text.rstrip("\n") + "\n" if text.strip() else "waivers:\n"
    if text.strip():
        marked = parse(text, name)
        before = parsed(marked, rules, as_of=as_of)
        if before:
            indent = max(marked.values[("waivers", 0)].column - 3, 0)
    after = (*before, waiver)
    wanted += _entry(waiver, indent)
    return wanted if _holds(wanted, name, after, rules, as_of) else render(after)


def without(text: str, name: str, lines: Collection[int], rules: Sequence[str], as_of: date) -> str:
    """Return the text of a file without the waivers that begin on `lines`. Raises PolicyError."""
    marked = parse(text, name)
    found = parsed(marked, rules, as_of=as_of)
    kept = tuple(one for one in found if one.line not in lines)
    rows = text.split("\n")
    starts = [_start(marked, index, rows) for index in range(len(found))]
    ends = [*starts[1:], len(rows)]
    for one, start, end in reversed(list(zip(found, starts, ends, strict=True))):
        if one.line in lines:
            last = end == len(rows)
            rows[start:end] = [""] if last else []
    wanted = "\n".join(rows)
    return wanted if kept and _holds(wanted, name, kept, rules, as_of) else render(kept)


def _start(marked: MarkedFile, index: int, rows: list[str]) -> int:
    """Return the first row (from 0) of an entry: the comments right above it belong to it."""
    row = marked.values[("waivers", index)].line - 1
    while row and rows[row - 1].lstrip().startswith("#"):
        row -= 1
    return row


def _holds(text: str, name: str, wanted: Sequence[Waiver], rules: Sequence[str], as_of: date) -> bool:
    try:
        found = parsed(parse(text, name), rules, as_of=as_of)
    except PolicyError:
        return False
    return [replace(one, line=0) for one in found] == [replace(one, line=0) for one in wanted]
