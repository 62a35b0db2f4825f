"""Declared against observed: one row per component, with the place of both sides where they differ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditor.model import Comparison, Component
from auditor.resolve.votes import extends

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

OPERATORS = re.compile(r"\s+with\s+[\w.+-]+|[()]|\s+(?:and|or)\s+", re.IGNORECASE)
LONGEST_LICENSE = 2000
Said = tuple[str, str, str]
"""Class of the difference, what is declared, what is observed."""


def same_version(one: str, other: str) -> bool:
    """Tell whether two versions agree; a more exact one agrees with a shorter one."""
    return extends(one, other) or extends(other, one)


def compare(component: Component, seen: Component | None, said: Component | None, knowledge: Knowledge) -> Comparison:
    """Return the row of declared against observed for one component; the gravest difference names the class."""
    if seen is None or said is None:
        one = said or seen
        text = (one.version or one.name) if one is not None else None
        row = "only-declared" if seen is None else "only-observed"
        return Comparison(component.id, row, text if seen is None else None, text if said is None else None)
    found = version(seen, said) or licenses(seen, said, knowledge) or supplier(seen, said, knowledge)
    if found is None:
        whole = component.kind == "chip" or (said.version and seen.version)
        row = "confirmed" if whole else "version-unknown"
        return Comparison(component.id, row, said.version or said.name, seen.version or seen.name)
    claim = found[0].removesuffix("-differs")
    return Comparison(component.id, *found, _place(said, claim), _place(seen, claim))


def version(seen: Component, said: Component) -> Said | None:
    """Return how the versions differ."""
    if seen.version and said.version and not same_version(seen.version, said.version):
        return "version-differs", said.version, seen.version
    return None


def licenses(seen: Component, said: Component, knowledge: Knowledge) -> Said | None:
    """Return how the licenses differ: both known to the last id, and neither set within the other."""
    told, found = [one.value for one in said.declared_licenses], list(seen.observed_licenses)
    declared, observed = _ids(told, knowledge), _ids(found, knowledge)
    if not declared or not observed or declared <= observed or observed <= declared:
        return None
    return "license-differs", "; ".join(told), "; ".join(found)


def _ids(values: Iterable[str], knowledge: Knowledge) -> set[str]:
    """Return the license ids in some expressions; empty when one of them is not understood."""
    found: set[str] = set()
    for value in values:
        for word in OPERATORS.split(value[:LONGEST_LICENSE]):
            if word.strip():
                known = knowledge.license_id(word.strip())
                if known is None:
                    return set()
                found.add(known)
    return found


def supplier(seen: Component, said: Component, knowledge: Knowledge) -> Said | None:
    """Return how the suppliers differ; a maintainer with a mail address is a person and no supplier."""
    named = {actor.name for actor in (said.supplier, said.manufacturer) if actor is not None and actor.name}
    votes = {vote.value for vote in seen.evidence if vote.claim == "supplier" and vote.grade != "weak"}
    votes = {value for value in votes if "@" not in value and "<" not in value}
    if not named or not votes or any(_same_party(one, other, knowledge) for one in named for other in votes):
        return None
    return "supplier-differs", "; ".join(sorted(named)), "; ".join(sorted(votes))


def _same_party(one: str, other: str, knowledge: Knowledge) -> bool:
    """Tell whether two names may be one party: the same record, or one name within the other."""
    first, second = knowledge.party_by_name(one), knowledge.party_by_name(other)
    if first is not None and second is not None:
        return first.id == second.id
    short, long = sorted(("".join(filter(str.isalnum, name.casefold())) for name in (one, other)), key=len)
    return short in long


def _place(part: Component, claim: str) -> str | None:
    """Return where a component says a claim: path and pointer, line or offset of its strongest vote."""
    for vote in part.evidence:
        if vote.claim == claim or (claim == "supplier" and vote.claim == "manufacturer"):
            inner = vote.pointer or (f"line {vote.line}" if vote.line is not None else "")
            inner = inner or (f"offset {vote.offset:#x}" if vote.offset is not None else "")
            return " ".join(filter(None, (vote.path, inner))) or None
    return None
