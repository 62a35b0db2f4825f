"""From the inventory to the facts that rules read: one plain map per subject.

What is not known is an absent key. A fact whose basis is only `stated` (nobody read a source) is
absent too, unless the user accepts stated facts: then a rule that needs it is undetermined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.evaluate.facts_model import STAGES
from auditor.evaluate.license_facts import license_facts
from auditor.model import Alternate, Component, Confidence, Origin

SECOND_SOURCE_KINDS = frozenset({"register-compatible", "same-architecture", "pin-compatible", "declared"})
"""Kinds of alternate that may count as a second source (a declared one when it is said to be qualified)."""
_DISTANCE = ("home", "trusted", "outside", "restricted")
_NO_NAMES: Mapping[str, str] = {}
Facts = dict[str, Any]


@dataclass(frozen=True)
class Jurisdictions:
    """The sets of the policy: ISO codes of countries or regions."""

    home: frozenset[str]
    trusted: frozenset[str]
    restricted: frozenset[str]

    def of(self, country: str) -> str:
        """Return home, trusted, outside or restricted; restricted comes first when sets overlap."""
        if country in self.restricted:
            return "restricted"
        if country in self.home:
            return "home"
        return "trusted" if country in self.trusted else "outside"

    def farthest(self, countries: Iterable[str]) -> str:
        """Return the class of the country that is farthest from home."""
        return max((self.of(country) for country in countries), key=_DISTANCE.index)


def component_facts(
    component: Component,
    jurisdictions: Jurisdictions,
    *,
    accept_stated: bool,
    comparison: str = "none",
    part_classes: Sequence[str] = (),
    party_names: Mapping[str, str] = _NO_NAMES,
) -> Facts:
    """Return the facts of one component; `party_names` is id -> name."""
    origins = [origin for origin in component.origin if accept_stated or origin.basis != "stated"]
    facts: Facts = {
        "id": component.id,
        "key": component.key,
        "kind": component.kind,
        "layer": component.layer,
        "name": component.name,
        "label": f"{component.name} {component.version or ''}".strip(),
        "ecu": component.ecu,
        "declared": component.declared,
        "observed": component.observed,
        "contradicted": bool(component.contradictions),
        "contradictions": list(component.contradictions),
        "origin_known": origin_known(component, accept_stated=accept_stated),
        "self_governed": _self_governed(component, origins),
        "identified": bool(component.purl or component.cpe or _part_number(component)),
        "versioned": component.version is not None,
        "supplier_named": bool(component.supplier or component.manufacturer),
        "origin_declared": component.declared_origin is not None,
        "comparison": comparison,
        "part_classes": list(part_classes),
        "license": license_facts(component, accept_stated=accept_stated),
        "sourcing": _sourcing(component, jurisdictions, accept_stated),
    }
    _put(facts, "version version_range purl cpe quantity linkage generation declared_origin", component)
    _set(facts, "mpn", _part_number(component))
    _set(facts, "supplier", component.supplier and component.supplier.name)
    _set(facts, "manufacturer", component.manufacturer and component.manufacturer.name)
    _set(facts, "best_grade", best_grade(component))
    _set(facts, "maker_differs", _maker_differs(component, origins, party_names))
    if comparison == "license-differs":
        facts["license"]["differs"] = True
    elif comparison == "supplier-differs":
        facts["maker_differs"] = True
    if accept_stated or (_governance_read(component) and not component.governance_unread):
        _set(facts, "governance", component.governance)
    for stage in STAGES:
        entries = [origin for origin in origins if origin.stage == stage]
        read = [origin for origin in entries if origin.basis != "stated"]
        if entries:
            _set(facts, stage, _stage(read or entries, jurisdictions, party_names))
    return facts


def origin_known(component: Component, *, accept_stated: bool) -> bool:
    """Tell whether it is known who controls a component: a party with a seat, or a community without one.

    Not known where its document names another than the one its name stands for.
    """
    return not component.claimed and any(
        origin.country or (origin.party and component.governance == "community")
        for origin in component.origin
        if origin.stage in ("owner", "steward") and (accept_stated or origin.basis != "stated")
    )


def _part_number(component: Component) -> str | None:
    """Return the part number; a chip's name in words, which no document calls one and nobody recognizes, is none."""
    number = component.mpn
    if component.kind != "chip" or number is None or number != component.name or " " not in number.strip():
        return number
    called = any(vote.claim == "mpn" for vote in component.evidence)
    return number if called or (component.knowledge or "").startswith("chips/") else None


def _self_governed(component: Component, origins: list[Origin]) -> bool:
    """Tell whether a community's own people decide: a steward without a seat, and nobody owns it."""
    mine = [origin for origin in origins if origin.stage in ("owner", "steward")]
    sure = component.governance == "community" and not component.governance_unread and not component.claimed
    return sure and bool(mine) and not any(origin.country for origin in mine)


def _put(facts: Facts, names: str, record: Any) -> None:
    for name in names.split():
        _set(facts, name, getattr(record, name))


def _set(facts: Facts, name: str, value: Any) -> None:
    if value is not None and value != "":
        facts[name] = value


def _governance_read(component: Component) -> bool:
    """Governance rests on the same record as the owner: it decides when the owner may decide."""
    controlling = [origin for origin in component.origin if origin.stage in ("owner", "steward")]
    return not controlling or any(origin.basis != "stated" for origin in controlling)


def _stage(entries: list[Origin], jurisdictions: Jurisdictions, party_names: Mapping[str, str]) -> Facts:
    facts: Facts = {}
    countries = sorted({origin.country for origin in entries if origin.country})
    parties = sorted({origin.party for origin in entries if origin.party})
    if len(parties) == 1:
        facts["party"] = parties[0]
        facts["name"] = party_names.get(parties[0], parties[0])
    if countries:
        facts["countries"] = countries
        if all(origin.country for origin in entries):
            facts["jurisdiction"] = jurisdictions.farthest(countries)
            if len(countries) == 1:
                facts["country"] = countries[0]
    return facts


def best_grade(component: Component) -> str | None:
    """Return the strongest grade of the votes that are about the component itself; None without a vote."""
    grades = {vote.grade for vote in component.evidence if vote.role == "self"} or {
        vote.grade for vote in component.evidence
    }
    return next((grade for grade in ("decisive", "supporting", "weak") if grade in grades), None)


def _maker_differs(component: Component, origins: list[Origin], party_names: Mapping[str, str]) -> bool | None:
    """Compare the maker a document names with the one on record for the part number; None when it cannot be."""
    if any(line.startswith(("manufacturer: declared", "supplier: declared")) for line in component.contradictions):
        return True
    named = component.manufacturer or component.supplier
    if component.kind != "chip" or named is None:
        return None
    makers = {party_names.get(one.party or "", "").casefold() for one in origins if one.stage in ("hq", "owner")}
    said = named.name.casefold()
    agree = any(maker and (maker.startswith(said) or said.startswith(maker)) for maker in makers)
    return False if agree else None


def counts_as_second_source(alternate: Alternate) -> bool:
    """Tell whether an alternate may stand in: right kind, and qualified."""
    return alternate.qualified is True and alternate.kind in SECOND_SOURCE_KINDS


def _sourcing(component: Component, jurisdictions: Jurisdictions, accept_stated: bool) -> Facts:
    sourcing = component.sourcing
    if sourcing is None:
        return {"known": False}
    usable = [one for one in sourcing.alternates if accept_stated or one.basis != "stated"]
    # a chip that only an image shows may have a second source in a document nobody gave
    unread = [one for one in sourcing.alternates if one not in usable]
    listed = sourcing.known and component.declared and not any(one.qualified for one in unread)
    complete = listed and not unread
    facts: Facts = {"known": listed}
    hearsay = any(one.kind in SECOND_SOURCE_KINDS for one in unread)
    if sourcing.codes or (sourcing.known and not hearsay):
        facts["codes"] = sorted(sourcing.codes)
    _set(facts, "lifecycle", sourcing.lifecycle)
    _set(facts, "channels", sourcing.channels)
    qualified = [one for one in usable if counts_as_second_source(one)]
    if {"one-owner", "several-owners"} & set(sourcing.codes):
        facts["one_owner"] = "one-owner" in sourcing.codes
    elif listed and not any(one.kind in SECOND_SOURCE_KINDS for one in usable):
        facts["one_owner"] = False
    if complete:
        facts["alternates"] = len(usable)
        facts["functional_alternates"] = sum(one.kind not in SECOND_SOURCE_KINDS for one in usable)
    unsaid = any(one.kind == "declared" and one.qualified is None for one in usable)
    if qualified or (listed and not unsaid):
        facts["qualified_alternates"] = len(qualified)
        if all(one.party for one in qualified):
            facts["alternate_parties"] = sorted({one.party for one in qualified if one.party})
        if all(one.country for one in qualified):
            countries = sorted({one.country for one in qualified if one.country})
            facts["alternate_countries"] = countries
            facts["alternate_jurisdictions"] = sorted({jurisdictions.of(country) for country in countries})
    return facts


# ---------------------------------------------------------------- confidence


def confidence(component: Component, references: Iterable[str], *, accept_stated: bool) -> Confidence:
    """Return the lowest confidence of the facts of a component that decided.

    Accepted `stated` facts do not lower it: the user vouches for them.
    """
    identity: dict[str | None, Confidence] = {"decisive": "high", "supporting": "medium", "weak": "low"}
    found: list[Confidence] = [identity.get(best_grade(component), "medium")]
    stages = {part for path in references for part in path.split(".") if part in STAGES}
    for origin in component.origin:
        if origin.stage in stages and origin.basis != "stated":
            found.append(origin.confidence)
        elif origin.stage in stages and not accept_stated:
            found.append("low")
    order: tuple[Confidence, ...] = ("low", "medium", "high")
    return min(found, key=order.index)
