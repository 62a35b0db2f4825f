"""The strict front end for YAML: the safe loader's plain types, no alias, no tag, no key twice."""

from __future__ import annotations

from typing import Any

from auditor.identify.documents import json_text
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.limits import Limits


def parse(data: bytes, limits: Limits) -> tuple[Any, Notes]:
    """Parse YAML from its events; every scalar is text (`NO`, `1e3` and dates stay what was written).

    Mappings know their line. Raises Unreadable: `yaml-syntax`, `yaml-alias`, `yaml-tag`,
    `encoding`, `limit-document-size`, `limit-document-depth`. A key that stands twice is a problem
    `yaml-duplicate-key`, the first value is kept.
    """
    import yaml

    if len(data) > limits.document_size:
        most = limits.document_size
        raise Unreadable("limit-document-size", "exceeds document-size", most, limit="document-size", value=most)
    notes = Notes()
    builder = _Builder(limits, notes)
    text = json_text.decode(data, notes, "SPDX")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        message = "not valid UTF-8; save the document as UTF-8, or as UTF-16 with a byte order mark"
        raise Unreadable("encoding", message, error.start) from error
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent) and builder.done:
                notes.add("trailing-data", "a second YAML document", _line(event))
                break
            builder.take(event, yaml)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else None
        raise Unreadable("yaml-syntax", f"malformed YAML: {shown(str(error))}", pointer=line) from error
    return builder.root, notes


def _line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


class _Builder:
    """Builds dicts, lists and texts from events with a stack."""

    def __init__(self, limits: Limits, notes: Notes) -> None:
        self.limits = limits
        self.notes = notes
        self.stack: list[tuple[Any, list[str | None]]] = []
        self.root: Any = None
        self.done = False

    def take(self, event: Any, yaml: Any) -> None:
        """Take one event."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("yaml-alias", "aliases are refused", event.start_mark.index, f"line {line}")
        if getattr(event, "tag", None) and not str(event.tag).startswith("tag:yaml.org,2002:str"):
            raise Unreadable("yaml-tag", f"the tag {shown(event.tag)} is refused", None, f"line {line}")
        if isinstance(event, yaml.ScalarEvent):
            self.put(event.value if event.style or event.value not in ("", "null", "~") else None, line)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth = self.limits.document_depth
            if len(self.stack) >= depth:
                message = f"nesting deeper than {depth}"
                raise Unreadable("limit-document-depth", message, None, f"line {line}", "document-depth", depth)
            node: Any = Located() if isinstance(event, yaml.MappingStartEvent) else []
            if isinstance(node, Located):
                node.place = f"line {line}"
            self.put(node, line)
            self.stack.append((node, [None]))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
            self.done = not self.stack

    def put(self, value: Any, line: int) -> None:
        """Store a value, or take it as the key that comes next."""
        if not self.stack:
            self.root = value
            self.done = True
            return
        node, key = self.stack[-1]
        if isinstance(node, list):
            node.append(value)
        elif key[0] is None:
            key[0] = value if isinstance(value, str) else "null"
        else:
            if key[0] in node:
                self.notes.add("yaml-duplicate-key", f"the key {shown(key[0])} stands twice", f"line {line}")
            else:
                node[key[0]] = value
            key[0] = None


def prepare(limits: Limits) -> None:
    """Load the library, for a process that will not be able to."""
    import yaml.cyaml  # noqa: F401
