"""Artifacts to evidence and documents."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import NamedTuple

from auditor.identify import documents, firmware
from auditor.identify.documents import part_list
from auditor.identify.sample import Sample
from auditor.model import Document, Evidence, Problem
from auditor.unpack.view import Damaged, LimitHit

__all__ = ["Identification", "detectors", "identify"]

MAX_PER_CLAIM = 4096
"""Votes of one detector with the same claim that one artifact may give."""


class Identification(NamedTuple):
    """What one artifact gave."""

    evidence: tuple[Evidence, ...]
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


@cache
def detectors() -> tuple[ModuleType, ...]:
    """Return the detector modules by name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(firmware.__path__))
    modules = (importlib.import_module(f"{firmware.__name__}.{name}") for name in names)
    return tuple(module for module in modules if hasattr(module, "detect"))


def identify(sample: Sample) -> Identification:
    """Run every detector and the document readers on one artifact.

    A Damaged becomes a problem of that artifact; the votes made before it are kept. So does any
    other exception of a detector, with code `reader-error`: a fault never hides what others saw.
    """
    evidence: set[Evidence] = set()
    found: Document | None = None
    problems: list[Problem] = []
    if sample.view.size:
        for module in detectors():
            name = module.__name__.rsplit(".", 1)[-1]
            try:
                _collect(module.detect(sample), name, evidence)
            except Exception as fault:
                problems.append(_problem(fault, name, sample.artifact.path))
        try:
            found = documents.read(sample)
        except Exception as fault:
            problems.append(_problem(fault, "documents", sample.artifact.path))
        if found is None and not evidence and not problems and (table := part_list.no_part_list(sample)) is not None:
            problems.append(_problem(table, "documents", sample.artifact.path))
    ordered = tuple(sorted(evidence, key=_order))
    return Identification(ordered, () if found is None else (found,), tuple(problems))


def _collect(votes: Iterable[Evidence], name: str, evidence: set[Evidence]) -> None:
    """Add the votes of one detector. Raises LimitHit when it makes too many of one claim."""
    counts: dict[str, int] = {}
    for vote in votes:
        counts[vote.claim] = counts.get(vote.claim, 0) + 1
        if counts[vote.claim] <= MAX_PER_CLAIM:
            evidence.add(vote)
    for claim in sorted(claim for claim, count in counts.items() if count > MAX_PER_CLAIM):
        raise LimitHit("votes", MAX_PER_CLAIM, f"{name}: {counts[claim]} votes of claim {claim}")


def _order(vote: Evidence) -> tuple[object, ...]:
    return (
        vote.subject,
        vote.claim,
        vote.value,
        vote.detector,
        vote.method,
        vote.grade,
        vote.role,
        vote.offset or 0,
        vote.pointer or "",
        vote.line or 0,
    )


def _problem(fault: Exception, name: str, path: str) -> Problem:
    """Keep what the fault knows: a document's says where by pointer and may be a limit too."""
    if not isinstance(fault, Damaged):
        return Problem("reader-error", f"detector {name}: {type(fault).__name__}", path)
    return Problem(
        fault.code,
        fault.message,
        path,
        fault.offset,
        pointer=getattr(fault, "pointer", None),
        limit=getattr(fault, "limit", None),
        value=getattr(fault, "value", None),
    )
