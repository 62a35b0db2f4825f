"""A material as a part: where it comes from by the declared shares, else by those of the world, and what stays open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from auditor.whatif.supply import WHO, Doubt, Entry, Part, Stage, Way

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.vehicle import Material

WHOLE = 0.995
"""Shares from which every source counts as named: the rest is rounding."""


def parts(one: Material, index: int, ecus: Iterable[str], knowledge: Knowledge | None) -> Iterator[Part]:
    """Yield a part per controller that uses a material.

    Own shares that are declared and whole are where it comes from. Otherwise nobody knows: it is lost only when
    all that is named and whole is, and its doubt says whose shares they are.
    """
    shares, words = dict(one.shares or {}), "the declared shares"
    if one.shares is None:
        shares, words = _world(one, knowledge)
    named = sum(shares.values())
    whole = named >= WHOLE
    sources = [
        Entry(f"{one.material} from {code}", frozenset((f"country:{code}",)))
        for code, share in sorted(shares.items())
        if share > 0
    ]
    sources += [] if whole else [Entry("the rest, of which nobody says where it is from", frozenset())]
    itself = Stage("material", (Entry(one.material, frozenset((f"material:{one.material}",))),))
    text = f"{words}: {_listed(shares)}" if shares else "nobody says where it comes from"
    doubts = () if one.shares is not None and whole else (Doubt(text, WHO),)
    way = Way(f"{one.material} ({one.stage})", (itself, Stage(one.stage, tuple(sources))), 0, doubts)
    for ecu in ecus:
        yield Part(f"material:{index}:{one.material}:{one.stage}", one.material, ecu, (way,))


def _world(one: Material, knowledge: Knowledge | None) -> tuple[dict[str, float], str]:
    """Return the shares of the world, where they were read, and what to call them."""
    record = knowledge.table("materials").get(f"{one.material}-{one.stage}") if knowledge else None
    if record is None or knowledge is None or knowledge.fact(record, record.table).basis == "stated":
        return {}, ""
    return record.portions(), f"own shares are not declared; those of the world, {record.year}"


def _listed(shares: dict[str, float]) -> str:
    order = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = 1 - sum(shares.values())
    unlisted = [f"unlisted {100 * rest:.1f} %"] if rest > 1 - WHOLE else []
    return ", ".join([*(f"{code} {100 * share:.1f} %" for code, share in order), *unlisted])
