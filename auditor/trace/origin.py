"""The origin vector: one entry per stage and country, each with what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.knowledge.records import Chip, Fact, Party
from auditor.model import Actor, Component, Confidence, Origin
from auditor.trace.ownership import Owners, weakest
from auditor.trace.subject import Subject

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_CHIP_STAGES = ("design", "fab", "assembly", "test")


def governance(component: Component, subject: Subject) -> str | None:
    """Return vendor, foundation, community or state; a chip and an AUTOSAR module are their vendor's."""
    if component.kind == "chip" or subject.party:
        return "vendor" if subject.party else None
    if subject.software is None:
        return None
    return (subject.era.governance if subject.era else None) or subject.software.governance


def governance_unread(subject: Subject, knowledge: Knowledge) -> bool:
    """Tell whether the governance of software is concluded from the address of its repository alone."""
    if subject.software is None or (subject.era and subject.era.governance):
        return False
    source = subject.software.source_of("governance")
    return source is not None and source.derived_from == ("repository",)


def vector(component: Component, subject: Subject, knowledge: Knowledge, owners: Owners) -> tuple[Origin, ...]:
    """Return the origin of a component, sorted by stage."""
    found: list[Origin] = []
    if subject.party and subject.maker:
        found += _controlled(subject.party, subject.maker, knowledge, owners)
        found += _made(subject.chip, knowledge)
    elif subject.software:
        found += _software(subject, knowledge, owners)
    found += _declared(component, found, knowledge)
    return tuple(sorted(set(found), key=lambda one: (one.stage, one.party or "", one.country or "", one.sources)))


def _controlled(party: Party, maker: Fact, knowledge: Knowledge, owners: Owners, low: bool = False) -> list[Origin]:
    """Return who owns a thing of `party` in the end, and where the party itself has its seat."""
    seat = knowledge.fact(party, "seat")
    basis, confidence = weakest(maker, seat)
    lines = tuple(dict.fromkeys((*maker.sources, *seat.sources)))
    found = [Origin("hq", party.id, party.seat, None, _lower(confidence, low), basis, lines)]
    for owner in owners.of(party.id):
        top = Fact(None, owner.basis, owner.confidence, owner.sources)
        basis, confidence = weakest(maker, top)
        lines = tuple(dict.fromkeys((*maker.sources, *owner.sources)))
        found.append(Origin("owner", owner.party, owner.country, None, _lower(confidence, low), basis, lines))
    return found


def _lower(confidence: Confidence, low: bool) -> Confidence:
    return "low" if low else confidence


def _made(chip: Chip | None, knowledge: Knowledge) -> list[Origin]:
    """Return where a chip is designed and made. Its maker's sites over all products say nothing of this chip."""
    found = []
    for stage in _CHIP_STAGES:
        for country in (getattr(chip, stage) or ()) if chip else ():
            fact = knowledge.fact(chip, stage)
            found.append(Origin(stage, None, country, None, fact.confidence, fact.basis, fact.sources))
    return found


def _software(subject: Subject, knowledge: Knowledge, owners: Owners) -> list[Origin]:
    """Return steward, maintainer and owner of software, for the version at hand."""
    software, era = subject.software, subject.era
    assert software is not None
    found = []
    for stage in ("steward", "maintainer"):
        identity = getattr(era, stage, None) or getattr(software, stage)
        if not identity:
            continue
        who = _fact(subject, stage, identity, knowledge)
        if identity == "self":
            found.append(Origin(stage, software.id, None, None, who.confidence, who.basis, who.sources))
            continue
        party = knowledge.party(identity)
        if party is None:
            continue
        seat = knowledge.fact(party, "seat")
        basis, confidence = weakest(who, seat)
        lines = tuple(dict.fromkeys((*who.sources, *seat.sources)))
        confidence = _lower(confidence, subject.version_matters)
        found.append(Origin(stage, party.id, party.seat, None, confidence, basis, lines))
    identity = (era.owner if era else None) or software.owner
    owner = knowledge.party(identity) if identity and not (era and era.steward and not era.owner) else None
    if owner:
        who = _fact(subject, "owner", owner.id, knowledge)
        found += _controlled(owner, who, knowledge, owners, subject.version_matters)
    return found


def _fact(subject: Subject, field: str, value: str, knowledge: Knowledge) -> Fact:
    """Return a field of the software's era, or of the software itself."""
    assert subject.software is not None
    if subject.era and getattr(subject.era, field, None):
        return knowledge.row(subject.software, "history", value, subject.era.source)
    return knowledge.fact(subject.software, field)


def _declared(component: Component, found: list[Origin], knowledge: Knowledge) -> list[Origin]:
    """Return what documents say of stages that knowledge has no read fact about: kept, never deciding."""
    known = {origin.stage for origin in found if origin.basis != "stated"}
    entries: list[Origin] = []
    country = knowledge.country(component.declared_origin) if component.declared_origin else None
    if country and "assembly" not in known:
        entries.append(Origin("assembly", None, country, None, "low", "stated", ("declared:country of origin",)))
    for role, actor in _actors(component):
        party = knowledge.party_by_name(actor.name)
        seat = knowledge.country(actor.country) if actor.country else None
        if "hq" not in known and (party or seat):
            code = seat or (party.seat if party else None)
            line = (f"declared:{role} {actor.name}",)
            entries.append(Origin("hq", party.id if party else None, code, None, "low", "stated", line))
            break
    return entries


def _actors(component: Component) -> list[tuple[str, Actor]]:
    """Return the maker and the supplier a document names, the maker first."""
    named = (("manufacturer", component.manufacturer), ("supplier", component.supplier))
    return [(role, actor) for role, actor in named if actor]
