"""JSON token by token: slower, never recursive, and each problem has its byte offset and pointer."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.limits import Limits

TOKEN = re.compile(
    r'[ \t\n\r]*+(?:(?P<mark>[{}\[\],:])|(?P<text>"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![0-9A-Za-z.+-])"
    r"|(?P<word>true|false|null)\b|(?P<odd>-?(?:NaN|Infinity))\b)"
)
WORDS = {"true": True, "false": False, "null": None}
DIGITS = 4300
"""Digits of an integer; the interpreter's own limit for a conversion."""
SURROGATE = re.compile("[\ud800-\udfff]")


class Parser:
    """The state of one parse: a stack of open containers with the key or index in each."""

    def __init__(self, text: str, limits: Limits, notes: Notes) -> None:
        self.text = text
        self.limits = limits
        self.notes = notes
        self.ascii = text.isascii()
        self.stack: list[Any] = []
        self.keys: list[str | None] = []
        self.root: Any = None

    def offset(self, position: int) -> int:
        """Return the byte offset of a character position."""
        return position if self.ascii else len(self.text[:position].encode("utf-8", "surrogatepass"))

    def pointer(self) -> str:
        """Return the JSON pointer of the value that is being read."""
        last = len(self.stack) - 1
        parts = [
            key if key is not None else str(len(node) - (depth < last))
            for depth, (node, key) in enumerate(zip(self.stack, self.keys, strict=True))
            if key is not None or isinstance(node, list)
        ]
        return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)[:4096]

    def problem(self, code: str, message: str, position: int) -> None:
        """Note a problem at a position (the offset is worked out only while problems are kept)."""
        full = len(self.notes.problems) >= 100
        self.notes.add(code, message, None if full else self.pointer(), None if full else self.offset(position))

    def fail(self, message: str, position: int) -> Unreadable:
        """Make the error of malformed JSON."""
        return Unreadable("json-syntax", message, self.offset(position), self.pointer())

    def string(self, text: str, position: int) -> str:
        """Decode a string token."""
        value: str = json.loads(text) if "\\" in text else text[1:-1]
        if len(value) > self.limits.string_size:
            limit = self.limits.string_size
            message = f"a string of {len(value)} characters exceeds string-size"
            raise Unreadable("limit-string-size", message, self.offset(position), self.pointer(), "string-size", limit)
        if "\\u" in text and SURROGATE.search(value):
            self.problem("json-surrogate", "half of a surrogate pair, replaced by U+FFFD", position)
            value = SURROGATE.sub("\ufffd", value)
        return value

    def number(self, token: str, position: int) -> int | float | None:
        """Decode a number token; None (with a problem) when no number can hold it."""
        if token.lstrip("-").isdigit():
            if len(token) <= DIGITS:
                return int(token)
            self.problem("json-number", f"a number of {len(token)} digits", position)
            return None
        value = float(token)
        if math.isinf(value):
            self.problem("json-number", f"{shown(token, 20)} is larger than a number can be", position)
            return None
        return value

    def put(self, value: Any, position: int) -> None:
        """Store a value in the innermost container; a second value of a key is a problem."""
        if not self.stack:
            self.root = value
            return
        node, key = self.stack[-1], self.keys[-1]
        if isinstance(node, list):
            node.append(value)
        elif key in node:
            self.problem("json-duplicate-key", f"the key {shown(key)} stands twice, the first value is kept", position)
        else:
            node[key] = value

    def parse(self) -> Any:
        """Run over all tokens and return the value."""
        scan, position, expect = TOKEN.match, 0, "value"
        while True:
            match = scan(self.text, position)
            if match is None:
                rest = self.text[position : position + 64].lstrip(" \t\n\r")
                at = position if rest else len(self.text)
                raise self.fail(f"expected a {expect}, found {shown(rest[:20]) if rest else 'the end'}", at)
            kind, start = match.lastgroup, match.end()
            token = match.group(kind or 0)
            start -= len(token)
            expect = self.step(kind, token, expect, start)
            position = match.end()
            if expect == "end":
                break
        rest = self.text[position:].lstrip(" \t\n\r")
        if rest:
            self.problem("json-trailing-data", f"{len(rest)} characters after the document", len(self.text) - len(rest))
        return self.root

    def step(self, kind: str | None, text: str, expect: str, start: int) -> str:
        """Take one text and return what may follow."""
        if kind == "mark":
            return self.mark(text, expect, start)
        if expect in ("key", "key or }"):
            if kind != "text":
                raise self.fail(f"expected a {expect}, found {shown(text, 20)}", start)
            self.keys[-1] = self.string(text, start)
            return "colon"
        if expect not in ("value", "value or ]"):
            raise self.fail(f"expected a {expect}, found {shown(text, 20)}", start)
        if kind == "text":
            self.put(self.string(text, start), start)
        elif kind == "number":
            self.put(self.number(text, start), start)
        elif kind == "word":
            self.put(WORDS[text], start)
        else:
            self.problem("json-number", f"{text} is not JSON", start)
            self.put(None, start)
        return self.after()

    def mark(self, text: str, expect: str, start: int) -> str:
        """Take a bracket, comma or colon."""
        if text in "{[" and expect in ("value", "value or ]"):
            if len(self.stack) >= self.limits.document_depth:
                limit = self.limits.document_depth
                message = f"nesting deeper than document-depth {limit}"
                raise Unreadable(
                    "limit-document-depth", message, self.offset(start), self.pointer(), "document-depth", limit
                )
            node: Any = {} if text == "{" else []
            self.put(node, start)
            self.stack.append(node)
            self.keys.append(None)
            return "key or }" if text == "{" else "value or ]"
        if text == ":" and expect == "colon":
            return "value"
        if text == "," and expect == "comma or bracket":
            return "key" if isinstance(self.stack[-1], dict) else "value"
        closes = ("comma or bracket", "key or }", "value or ]")
        if text in "}]" and expect in closes and self.stack and isinstance(self.stack[-1], dict) == (text == "}"):
            self.stack.pop()
            self.keys.pop()
            return self.after()
        raise self.fail(f"expected a {expect}, found {shown(text)}", start)

    def after(self) -> str:
        """Return what may follow a complete value."""
        return "comma or bracket" if self.stack else "end"


def parse(text: bytes, limits: Limits, notes: Notes) -> Any:
    """Parse UTF-8 JSON; see `json_text.parse` for errors and problems."""
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", "not valid UTF-8", error.start) from error
    return Parser(decoded, limits, notes).parse()
