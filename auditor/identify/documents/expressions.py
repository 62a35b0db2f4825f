"""License expressions too costly to be looked at: said where the document is read, by place and limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.identify.documents.notes import MOST
from auditor.limits import Limits
from auditor.model import Declared, Problem


def too_costly(components: Iterable[Declared], limits: Limits) -> tuple[Problem, ...]:
    """Return a problem `limit-expression` for each component with such a license, at most MOST.

    Text no longer than the depth allowed can neither be deep nor long, so that most are not looked at.
    """
    from auditor.knowledge.licensing import ExpressionLimit, check

    problems: list[Problem] = []
    for component, value in long_ones(components, limits.expression_depth):
        try:
            check(value, limits)
        except ExpressionLimit as error:
            problems.append(
                Problem("limit-expression", str(error), pointer=component.pointer, limit=error.limit, value=error.value)
            )
            if len(problems) == MOST:
                break
    return tuple(problems)


def long_ones(components: Iterable[Declared], size: int) -> Iterator[tuple[Declared, str]]:
    """Yield each component with a license text longer than `size`."""
    for component in components:
        for one in component.licenses:
            if len(one.value) > size:
                yield component, one.value
