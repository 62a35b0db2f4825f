"""Small faults put into a condition, to see whether the examples of the rule notice."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.evaluate.tokens import Token, split

_SWAPS = {
    "&&": ("||",), "||": ("&&",), "==": ("!=",), "!=": ("==",), "<": (">=", "<="), "<=": (">", "<"),
    ">": ("<=", ">="), ">=": ("<", ">"), "true": ("false",), "false": ("true",), "all": ("exists",),
    "exists": ("all",), "+": ("-",), "-": ("+",),
}  # fmt: skip


def mutate(text: str) -> list[str]:
    """Return the mutants of a condition, each once, in order: operators, constants, list items, operands, negations."""
    tokens = split(text)
    found: dict[str, None] = {}
    for mutant in (*_words(tokens), *_items(tokens), *_operands(tokens)):
        if mutant.split() != text.split():
            found.setdefault(mutant)
    return list(found)


def _joined(tokens: list[Token], start: int, end: int, replacement: str) -> str:
    return "".join([*(t.text for t in tokens[:start]), replacement, *(t.text for t in tokens[end:])])


def _words(tokens: list[Token]) -> Iterator[str]:
    for at, token in enumerate(tokens):
        if token.text in _SWAPS and token.kind in ("sign", "name"):
            for other in _SWAPS[token.text]:
                yield _joined(tokens, at, at + 1, other)
        elif token.text == "!":
            yield _joined(tokens, at, at + 1, "")
        elif token.kind == "string":
            yield _joined(tokens, at, at + 1, token.text[:-1] + "~" + token.text[-1])
        elif token.kind == "number" and token.text.isdigit():
            yield _joined(tokens, at, at + 1, str(int(token.text) + 1))
            if int(token.text):
                yield _joined(tokens, at, at + 1, str(int(token.text) - 1))


def _items(tokens: list[Token]) -> Iterator[str]:
    """Drop each item of each list of constants."""
    for at, token in enumerate(tokens):
        if token.text != "[":
            continue
        end = next((i for i in range(at, len(tokens)) if tokens[i].text == "]"), at)
        items = [one.text for one in tokens[at + 1 : end] if one.kind in ("string", "number")]
        for index in range(len(items)):
            yield _joined(tokens, at, end + 1, "[" + ", ".join(items[:index] + items[index + 1 :]) + "]")


def _operands(tokens: list[Token]) -> Iterator[str]:
    """Drop each operand of each `&&` and `||`."""
    for at, token in enumerate(tokens):
        if token.text not in ("&&", "||"):
            continue
        left, right = _edge(tokens, at, -1), _edge(tokens, at, 1)
        yield _joined(tokens, left, at + 1, "")
        yield _joined(tokens, at, right + 1, "")


def _edge(tokens: list[Token], at: int, step: int) -> int:
    """Return the index of the last token of the operand beside the operator at `at`."""
    opening, closing = ("([{", ")]}") if step > 0 else (")]}", "([{")
    depth = 0
    position = at
    while 0 <= position + step < len(tokens):
        text = tokens[position + step].text
        if text in opening:
            depth += 1
        elif text in closing:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and text in ("&&", "||", ",", "?", ":"):
            break
        position += step
    return position
