"""The words of an expression: for parameters, for the facts it names, and for mutants of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<string>[rRbB]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+u?|\d+u?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word: kind is space, string, number, name, sign or other."""

    kind: str
    text: str
    start: int


def split(text: str) -> list[Token]:
    """Return every token of `text`; their texts joined are `text` again."""
    return [Token(str(match.lastgroup), match.group(), match.start()) for match in _TOKEN.finditer(text)]


def words(text: str) -> list[Token]:
    """Return the tokens that carry meaning."""
    return [token for token in split(text) if token.kind != "space"]


@dataclass(frozen=True)
class Chain:
    """A path of names such as `component.owner.country`."""

    names: tuple[str, ...]
    start: int
    end: int
    guarded: bool
    """It is the argument of `has(...)`."""


def chains(text: str) -> list[Chain]:
    """Return the paths of names in `text`; the name of a method that is called is not part of one."""
    found: list[Chain] = []
    tokens = words(text)
    at = 0
    while at < len(tokens):
        if tokens[at].kind != "name" or (at and tokens[at - 1].text == "."):
            at += 1
            continue
        first = at
        names = [tokens[at].text]
        end = at
        while end + 2 < len(tokens) and tokens[end + 1].text == "." and tokens[end + 2].kind == "name":
            end += 2
            names.append(tokens[end].text)
        last = tokens[end]
        if end + 1 < len(tokens) and tokens[end + 1].text == "(":
            names.pop()
        guarded = first >= 2 and tokens[first - 1].text == "(" and tokens[first - 2].text == "has"
        if names:
            found.append(Chain(tuple(names), tokens[first].start, last.start + len(last.text), guarded))
        at = end + 1
    return found


def literal(value: Any) -> str:
    """Return the value of a parameter as an expression: text, number, truth value or list of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)


@dataclass(frozen=True)
class Substituted:
    """A text in which parameters were replaced by their values, with the way back to the columns."""

    text: str
    moves: tuple[tuple[int, int, int], ...]
    """(start in the new text, length in the new text, length in the old text) per replacement."""

    def original(self, offset: int) -> int:
        """Return the offset in the original text of an offset in the new text."""
        shift = 0
        for start, new, old in self.moves:
            if offset < start:
                break
            if offset < start + new:
                return start + shift
            shift += old - new
        return offset + shift


def substitute(text: str, params: dict[str, Any]) -> Substituted:
    """Replace every `params.name` by the literal of its value. Raises KeyError(name, offset) when undefined."""
    parts: list[str] = []
    moves: list[tuple[int, int, int]] = []
    position = length = 0
    for chain in chains(text):
        if chain.names[0] != "params":
            continue
        name = chain.names[1] if len(chain.names) > 1 else ""
        if name not in params:
            raise KeyError(name, chain.start)
        end = text.index(name, chain.start + len("params")) + len(name)
        value = literal(params[name])
        parts += [text[position : chain.start], value]
        length += chain.start - position
        moves.append((length, len(value), end - chain.start))
        length += len(value)
        position = end
    parts.append(text[position:])
    return Substituted("".join(parts), tuple(moves))
