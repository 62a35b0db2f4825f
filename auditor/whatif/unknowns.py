"""What nobody knows of a way to have a part: as long as it is open, the way is not known to survive a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from auditor.whatif.sites import STEPS
from auditor.whatif.supply import EVERYTHING, WHERE, WHO, Doubt, Part, Stage, Way

if TYPE_CHECKING:
    from auditor.report.schema import Report

MADE = ("fab", "assembly", "test")
"""Stages without which no chip is made."""
CONTROL = Doubt("nobody knows who controls it", WHO)
LICENSE = Doubt("nobody knows its license", frozenset(("license",)))


def seats(stages: Iterable[Stage]) -> Iterator[Doubt]:
    """Yield a doubt per party of which nobody knows where it sits: every country may be its own."""
    for entry in (each for stage in stages for each in stage.entries):
        kinds = {atom.partition(":")[0] for atom in entry.atoms}
        if "party" in kinds and "country" not in kinds:
            yield Doubt(f"nobody knows where {entry.name} sits", WHERE)


def making(stages: Iterable[Stage]) -> Iterator[Doubt]:
    """Yield a doubt about the stages of a chip that no country is known of."""
    named = {STEPS.get(stage.name, stage.name) for stage in stages if stage.entries}
    open_ = [stage for stage in MADE if stage not in named]
    if open_:
        yield Doubt(f"nobody knows the country or region of its {', '.join(open_)}", WHERE)


def unread(report: Report) -> Iterator[Part]:
    """Yield a part per input that was not read in full and per controller of which no component is known.

    What is in them nobody knows, so any loss may be about it.
    """
    for one in report.inputs:
        if not one.complete:
            more = f" and {len(one.problems) - 1} more" if len(one.problems) > 1 else ""
            reason = one.problems[0].message if one.problems else "a part of it was not read"
            yield _open(f"input:{one.id}", one.path, one.ecu, f"not read in full: {reason}{more}")
    filled = {one.ecu for one in report.components} | {one.ecu for one in report.inputs if not one.complete}
    for ecu in sorted({one.name for one in report.ecus} - filled):
        yield _open(f"empty:{ecu}", ecu, ecu, "no component of it is known")


def _open(identity: str, name: str, ecu: str, text: str) -> Part:
    return Part(identity, name, ecu, (Way(name, (), 0, (Doubt(text, EVERYTHING),)),))
