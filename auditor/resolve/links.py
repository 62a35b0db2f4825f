"""Edges between components: what links what, what is inside what."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.model import Component, Document, Evidence, Link


def dynamic(components: Iterable[Component], facts: dict[str, list[Evidence]]) -> set[Link]:
    """Return the edges that the dynamic sections prove: a file needs a SONAME another component has."""
    owner: dict[tuple[str, str], str] = {}
    soname: dict[str, str] = {}
    components = list(components)
    for component in components:
        for vote in component.evidence:
            if vote.role == "self":
                owner.setdefault((vote.input, vote.path), component.id)
    for votes in facts.values():
        for vote in votes:
            if vote.claim == "soname" and (holder := owner.get((vote.input, vote.path))):
                soname.setdefault(vote.value, holder)
    edges = set()
    for votes in facts.values():
        for vote in votes:
            source, target = owner.get((vote.input, vote.path)), soname.get(vote.value)
            if vote.claim == "needed" and source and target and source != target:
                edges.add(Link(source=source, target=target, type="links", grade="decisive"))
    return edges


def traces(components: Iterable[Component]) -> set[Link]:
    """Return the edges that strings of one component in another's file suggest."""
    components = list(components)
    owner = {
        (vote.input, vote.path): component.id
        for component in components
        for vote in component.evidence
        if vote.role == "self"
    }
    edges = set()
    for component in components:
        for vote in component.evidence:
            source = owner.get((vote.input, vote.path))
            if vote.role == "mention" and source and source != component.id:
                grade = "weak" if vote.grade == "weak" else "supporting"
                edges.add(Link(source=source, target=component.id, type="links", grade=grade))  # type: ignore[arg-type]
    return edges


def stated(documents: Iterable[Document], ids: dict[tuple[str, str], str]) -> set[Link]:
    """Return the edges that documents declare."""
    edges = set()
    for document in documents:
        for source, target in document.dependencies:
            one, other = ids.get((document.sha256, source)), ids.get((document.sha256, target))
            if one and other and one != other:
                edges.add(Link(source=one, target=other, type="links", grade="supporting"))
        for declared in document.components:
            if declared.parent and declared.ref:
                one = ids.get((document.sha256, declared.parent))
                other = ids.get((document.sha256, declared.ref))
                if one and other and one != other:
                    edges.add(Link(source=one, target=other, type="contains", grade="supporting"))
    return edges


def strongest(edges: Iterable[Link]) -> tuple[Link, ...]:
    """Return each edge once, with its best grade, sorted."""
    rank = {"decisive": 0, "supporting": 1, "weak": 2}
    best: dict[tuple[str, str, str], Link] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.type)
        if key not in best or rank[edge.grade] < rank[best[key].grade]:
            best[key] = edge
    return tuple(best[key] for key in sorted(best))
