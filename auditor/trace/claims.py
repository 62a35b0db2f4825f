"""What a document says against knowledge about a thing that only its name identifies.

A name, a part number or a package URL in an unsigned document is no proof: where the same document names another
maker, or denies the license, what knowledge has by that name clears nothing. The statement may raise a concern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.knowledge.spelling import fold
from auditor.model import Actor, Component, Licenses, Origin
from auditor.trace.ownership import Owners
from auditor.trace.subject import Subject

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_GENERIC = frozenset(
    ("the", "project", "projects", "team", "group", "community", "developers", "contributors", "maintainers", "authors")
)
"""Words around the name of a project that name nobody else."""

_ADDRESS = frozenset(("https", "http", "www", "org", "com", "net", "io", "github", "gitlab", "foundation", "software"))
"""The same of an address or a legal name."""

DENYING = frozenset({"proprietary", "source-available", "restricted-ai"})
"""Categories of licenses that, declared, deny that a thing is the open one known by its name."""


def claims(
    component: Component, subject: Subject, licenses: Licenses, knowledge: Knowledge, owners: Owners
) -> tuple[Origin, ...]:
    """Return whom and what a document names against the record of a purely declared component.

    Each is an `Origin` of basis `stated` whose stage is `manufacturer`, `supplier` or `license`; its party is the
    ultimate owner of the one named, its country None where nothing says it. Empty: nothing contradicts.
    """
    if component.observed or not component.declared or not (subject.software or subject.chip):
        return ()
    found: list[Origin] = []
    for role, actor in _actors(component):
        if not _agrees(role, actor, component, subject, knowledge, owners):
            found += _named(role, actor, knowledge, owners)
    if _denied(component, subject, licenses, knowledge):
        found.append(_stated("license", None, None, licenses.declared or ""))
    return tuple(sorted(set(found), key=lambda one: (one.stage, one.party or "", one.country or "", one.sources)))


def _actors(component: Component) -> list[tuple[str, Actor]]:
    """Return everybody whom the rows of the documents name, the ones of the component itself first."""
    own = [("manufacturer", component.manufacturer), ("supplier", component.supplier)]
    found = [(role, actor) for role, actor in own if actor is not None]
    known = {(role, actor.name) for role, actor in found}
    votes = {(vote.claim, vote.value) for vote in component.evidence if vote.method == "declared"}
    return found + [(role, Actor(name)) for role, name in sorted(votes - known) if role in ("manufacturer", "supplier")]


def _stated(stage: str, party: str | None, country: str | None, text: str, *sources: str) -> Origin:
    return Origin(stage, party, country, None, "low", "stated", (f"declared:{stage} {text}", *sources))


def _agrees(
    role: str, actor: Actor, component: Component, subject: Subject, knowledge: Knowledge, owners: Owners
) -> bool:
    """Tell whether the one a document names is, or belongs with, whom knowledge names; or only sells it."""
    declared = knowledge.party_by_name(actor.name)
    if role == "supplier" and ((declared and declared.distributor) or (component.kind == "chip" and not declared)):
        return True
    known = _parties(subject)
    if declared is not None:
        mine = owners.ultimate(declared.id) | {declared.id}
        return any(mine & (owners.ultimate(one) | {one}) for one in known)
    said = _bare(actor.name, knowledge)
    return not said or said in _names(subject, known, knowledge)


def _parties(subject: Subject) -> list[str]:
    """Return the ids of those whom knowledge names for the version at hand."""
    if subject.party is not None:
        return [subject.party.id]
    named = [getattr(subject.era, stage, None) for stage in ("owner", "steward", "maintainer")]
    named += [getattr(subject.software, stage) for stage in ("owner", "steward", "maintainer")]
    return [one for one in named if one and one != "self"]


def _names(subject: Subject, known: list[str], knowledge: Knowledge) -> set[str]:
    texts = [name for one in known if (party := knowledge.party(one)) for name in (party.name, *party.names)]
    if software := subject.software:
        texts += [software.name, *software.names, software.id]
    return {_bare(text, knowledge) for text in texts}


def _bare(text: str, knowledge: Knowledge) -> str:
    return " ".join(word for word in fold(knowledge.spelling.party(text)).split() if word not in _GENERIC | _ADDRESS)


def _named(role: str, actor: Actor, knowledge: Knowledge, owners: Owners) -> list[Origin]:
    """Return who stands behind the one that a document names, and the seat the document gives."""
    declared = knowledge.party_by_name(actor.name)
    tops = owners.of(declared.id) if declared else ()
    found = [_stated(role, top.party, top.country, actor.name, *top.sources) for top in tops]
    country = knowledge.country(actor.country) if actor.country else None
    if country and country not in {one.country for one in found}:
        found.append(_stated(role, None, country, actor.name))
    return found or [_stated(role, None, None, actor.name)]


def _denied(component: Component, subject: Subject, licenses: Licenses, knowledge: Knowledge) -> bool:
    """Tell whether the license declared denies the one that is on record for the software."""
    if subject.software is None or not subject.software.license or not component.declared_licenses:
        return False
    known = knowledge.license_category(subject.software.license)
    said = knowledge.license_category(licenses.declared) if licenses.declared else None
    return known not in DENYING and said in DENYING
