"""Strict YAML to typed records: unknown keys, duplicate keys and wrong types are errors with file, line and column."""

from __future__ import annotations

import difflib
import re
from typing import Any, TypeVar

import msgspec
import yaml

T = TypeVar("T")

MAX_SIZE = 4 << 20
"""Bytes of one knowledge file."""


class KnowledgeError(Exception):
    """A knowledge file that cannot be used. The text is one line: `file:line:column: what`."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain data only; `NO`, `2026-01-01` and `1e3` stay text; a repeated key is an error."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 - the name PyYAML reads

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping whose keys are distinct strings."""
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node)
            if not isinstance(key, str):
                raise _located("keys are text", key_node)
            if key in mapping:
                raise _located(f"the key {key!r} stands here twice", key_node)
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping

    def construct_map(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Construct a mapping at once, not lazily: the records are small."""
        return self.construct_mapping(node)

    def construct_list(self, node: yaml.SequenceNode) -> list[Any]:
        """Construct a sequence at once."""
        return [self.construct_object(child, deep=True) for child in node.value]


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_map)
_Loader.add_constructor("tag:yaml.org,2002:seq", _Loader.construct_list)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(?:0|[1-9][0-9]{0,9})$"), list("0123456789"))


def _located(message: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=node.start_mark)


def parse(data: bytes, name: str) -> Any:
    """Return the plain data of a YAML text; `name` is how errors call the file. Raises KnowledgeError."""
    if len(data) > MAX_SIZE:
        raise KnowledgeError(f"{name}:1:1: larger than {MAX_SIZE} bytes")
    try:
        return yaml.load(data, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise KnowledgeError(f"{name}:{place}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, UnicodeError) as error:
        raise KnowledgeError(f"{name}:1:1: not readable as YAML: {type(error).__name__}") from None


def convert(value: Any, kind: type[T], name: str, data: bytes, prefix: tuple[str | int, ...] = ()) -> T:
    """Return `value` as records of `kind`; `prefix` is its path inside the file. Raises KnowledgeError."""
    try:
        return msgspec.convert(value, type=kind, strict=True)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        steps = prefix + _steps(path.rstrip("`"))
        unknown = re.search(r"unknown field `(.*)`", message)
        if unknown:
            steps += (unknown[1],)
            message = f"unknown field {unknown[1]!r}{_suggest(unknown[1], kind)}"
        line, column = _place(data, steps)
        raise KnowledgeError(f"{name}:{line}:{column}: {message}") from None


def _steps(path: str) -> tuple[str | int, ...]:
    """Split the path of a validation error (`$[3].sources[0].url`)."""
    found: list[str | int] = []
    for index, key in re.findall(r"\[(\d+)\]|\.([^.\[\]]+)", path):
        found.append(int(index) if index else key)
    return tuple(found)


def _suggest(unknown: str, kind: Any) -> str:
    """Return `, did you mean ...?` over the fields of all record types reachable from `kind`."""
    names: set[str] = set()
    pending, seen = [msgspec.inspect.type_info(kind)], set()
    while pending:
        info = pending.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in seen:
                continue
            seen.add(info.cls)
            names.update(field.encode_name for field in info.fields)
            pending.extend(field.type for field in info.fields)
        for inner in ("item_type", "value_type"):
            if hasattr(info, inner):
                pending.append(getattr(info, inner))
        pending.extend(getattr(info, "types", ()))
    close = difflib.get_close_matches(unknown, sorted(names), 1)
    return f", did you mean {close[0]!r}?" if close else ""


def _place(data: bytes, steps: tuple[str | int, ...]) -> tuple[int, int]:
    """Return line and column (from 1) of the node that a path leads to, or of its nearest parent."""
    node = yaml.compose(data, Loader=_Loader)
    if node is None:
        return 1, 1
    mark = node.start_mark
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            mark = node.start_mark
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    mark, node = key.start_mark, value
    return mark.line + 1, mark.column + 1
