"""The chain from a component to who controls it, one line per hop with its source."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from auditor.judgement import ChainStep
from auditor.model import Component, Evidence
from auditor.trace.ownership import Owners
from auditor.trace.services import METHOD
from auditor.trace.subject import find

if TYPE_CHECKING:
    from auditor.knowledge import Fact, Knowledge, Party

_CONTROL = {"full": "", "joint": ", jointly", "none": ", shares without control"}

QUESTION = "question"
"""Format of a document that holds nothing but the name a user asked about: that is no evidence."""

_STEP = {"declared": "declared", METHOD: "answered"}
"""How a vote came about -> the step it is; everything else was seen in bytes."""

_SHOWN = 3
"""Votes that a chain repeats; `explain --component` shows all."""


def chain(component: Component, knowledge: Knowledge, as_of: date | None = None) -> list[ChainStep]:
    """Return how a traced component leads to its owner, license and alternates, with a source per hop."""
    votes = [vote for vote in component.evidence if vote.detector != QUESTION]
    steps = [
        ChainStep(_STEP.get(vote.method, "seen"), f"{vote.claim} {vote.value}", _place(vote)) for vote in votes[:_SHOWN]
    ]
    subject = find(component, knowledge)
    if subject.party and subject.maker:
        steps.append(ChainStep("maker", subject.party.name, _line(subject.maker)))
    elif subject.software:
        record = subject.software
        steps.append(ChainStep("known as", record.name, knowledge.place(record)))
    else:
        steps.append(ChainStep("known as", "nothing on record", ""))
    for origin in component.origin:
        party = knowledge.party(origin.party) if origin.party else None
        name = party.name if party else origin.party
        where = origin.country or "country or region unknown"
        value = f"{name} ({where})" if name else where
        steps.append(
            ChainStep(origin.stage, value, "; ".join((*origin.sources, f"{origin.basis}, {origin.confidence}")))
        )
        if origin.stage == "hq" and party and as_of:
            steps += owners(party, knowledge, as_of)
    if component.licenses.concluded:
        source = "; ".join((*component.licenses.sources, component.licenses.basis or ""))
        steps.append(ChainStep("license", component.licenses.concluded, source))
    if component.sourcing:
        names = (
            ", ".join(f"{one.name} ({one.kind})" for one in component.sourcing.alternates) or "no alternate on record"
        )
        steps.append(ChainStep("sourcing", names, ", ".join(component.sourcing.codes)))
    return steps


def owners(party: Party, knowledge: Knowledge, as_of: date) -> list[ChainStep]:
    """Return the owners of a party up to the top, one line per hop."""
    on_day = Owners(knowledge, as_of)
    steps = []
    for identity in on_day.chain(party.id):
        current = knowledge.party(identity)
        for row in on_day.current(identity) or ():
            above = knowledge.party(row.party)
            if current and above:
                hop = knowledge.row(current, "owners", row.party, row.source)
                where = above.seat or "country or region unknown"
                value = f"{current.name} → {above.name} ({where}){_CONTROL[row.control]}"
                steps.append(ChainStep("owned by", value, _line(hop)))
    return steps


def of_party(party: Party, knowledge: Knowledge, as_of: date) -> list[ChainStep]:
    """Return the chain of a party by itself, for `auditor trace NAME`."""
    seat = knowledge.fact(party, "seat")
    value = f"{party.name} ({party.seat or 'country or region unknown'})"
    return [ChainStep("party", value, _line(seat)), *owners(party, knowledge, as_of)]


def _line(fact: Fact) -> str:
    return "; ".join((*fact.sources, f"{fact.basis}, {fact.confidence}"))


def _place(vote: Evidence) -> str:
    """Return where a vote stands: file and offset, place in the document, or address and day."""
    if vote.offset is not None:
        return f"{vote.path} offset {vote.offset:#x}"
    return " ".join(part for part in (vote.path, vote.pointer) if part)
