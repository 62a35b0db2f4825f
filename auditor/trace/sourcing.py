"""Who else could make a chip: alternates by kind, and the codes of a single source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.model import Alternate, Component, Sourcing
from auditor.trace.ownership import Owners
from auditor.trace.subject import Subject

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

DROP_IN = ("register-compatible", "same-architecture", "pin-compatible")
"""Kinds that may count as a second source; the others are replacement paths that need engineering."""


def trace(
    component: Component,
    subject: Subject,
    knowledge: Knowledge,
    owners: Owners,
    channels: int | None = None,
    ending: str | None = None,
) -> Sourcing:
    """Return the sourcing of a chip that may be bought through so many `channels` (None = not known).

    `ending` is the state near its end that a document says it is in; a state that is only stated decides
    nothing.

    The set of alternates counts as known when a document names alternates, or when the class of the chip is one
    maker's own design. An alternate on mere hearsay is kept with its basis: the rules leave out what it would decide.
    """
    chip = subject.chip
    declared = _declared(component, knowledge)
    recorded = _recorded(subject, knowledge)
    kind = knowledge.chip_class(chip.class_) if chip else None
    proprietary = kind is not None and kind.proprietary
    if proprietary:
        recorded = tuple(one for one in recorded if one.kind in DROP_IN or one.basis != "stated")
    alternates = tuple(sorted({*declared, *recorded}, key=lambda one: (one.kind, one.name, one.party or "")))
    return Sourcing(
        alternates=alternates,
        codes=tuple(
            sorted(
                {
                    *_codes(component, subject, alternates, proprietary, owners),
                    *_one_country(subject, knowledge),
                    *(("one-channel",) if channels == 1 else ()),
                }
            )
        ),
        channels=channels,
        lifecycle=ending or _lifecycle(subject, knowledge),
        known=proprietary or bool(declared),
    )


def _lifecycle(subject: Subject, knowledge: Knowledge) -> str | None:
    """Return the state of the family's life cycle that somebody read or vouches for."""
    chip = subject.chip
    return chip.lifecycle if chip and knowledge.fact(chip, "lifecycle").basis != "stated" else None


def _declared(component: Component, knowledge: Knowledge) -> tuple[Alternate, ...]:
    """Return the alternates a document names."""
    found = []
    for one in component.alternates:
        chip = knowledge.chip_by_mpn(one.mpn, one.manufacturer)
        party = knowledge.party(chip.vendor) if chip else None
        party = party or (knowledge.party_by_name(one.manufacturer) if one.manufacturer else None)
        found.append(
            Alternate(
                one.mpn, "declared", party.id if party else None, party.seat if party else None, one.qualified, "user"
            )
        )
    return tuple(found)


def _recorded(subject: Subject, knowledge: Knowledge) -> tuple[Alternate, ...]:
    """Return the alternates that knowledge has for the family."""
    chip = subject.chip
    found = []
    for row in (chip.alternates or ()) if chip else ():
        other = knowledge.chip(row.chip)
        party = knowledge.party(other.vendor) if other else None
        basis = knowledge.row(chip, "alternates", row.chip, row.source).basis
        if other and party:
            found.append(Alternate(f"{party.name} {other.name}", row.kind, party.id, party.seat, None, basis))
    return tuple(found)


def _codes(
    component: Component, subject: Subject, alternates: tuple[Alternate, ...], proprietary: bool, owners: Owners
) -> tuple[str, ...]:
    """Return the single-source codes that follow from what is known; an unknown fact gives no code."""
    codes = set()
    drop_in = [one for one in alternates if one.kind in DROP_IN or one.kind == "declared"]
    if proprietary and not drop_in:
        codes.add("one-maker-exists")
    unsaid = any(one.kind == "declared" and one.qualified is None for one in drop_in)
    if drop_in and component.declared and not unsaid and not any(one.qualified for one in drop_in):
        codes.add("one-maker-qualified")
    if subject.party and (owned := _one_owner(subject.party.id, drop_in, owners)) is not None:
        codes.add("one-owner" if owned else "several-owners")
    return tuple(sorted(codes))


def _one_country(subject: Subject, knowledge: Knowledge) -> tuple[str, ...]:
    """Return a code for each stage that one country or region does alone, as somebody read or vouches for."""
    chip = subject.chip
    if chip is None:
        return ()
    return tuple(
        code
        for stage, countries, code in (
            ("fab", chip.fab, "one-fab-country"),
            ("assembly", chip.assembly, "one-assembly-country"),
        )
        if len(set(countries or ())) == 1 and knowledge.fact(chip, stage).basis != "stated"
    )


def _one_owner(maker: str, drop_in: list[Alternate], owners: Owners) -> bool | None:
    """Tell whether all brands have one ultimate owner; None without a second brand or while an owner is not known.

    One brand that is known to have another owner is enough for False; a brand nobody read counts as not known.
    """
    tops = [owners.of(identity) for identity in (maker, *(one.party for one in drop_in if one.party))]
    decided = [not any(top.basis == "stated" for top in found) for found in tops]
    if not drop_in or not decided[0]:
        return None
    parties = [{top.party for top in found} for found in tops]
    if any(sure and not found & parties[0] for sure, found in zip(decided[1:], parties[1:], strict=True)):
        return False
    unknown = not all(decided) or any(one.party is None or one.basis == "stated" for one in drop_in)
    return None if unknown else True
