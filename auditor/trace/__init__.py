"""Who controls each component: origin vector, license, sourcing, from knowledge and from what documents say."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from auditor.limits import Limits
from auditor.model import Component, Inventory
from auditor.model import Party as PartyRecord
from auditor.trace import licenses, parts, sourcing
from auditor.trace.claims import claims
from auditor.trace.ownership import Owners
from auditor.trace.subject import Subject, find

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

__all__ = ["trace"]


def trace(inventory: Inventory, knowledge: Knowledge, as_of: date, limits: Limits | None = None) -> Inventory:
    """Return the inventory with origin, licenses, sourcing and governance of each component, and all parties.

    Knowledge decides who controls a component; what a document says of it is kept beside, as `stated`,
    and contradictions between the two are named.
    """
    owners = Owners(knowledge, as_of)
    pairs = parts.against_tree(inventory.components, knowledge)
    papers = parts.lines_of(inventory)
    components = tuple(
        _component(one, knowledge, owners, limits or Limits(), papers, parts.contradiction(pairs.get(one.id)))
        for one in inventory.components
    )
    return msgspec.structs.replace(
        inventory,
        components=components,
        parties=_parties(components, owners),
        comparison=parts.compared(inventory.comparison, pairs),
    )


def _component(
    component: Component, knowledge: Knowledge, owners: Owners, limits: Limits, papers: parts.Lines, troubles: list[str]
) -> Component:
    """Trace one component."""
    from auditor.trace.origin import governance, governance_unread, vector

    subject = find(component, knowledge)
    found_licenses, license_troubles = licenses.trace(component, subject, knowledge, limits)
    return msgspec.structs.replace(
        component,
        origin=vector(component, subject, knowledge, owners),
        licenses=found_licenses,
        sourcing=sourcing.trace(
            component, subject, knowledge, owners, parts.channels(component, papers), parts.ending(component, papers)
        )
        if component.kind == "chip"
        else None,
        classification=parts.classify(subject, knowledge) if component.kind == "chip" else None,
        governance=component.governance or governance(component, subject),
        governance_unread=not component.governance and governance_unread(subject, knowledge),
        claimed=claims(component, subject, found_licenses, knowledge, owners),
        knowledge=subject.identity(knowledge),
        contradictions=tuple(
            sorted(
                {
                    *component.contradictions,
                    *troubles,
                    *license_troubles,
                    *_supplier(component, subject, knowledge, owners),
                }
            )
        ),
    )


def _supplier(component: Component, subject: Subject, knowledge: Knowledge, owners: Owners) -> list[str]:
    """Name the differences between the maker a document states and the one that knowledge names.

    Whose a part is on mere hearsay contradicts nobody: the two then cannot be compared.
    """
    maker = subject.party
    if maker is None or (subject.maker is not None and subject.maker.basis == "stated"):
        return []
    troubles = []
    for role, actor in (("manufacturer", component.manufacturer), ("supplier", component.supplier)):
        declared = knowledge.party_by_name(actor.name) if actor else None
        if actor is None or declared is None or declared.distributor or component.kind != "chip":
            continue
        if owners.ultimate(declared.id) & owners.ultimate(maker.id) or declared.id == maker.id:
            continue
        troubles.append(f"{role}: declared {actor.name!r}, the part is {maker.name}'s")
    return troubles


def _parties(components: tuple[Component, ...], owners: Owners) -> tuple[PartyRecord, ...]:
    """Return the parties of all origins and alternates, with their owners up the chain, by id."""
    named = {origin.party for one in components for origin in (*one.origin, *one.claimed) if origin.party}
    named |= {
        alternate.party
        for one in components
        if one.sourcing
        for alternate in one.sourcing.alternates
        if alternate.party
    }
    identities = {identity for one in named for identity in owners.chain(one)}
    return tuple(record for identity in sorted(identities) if (record := owners.record(identity)))
