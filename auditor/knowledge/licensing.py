"""License expressions: parsing under limits, normal form, category, choices."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor import compiled
from auditor.limits import Limits

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

PERMISSIVENESS = (
    "public-domain",
    "permissive",
    "weak-copyleft",
    "strong-copyleft",
    "network-copyleft",
    "source-available",
    "restricted-ai",
    "proprietary",
)
"""Categories, the one that asks least of its user first."""

MAX_OPERATORS = 200
"""Operators of one expression; more is no expression a person wrote."""

_CATEGORIES = {
    "Permissive": "permissive",
    "Public Domain": "public-domain",
    "Copyleft Limited": "weak-copyleft",
    "Copyleft": "strong-copyleft",
    "Source-available": "source-available",
    "Proprietary Free": "proprietary",
    "Commercial": "proprietary",
    "Free Restricted": "proprietary",
}
"""Categories of the license index (ScanCode LicenseDB) in our terms."""


class ExpressionLimit(ValueError):
    """An expression beyond the limits: too long, too deep, too many operators."""

    def __init__(self, message: str, limit: str, value: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


def check(expression: str, limits: Limits) -> None:
    """Raise ExpressionLimit when an expression is too costly to look at."""
    if len(expression) > limits.expression_size:
        size = limits.expression_size
        raise ExpressionLimit(f"license expression longer than {size} characters", "expression-size", size)
    depth = deepest = 0
    for char in expression:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    if deepest > limits.expression_depth:
        most = limits.expression_depth
        raise ExpressionLimit(f"license expression nested deeper than {most}", "expression-depth", most)
    if len(re.findall(r"\b(?:AND|OR|WITH)\b", expression, re.IGNORECASE)) > MAX_OPERATORS:
        message = f"license expression with more than {MAX_OPERATORS} operators"
        raise ExpressionLimit(message, "expression-operators", MAX_OPERATORS)


@lru_cache(maxsize=1)
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[str, bool]]:
    """SPDX id (lower case) -> (category of the index, is an exception)."""
    from license_expression import get_license_index

    found: dict[str, tuple[str, bool]] = {}
    for row in get_license_index():
        for key in (row.get("spdx_license_key"), *(row.get("other_spdx_license_keys") or ())):
            if key:
                found[key.lower()] = (row.get("category") or "", bool(row.get("is_exception")))
    return found


def parse(expression: str, limits: Limits | None = None) -> Any:
    """Return the parsed expression, or None when it is none. Raises ExpressionLimit."""
    check(expression, limits or Limits())
    try:
        return _licensing().parse(expression, validate=False, strict=False)
    except Exception:
        # On malformed input the parser fails in ways it does not document (IndexError among them): no expression.
        return None


def normalize(text: str, knowledge: Knowledge, limits: Limits | None = None) -> str | None:
    """Return a license as written (name, id or expression) as an SPDX expression, None when it is none.

    Names of `licenses.yaml` are replaced first; unknown words are no license. Raises ExpressionLimit.
    """
    check(text, limits or Limits())
    known = knowledge.license_id(text)
    if known:
        return known
    tree = parse(text, limits)
    if tree is None or not tree.symbols:
        return None
    names = {str(symbol.render("{symbol.key}")) for symbol in tree.symbols}
    if not all(_recognized(name, knowledge) for name in names):
        return None
    rendered = str(tree.render("{symbol.key}"))
    for name in sorted(names, key=lambda one: (-len(one), one)):
        replacement = knowledge.license_id(name)
        if replacement and replacement != name and " " not in replacement:
            rendered = re.sub(rf"(?<![\w.+-]){re.escape(name)}(?![\w.+-])", replacement, rendered)
    return rendered


def _recognized(identity: str, knowledge: Knowledge) -> bool:
    if knowledge.license_id(identity) or identity.lower().startswith("licenseref-"):
        return True
    parts = [one.strip() for one in re.split(r"\s+WITH\s+", identity, flags=re.IGNORECASE)]
    return all(knowledge.license_id(part) or part.lower() in _index() for part in parts)


def category(expression: str, knowledge: Knowledge, limits: Limits | None = None) -> str | None:
    """Return the category of an expression: of a choice the most permissive, of a sum the least; None when unknown."""
    try:
        known = knowledge.license_id(expression)
        tree = parse(known or expression, limits)
    except ExpressionLimit:
        return None
    return None if tree is None else _category(tree, knowledge)


class Categories:
    """Categories of expressions that were worked out before, kept from one run to the next (`auditor.compiled`)."""

    MOST = 4_000

    def __init__(self, knowledge: Knowledge, root: Path | None) -> None:
        self.root = root
        code = (__file__, str(Path(__file__).with_name("__init__.py")))
        name = compiled.key(knowledge.digest, compiled.release("license-expression"), code=code)
        self.name = f"licenses-{name}.msgpack"
        self.rows = compiled.load(self.name, dict[str, str | None], root) or {}
        self._known = len(self.rows)

    def of(self, expression: str, knowledge: Knowledge) -> str | None:
        """Return what `category` returns under the usual limits."""
        if expression in self.rows:
            return self.rows[expression]
        found = category(expression, knowledge)
        if len(self.rows) < self.MOST and len(expression) <= Limits().expression_size:
            self.rows[expression] = found
        return found

    def keep(self) -> None:
        """Write what is new."""
        if len(self.rows) > self._known:
            self._known = len(self.rows)
            compiled.keep(self.name, self.rows, self.root)


def _category(tree: Any, knowledge: Knowledge) -> str | None:
    """Walk an expression bottom up without recursion on its depth (the depth is limited before)."""
    arguments = getattr(tree, "args", ())
    if not arguments or hasattr(tree, "license_symbol"):
        return _single(tree, knowledge)
    ranks = [_category(argument, knowledge) for argument in arguments]
    if type(tree).__name__ == "OR":
        known = [PERMISSIVENESS.index(rank) for rank in ranks if rank]
        return PERMISSIVENESS[min(known)] if len(known) == len(ranks) or (known and min(known) <= 1) else None
    if any(rank is None for rank in ranks):
        return None
    return PERMISSIVENESS[max(PERMISSIVENESS.index(rank) for rank in ranks if rank)]


def _single(symbol: Any, knowledge: Knowledge) -> str | None:
    """Return the category of one license, weakened where an exception goes with it."""
    base = getattr(symbol, "license_symbol", symbol)
    exception = getattr(symbol, "exception_symbol", None)
    whole = knowledge.license(f"{base.key} WITH {exception.key}") if exception else None
    row = whole or knowledge.license(knowledge.license_id(base.key) or base.key)
    found: str | None = row.category if row else None
    if found is None:
        name, is_exception = _index().get(base.key.lower(), ("", False))
        found = None if is_exception else _CATEGORIES.get(name)
    if found == "strong-copyleft" and exception and not whole and _index().get(exception.key.lower(), ("", False))[1]:
        return "weak-copyleft"
    return found
