"""Strict YAML for policy files: a small, typed part of the language with the place of every key.

Built from parser events with an explicit stack, so depth costs no recursion. Anchors, aliases,
tags, merge keys, several documents and duplicate keys are errors. A plain scalar is `true`,
`false`, `null`, a decimal integer or a decimal fraction; everything else is text: `NO` is Norway,
`190:20:30` and `2026-01-01` stay as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from auditor.evaluate.errors import PolicyError

MAX_SIZE = 1 << 20
"""Bytes of one policy file."""
MAX_DEPTH = 32
MAX_NODES = 50_000

Path_ = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}\Z")
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int
    block: bool = False
    """The text is a block scalar: its first line is the one after `line`, indented to `column`."""

    def inside(self, line: int, column: int) -> tuple[int, int]:
        """Return the file's line and column of a place (from 1) inside this scalar."""
        if self.block:
            return self.line + line, self.column + column - 1
        return self.line + line - 1, (self.column if line == 1 else 1) + column - 1


class MarkedFile(msgspec.Struct, array_like=True):
    """A parsed file: the value, and where each value and each key stands."""

    name: str
    value: Any
    values: dict[Path_, Mark] = {}
    keys: dict[Path_, Mark] = {}

    def error(self, path: Path_, message: str, suggestion: str = "", *, key: bool = False) -> PolicyError:
        """Return the error for the value (or key) at `path`, or at its nearest known ancestor."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        mark = first.get(path) or second.get(path)
        while mark is None and path:
            path = path[:-1]
            mark = self.values.get(path)
        mark = mark or Mark(1, 1)
        return PolicyError(self.name, mark.line, mark.column, message, suggestion)


@dataclass
class _Open:
    """A mapping or sequence that is being filled."""

    container: dict[str, Any] | list[Any]
    path: Path_
    key: str | None = None
    key_expected: bool = True


def read(path: Path, name: str | None = None) -> MarkedFile:
    """Parse the file at `path`; `name` is how errors call it. Raises PolicyError."""
    shown = name or str(path)
    return parse_bytes(content(path, shown), shown)


def content(path: Path, shown: str) -> bytes:
    """Return the bytes of a policy file. Raises PolicyError when it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SIZE + 1)
    except OSError as error:
        raise PolicyError(shown, 0, 0, f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise PolicyError(shown, 0, 0, f"is larger than {MAX_SIZE} bytes")
    return data


def parse_bytes(data: bytes, shown: str) -> MarkedFile:
    """Parse the bytes of a file. Raises PolicyError."""
    try:
        return parse(data.decode("utf-8"), shown)
    except UnicodeDecodeError as error:
        raise PolicyError(shown, 0, 0, f"is not UTF-8 at byte {error.start}") from error


def parse(text: str, name: str) -> MarkedFile:
    """Parse YAML text. Raises PolicyError with the place of the fault."""
    result = MarkedFile(name, None)
    stack: list[_Open] = []
    documents = nodes = 0
    lines = text.split("\n")
    try:
        for event in yaml.parse(text, Loader=_Loader):
            start: Any = event.start_mark
            mark = Mark(start.line + 1, start.column + 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise PolicyError(name, mark.line, mark.column, "one document per file")
            elif isinstance(event, yaml.NodeEvent):
                nodes += 1
                if nodes > MAX_NODES:
                    raise PolicyError(name, mark.line, mark.column, f"more than {MAX_NODES} values in one file")
                _node(event, mark, result, stack, lines)
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        line, column = (place.line + 1, place.column + 1) if place else (0, 0)
        raise PolicyError(name, line, column, f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise PolicyError(name, 0, 0, f"not valid YAML: {' '.join(str(error).split())}") from error
    return result


def _node(event: Any, mark: Mark, result: MarkedFile, stack: list[_Open], lines: list[str]) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise PolicyError(result.name, mark.line, mark.column, "anchors and aliases are not allowed")
    if event.tag:
        raise PolicyError(result.name, mark.line, mark.column, f"tags are not allowed: {event.tag}")
    parent = stack[-1] if stack else None
    scalar = isinstance(event, yaml.ScalarEvent)
    if parent is not None and isinstance(parent.container, dict) and parent.key_expected:
        _key(event, scalar, mark, parent, result)
        return
    if scalar:
        value = _scalar(event)
        mark = _content_mark(event, mark, lines)
    else:
        value = {} if isinstance(event, yaml.MappingStartEvent) else []
    path = _attach(parent, value, result)
    result.values[path] = mark
    if not scalar:
        if len(stack) >= MAX_DEPTH:
            raise PolicyError(result.name, mark.line, mark.column, f"nested deeper than {MAX_DEPTH}")
        stack.append(_Open(value, path))


def _key(event: Any, scalar: bool, mark: Mark, parent: _Open, result: MarkedFile) -> None:
    if not scalar:
        raise PolicyError(result.name, mark.line, mark.column, "a key must be text")
    key = str(event.value)
    assert isinstance(parent.container, dict)
    if key == "<<" and event.implicit[0]:
        raise PolicyError(result.name, mark.line, mark.column, "merge keys are not allowed")
    if key in parent.container:
        raise PolicyError(result.name, mark.line, mark.column, f"the key {key!r} stands twice")
    parent.key, parent.key_expected = key, False
    result.keys[(*parent.path, key)] = mark


def _attach(parent: _Open | None, value: Any, result: MarkedFile) -> Path_:
    if parent is None:
        result.value = value
        return ()
    if isinstance(parent.container, list):
        parent.container.append(value)
        return (*parent.path, len(parent.container) - 1)
    assert parent.key is not None
    parent.container[parent.key] = value
    parent.key_expected = True
    return (*parent.path, parent.key)


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FRACTION.match(text) else text


def _content_mark(event: Any, mark: Mark, lines: list[str]) -> Mark:
    """Return where the text of a scalar begins: behind the quote, or indented on the next line."""
    if event.style in ("|", ">"):
        for line in lines[mark.line :]:
            if line.strip():
                return Mark(mark.line, len(line) - len(line.lstrip(" ")) + 1, block=True)
    elif event.style in ("'", '"'):
        return Mark(mark.line, mark.column + 1)
    return mark
