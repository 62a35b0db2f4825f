"""Whether derived facts follow from facts that somebody read or vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.knowledge.records import Source, Sourced

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge


def troubles(source: Source, fields: tuple[str, ...], record: Sourced, knowledge: Knowledge) -> Iterator[str]:
    """Say what is wrong with what `fields` of a record are derived from."""
    if source.derived_from == ():
        yield "derived from nothing"
    for origin in source.derived_from or ():
        target, field = _target(origin, record, knowledge)
        if target is None or (field != "class" and getattr(target, field.replace("-", "_"), None) is None):
            yield f"derived from {origin!r}, which is no fact"
        elif isinstance(target, Sourced):
            if any(_leads_to(target, field, (record, one), knowledge) for one in fields):
                yield f"derived from {origin!r}, which is derived from it"
            elif target.source_of(field) is None:
                yield f"derived from {origin!r}, which is only stated"


def _target(origin: str, record: Sourced, knowledge: Knowledge) -> tuple[object, str]:
    """Return the record and the field that `id.field`, or `field` of the same record, names."""
    identity, _, field = origin.rpartition(".")
    tables = knowledge.store.tables.values()
    return (next((table[identity] for table in tables if identity in table), None) if identity else record), field


def _leads_to(start: Sourced, field: str, end: tuple[Sourced, str], knowledge: Knowledge) -> bool:
    """Tell whether a fact is, or is derived from, another."""
    seen: set[tuple[str, str]] = set()
    pending: list[tuple[Sourced, str]] = [(start, field)]
    while pending:
        record, name = pending.pop()
        if record is end[0] and name == end[1]:
            return True
        if (record.id, name) not in seen:
            seen.add((record.id, name))
            source = record.source_of(name)
            targets = (_target(one, record, knowledge) for one in (source.derived_from if source else None) or ())
            pending += [(target, one) for target, one in targets if isinstance(target, Sourced)]
    return False
