"""Owners up the chain on the as-of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from auditor.knowledge.records import Fact, Ownership
from auditor.model import Basis, Confidence
from auditor.model import Party as PartyRecord

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_BASES: tuple[Basis, ...] = ("stated", "derived", "user", "read")
_CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")


@dataclass(frozen=True)
class Owner:
    """An ultimate owner, with everything the way up rests on."""

    party: str
    country: str | None
    basis: Basis
    confidence: Confidence
    sources: tuple[str, ...]


def weakest(*facts: Fact) -> tuple[Basis, Confidence]:
    """Return basis and confidence of a conclusion from several facts: the weakest of each."""
    basis = min((fact.basis for fact in facts), key=_BASES.index)
    confidence = min((fact.confidence for fact in facts), key=_CONFIDENCES.index)
    return basis, confidence


class Owners:
    """Ownership of parties as it stands on one day."""

    def __init__(self, knowledge: Knowledge, as_of: date) -> None:
        self.knowledge = knowledge
        self.day = as_of.isoformat()
        self._found: dict[str, tuple[Owner, ...]] = {}

    def current(self, identity: str) -> tuple[Ownership, ...] | None:
        """Return the owners of a party on the day; None when they are not known.

        Before the first and after the last owner on record nobody said whose it was; an empty record says nobody's.
        """
        party = self.knowledge.party(identity)
        if party is None or party.owners is None:
            return None
        found = tuple(
            one
            for one in party.owners
            if (one.since is None or one.since <= self.day) and (one.until is None or self.day < one.until)
        )
        return found if found or not party.owners else None

    def of(self, identity: str) -> tuple[Owner, ...]:
        """Return the ultimate owners of a party, itself where nobody owns it or its owners are not known.

        Where the owners are not known the basis is `stated`: that nobody stands behind it is nobody's word.
        A party whose owners have no control stands beside them: both the shares and the decisions count.
        """
        if identity not in self._found:
            found: dict[str, Owner] = {}
            self._climb(identity, found)
            self._found[identity] = tuple(found[key] for key in sorted(found))
        return self._found[identity]

    def _climb(self, identity: str, found: dict[str, Owner]) -> None:
        """Collect the tops above a party; owners that lead in a circle end there."""
        pending: list[tuple[str, tuple[Fact, ...], frozenset[str]]] = [(identity, (), frozenset())]
        while pending:
            current, facts, seen = pending.pop()
            party = self.knowledge.party(current)
            if party is None or current in seen:
                continue
            owners = self.current(current)
            for row in owners or ():
                hop = self.knowledge.row(party, "owners", row.party, row.source)
                pending.append((row.party, (*facts, hop), seen | {current}))
            if owners and any(row.control != "none" for row in owners):
                continue
            top = Fact(None, "stated", "low", ()) if owners is None else self.knowledge.fact(party, "owners")
            seat = self.knowledge.fact(party, "seat")
            basis, confidence = weakest(*facts, top, seat)
            lines = dict.fromkeys(line for fact in (*facts, top, seat) for line in fact.sources)
            found[current] = Owner(current, party.seat, basis, confidence, tuple(lines))

    def ultimate(self, identity: str) -> frozenset[str]:
        """Return the ids of the ultimate owners."""
        return frozenset(owner.party for owner in self.of(identity))

    def chain(self, identity: str) -> tuple[str, ...]:
        """Return a party and everybody above it, nearest first."""
        found: dict[str, None] = {}
        pending = [identity]
        while pending:
            current = pending.pop(0)
            if current not in found:
                found[current] = None
                pending.extend(one.party for one in self.current(current) or ())
        return tuple(found)

    def record(self, identity: str) -> PartyRecord | None:
        """Return a party as the report shows it."""
        party = self.knowledge.party(identity)
        if party is None:
            software = self.knowledge.software(identity)
            return PartyRecord(identity, software.name, kind="project") if software else None
        seat = self.knowledge.fact(party, "seat")
        owners = self.current(identity) or ()
        parent = owners[0].party if owners else None
        return PartyRecord(identity, party.name, party.seat, party.kind, parent, seat.basis, seat.sources)


def with_named(
    parties: Sequence[PartyRecord], names: Sequence[str], knowledge: Knowledge, as_of: date
) -> tuple[PartyRecord, ...]:
    """Return parties and those that other names mean, with their owners up the chain, by id.

    A name that is neither the id nor the name of its party is kept with it. What knowledge does not know is left out.
    """
    owners = Owners(knowledge, as_of)
    found = {one.id: one for one in parties}
    called: dict[str, set[str]] = {}
    for name in names:
        party = knowledge.party(name) or knowledge.party_by_name(name)
        if party is None:
            continue
        for identity in owners.chain(party.id):
            if identity not in found and (record := owners.record(identity)):
                found[identity] = record
        if name.casefold() not in (party.id.casefold(), party.name.casefold()):
            called.setdefault(party.id, set()).add(name)
    for identity, other in called.items():
        found[identity] = msgspec.structs.replace(found[identity], names=tuple(sorted(other)))
    return tuple(found[identity] for identity in sorted(found))
