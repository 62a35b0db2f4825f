"""The stages of an SPDX expression: every license of `AND` is needed, of `OR` one is enough."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from auditor.whatif.supply import Doubt, Entry, Stage

LICENSE = frozenset(("license",))
MOST = 64
"""Choices that all have to hold; an expression with more is not worked out, and the way says so."""
Clause = frozenset[str]
"""Licenses, each with its exception, of which one is enough."""


def stages(name: str, expression: str | None) -> tuple[tuple[Stage, ...], tuple[Doubt, ...]]:
    """Return a stage per choice of the license of `name`, and what cannot be said of it.

    A stage is lost when every license of its choice is. Without an expression there is neither.
    """
    if not expression:
        return (), ()
    clauses = _clauses(expression)
    if clauses is None:
        return (), (Doubt(f"its license has too many choices to work out, or none that can be read: {name}", LICENSE),)
    made = (Stage("license", tuple(_entry(one) for one in sorted(clause))) for clause in sorted(clauses, key=sorted))
    return tuple(made), ()


def _entry(license_id: str) -> Entry:
    return Entry(license_id, frozenset(f"license:{part.casefold()}" for part in re.split(r"\s+WITH\s+", license_id)))


@lru_cache(maxsize=4096)
def _clauses(expression: str) -> frozenset[Clause] | None:
    """Return the choices that all have to hold; None for more than `MOST`, or for no expression."""
    if not re.search(r"\b(?:AND|OR)\b|[()]", expression, re.IGNORECASE):
        return frozenset((frozenset((" ".join(expression.split()),)),))
    from auditor.knowledge.licensing import ExpressionLimit, parse

    try:
        tree = parse(expression)
        return None if tree is None else _of(tree)
    except ExpressionLimit:
        return None


def _of(tree: object) -> frozenset[Clause] | None:
    operator = getattr(tree, "operator", "").strip()
    if not operator:
        return frozenset((frozenset((str(tree.render("{symbol.key}")),)),))  # type: ignore[attr-defined]
    inner = [_of(one) for one in tree.args]  # type: ignore[attr-defined]
    found: frozenset[Clause] | None = None
    for one in inner:
        if one is None:
            return None
        if found is None:
            found = one
        elif operator == "OR" and len(found) * len(one) > MOST:
            return None
        else:
            found = _minimal(found | one if operator == "AND" else _either(found, one))
        if len(found) > MOST:
            return None
    return found


def _either(some: Iterable[Clause], others: Iterable[Clause]) -> Iterator[Clause]:
    return (one | other for one in some for other in others)


def _minimal(clauses: Iterable[Clause]) -> frozenset[Clause]:
    """Return the clauses that no smaller one makes needless."""
    kept: list[Clause] = []
    for one in sorted(set(clauses), key=len):
        if not any(small <= one for small in kept):
            kept.append(one)
    return frozenset(kept)
