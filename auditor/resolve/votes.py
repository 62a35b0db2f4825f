"""Weigh the votes about one component: one value per claim, contradictions kept."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from auditor.model import Evidence

GRADES = {"decisive": 9.0, "supporting": 3.0, "weak": 1.0}
METHODS = {"package-database": 2.0, "note": 2.0, "string": 1.5, "banner": 1.5, "header": 1.5, "soname": 1.0}
MENTION = 0.1
"""What a trace in somebody else's file weighs against the component's own file."""

EPOCH = re.compile(r"^\d{1,4}:")
REVISION = re.compile(r"(?:[+~](?:dfsg|ds|deb|ubuntu|really|git|repack)[^-]*)?-[0-9A-Za-z.+~]{1,40}$")
SUFFIX = re.compile(r"[+~](?:dfsg|ds|deb|repack)[0-9A-Za-z.+~]*$")


def weight(vote: Evidence) -> float:
    """Return how much a vote counts: who says it, how, and how sure the detector is."""
    share = MENTION if vote.role == "mention" else 1.0
    return GRADES[vote.grade] * METHODS.get(vote.method, 1.0) * share


def upstream(version: str, method: str) -> str:
    """Return the upstream part of a package's version; other versions as they are."""
    if method != "package-database":
        return version
    return SUFFIX.sub("", REVISION.sub("", EPOCH.sub("", version)))


def extends(longer: str, shorter: str) -> bool:
    """Tell whether one version says the same as another, only more exactly (`3.0.15` and `3.0`)."""
    return longer == shorter or (longer.startswith(shorter) and not longer[len(shorter)].isdigit())


def strongest(votes: Iterable[Evidence], claim: str) -> str | None:
    """Return the value of a claim with the most weight behind it; ties go to the longer, then first by text."""
    sums: dict[str, float] = defaultdict(float)
    for vote in votes:
        if vote.claim == claim:
            sums[vote.value] += weight(vote)
    if not sums:
        return None
    return min(sums, key=lambda value: (-sums[value], -len(value), value))


def version(votes: Sequence[Evidence]) -> tuple[str | None, tuple[str, ...]]:
    """Return the version the votes settle on, and what contradicts it.

    A version that only traces in other files carry is taken when nothing better is there.
    Weight of a shorter version counts for the longer ones that extend it.
    """
    own: dict[str, float] = defaultdict(float)
    strong: set[str] = set()
    for vote in votes:
        if vote.claim == "version":
            value = upstream(vote.value, vote.method)
            own[value] += weight(vote)
            if vote.role == "self" and vote.grade != "weak":
                strong.add(value)
    if not own:
        return None, ()
    total = {value: sum(part for other, part in own.items() if extends(value, other)) for value in own}
    best = min(total, key=lambda value: (-total[value], -len(value), value))
    against = sorted(value for value in strong if not extends(value, best) and not extends(best, value))
    return best, tuple(f"version: {best} against {value}" for value in against)
