"""References between components: duplicates, dangling ends, cycles. Every check is linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from auditor.identify.documents.notes import Notes, shown

NAMED = 5
"""Members named in the message of a cycle."""


def check_references(refs: Sequence[str], notes: Notes, pointers: Mapping[str, str] | None = None) -> None:
    """Note `duplicate-ref` for each ref that more than one component carries."""
    if len(set(refs)) == len(refs):
        return
    for ref, count in sorted(Counter(refs).items()):
        if count > 1:
            where = pointers.get(ref) if pointers else None
            notes.add("duplicate-ref", f"{count} components share the ref {shown(ref)}", where)


def check_edges(
    edges: Mapping[str, Sequence[str]], known: set[str], notes: Notes, pointers: Mapping[str, str] | None = None
) -> None:
    """Note `dangling-ref`, `self-dependency` and `dependency-cycle`.

    `edges` maps a ref to the refs it depends on; `known` holds every ref of the document.
    """
    where = pointers or {}
    incoming = Counter(chain.from_iterable(edges.values()))
    whole = known.issuperset(incoming) and known.issuperset(edges)
    dangling = set() if whole else (incoming.keys() | edges.keys()) - known
    for ref in sorted(ref for ref in dangling if not ref.startswith("urn:cdx:")):
        notes.add("dangling-ref", f"the reference {shown(ref)} names no component", where.get(ref))
    loops = {ref for ref, targets in edges.items() if ref in targets}
    for ref in sorted(loops):
        notes.add("self-dependency", f"{shown(ref)} depends on itself", where.get(ref))
    if loops:
        edges = {ref: [one for one in targets if one != ref] for ref, targets in edges.items()}
        incoming = Counter(chain.from_iterable(edges.values()))
    rest = _in_cycles(edges, incoming)
    if rest:
        names = ", ".join(shown(ref, 60) for ref in rest[:NAMED])
        notes.add("dependency-cycle", f"{len(rest)} components lie on a cycle: {names}", where.get(rest[0]))


def _in_cycles(edges: Mapping[str, Sequence[str]], incoming: Counter[str]) -> list[str]:
    """Peel off, from both ends, what lies on no cycle; there are no self-edges any more."""
    left = _peel(edges, dict(incoming))
    if not left:
        return []
    members = set(left)
    backward: dict[str, list[str]] = {ref: [] for ref in left}
    for ref in left:
        for target in edges[ref]:
            if target in members:
                backward[target].append(ref)
    return sorted(_peel(backward, dict(Counter(chain.from_iterable(backward.values())))))


def _peel(edges: Mapping[str, Sequence[str]], incoming: dict[str, int]) -> list[str]:
    """Remove nodes without incoming edges until none is left; return what remains."""
    ready = [ref for ref in edges if ref not in incoming]
    while ready:
        targets = edges.get(ready.pop())
        for target in targets or ():
            left = incoming[target] - 1
            incoming[target] = left
            if not left:
                ready.append(target)
    return [ref for ref in edges if incoming.get(ref, 0) > 0]
