"""What a build's own lists say is in the image: declared, and never observed by being listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from auditor.identify.firmware import build_evidence
from auditor.model import Actor, Component, DeclaredLicense, Evidence
from auditor.resolve import observed

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge


def is_listing(vote: Evidence) -> bool:
    """Tell whether a vote repeats what a manifest or configuration says of a component."""
    return vote.detector == build_evidence.NAME and not vote.subject.startswith(observed.FILE)


def components(evidence: Iterable[Evidence], ecu: str, knowledge: Knowledge) -> list[Component]:
    """Return the components that the manifests of one controller list, by key."""
    gathered = observed.gather(filter(is_listing, evidence), knowledge)
    return [_declared(key, votes, ecu, knowledge) for key, votes in sorted(gathered.items())]


def _declared(key: str, votes: list[Evidence], ecu: str, knowledge: Knowledge) -> Component:
    one = observed.component(key, votes, ecu, knowledge)
    supplier = next((vote.value for vote in one.evidence if vote.claim == "supplier"), None)
    return msgspec.structs.replace(
        one,
        evidence=tuple(msgspec.structs.replace(vote, method="declared") for vote in one.evidence),
        declared=True,
        observed=False,
        supplier=Actor(supplier) if supplier else None,
        declared_licenses=tuple(map(DeclaredLicense, one.observed_licenses)),
        observed_licenses=(),
        paths=(),
        linkage=None,
    )
