"""Message templates: text with `{expression}` in it, compiled like every other expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.expression import Expression, Source, compile_expression


@dataclass(frozen=True)
class Message:
    """A compiled template."""

    parts: tuple[str | Expression, ...]

    def render(self, activation: Any, unknown: str) -> str:
        """Return the text for one subject; a fact that is not known reads `unknown`."""
        return "".join(part if isinstance(part, str) else _shown(part, activation, unknown) for part in self.parts)


def _shown(part: Expression, activation: Any, unknown: str) -> str:
    value = part.evaluate(activation).value
    if value is None:
        return unknown
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def compile_message(text: str, kind: str, params: dict[str, Any], source: Source) -> Message:
    """Compile a template; `{{` and `}}` are braces. Raises PolicyError with the place of the fault."""
    parts: list[str | Expression] = []
    literal = ""
    at = 0
    while at < len(text):
        if text[at : at + 2] in ("{{", "}}"):
            literal += text[at]
            at += 2
        elif text[at] == "{":
            end = text.find("}", at)
            if end < 0:
                raise _brace(source, at, text, "a brace is opened and not closed")
            inner = text[at + 1 : end]
            parts += [literal] if literal else []
            literal = ""
            parts.append(compile_expression(inner, kind, params, _inner(source, text, at + 1), boolean=False))
            at = end + 1
        elif text[at] == "}":
            raise _brace(source, at, text, "a brace is closed and not opened")
        else:
            literal += text[at]
            at += 1
    parts += [literal] if literal else []
    return Message(tuple(parts))


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _inner(source: Source, text: str, offset: int) -> Source:
    line, column = source.mark.inside(*_position(text, offset))
    return Source(source.file, type(source.mark)(line, column))


def _brace(source: Source, offset: int, text: str, message: str) -> PolicyError:
    line, column = source.mark.inside(*_position(text, offset))
    return PolicyError(source.file, line, column, message)
