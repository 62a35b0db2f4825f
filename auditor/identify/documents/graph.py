"""References between components: duplicates, dangling ends, cycles. Every check is linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain

from auditor.identify.documents.notes import Notes, shown
from auditor.model import Declared

NAMED = 5
"""Members named in the message of a cycle."""


class Places:
    """Where the component of a ref stands; looked up only for problems."""

    def __init__(self, components: Sequence[Declared], otherwise: str) -> None:
        self.components = components
        self.otherwise = otherwise

    @cached_property
    def _known(self) -> dict[str, str]:
        return {one.ref: one.pointer for one in self.components if one.ref is not None}

    def get(self, ref: str) -> str:
        """Return the pointer of the last component with a ref, else where references stand."""
        return self._known.get(ref, self.otherwise)


def check_references(refs: Sequence[str], notes: Notes, places: Places) -> None:
    """Note `duplicate-ref` for each ref that more than one component carries."""
    if len(set(refs)) == len(refs):
        return
    for ref, count in sorted(Counter(refs).items()):
        if count > 1:
            notes.add("duplicate-ref", f"{count} components share the ref {shown(ref)}", places.get(ref))


def check_edges(edges: Mapping[str, Sequence[str]], known: set[str], notes: Notes, places: Places) -> None:
    """Note `dangling-ref`, `self-dependency` and `dependency-cycle`.

    `edges` maps a ref to the refs it depends on; `known` holds every ref of the document.
    """
    incoming = Counter(chain.from_iterable(edges.values()))
    whole = known.issuperset(incoming) and known.issuperset(edges)
    dangling = set() if whole else (incoming.keys() | edges.keys()) - known
    for ref in sorted(ref for ref in dangling if not ref.startswith("urn:cdx:")):
        notes.add("dangling-ref", f"the reference {shown(ref)} names no component", places.get(ref))
    loops = {ref for ref, targets in edges.items() if ref in targets}
    for ref in sorted(loops):
        notes.add("self-dependency", f"{shown(ref)} depends on itself", places.get(ref))
    if loops:
        edges = {ref: [one for one in targets if one != ref] for ref, targets in edges.items()}
        incoming = Counter(chain.from_iterable(edges.values()))
    rest = _in_cycles(edges, incoming)
    if rest:
        names = ", ".join(shown(ref, 60) for ref in rest[:NAMED])
        notes.add("dependency-cycle", f"{len(rest)} components lie on a cycle: {names}", places.get(rest[0]))


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
