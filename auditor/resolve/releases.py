"""Packages of languages, of which one image may hold several releases: each program or folder brings its own."""

from __future__ import annotations

from collections import Counter, defaultdict

from auditor.model import Evidence
from auditor.resolve.identity import PURL_PREFIXES

Place = tuple[str, str]
"""(input id, path)"""
Subjects = dict[str, list[Evidence]]


def divide(subjects: Subjects) -> Subjects:
    """Return the votes with one component per release of a package, where metadata in several places name several.

    The release that most places name keeps the key of the package, the others become `key@release`. A place that names
    two releases is a contradiction and stays one.
    """
    divided: Subjects = {}
    for key, votes in subjects.items():
        divided |= _releases(key, votes)
    return divided


def _releases(key: str, votes: list[Evidence]) -> Subjects:
    named: dict[Place, set[str]] = defaultdict(set)
    for vote in votes:
        if vote.claim == "version" and vote.grade == "decisive" and _is_package(vote):
            named[vote.input, vote.path].add(vote.value)
    releases = {place: next(iter(values)) for place, values in named.items() if len(values) == 1}
    if len(set(releases.values())) < 2:
        return {key: votes}
    counts = Counter(releases.values())
    first = min(counts, key=lambda release: (-counts[release], release))
    parts: Subjects = defaultdict(list)
    for vote in votes:
        release = releases.get((vote.input, vote.path), first) if _is_package(vote) else first
        parts[key if release == first else f"{key}@{release}"].append(vote)
    return dict(parts)


def _is_package(vote: Evidence) -> bool:
    return vote.subject.partition(":")[0] in PURL_PREFIXES
