"""References between components: duplicates, dangling ends, cycles. Every check is linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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


def check_edges(edges: Mapping[str, Sequence[str]], known: Collection[str], notes: Notes, places: Places) -> None:
    """Note `dangling-ref`, `self-dependency` and `dependency-cycle`.

    `edges` maps a ref to the refs it depends on; `known` holds every ref of the document.
    """
    index = {ref: number for number, ref in enumerate(known)}
    if len(index) != len(known):
        index = {ref: number for number, ref in enumerate(index)}
    if _onward(edges, index):
        return
    refs = len(index)
    for ref in edges:
        index.setdefault(ref, len(index))
    names = list(index)
    outside, find = len(names), index.get
    targets: list[list[int]] = [[]] * len(names)
    for ref, wanted in edges.items():
        targets[index[ref]] = [find(one, outside) for one in wanted]
    leaves_document = any(outside in ends for ends in targets)
    if leaves_document or len(names) > refs:
        dangling = set(chain.from_iterable(edges.values())).union(edges).difference(known)
        for ref in sorted(ref for ref in dangling if not ref.startswith("urn:cdx:")):
            notes.add("dangling-ref", f"the reference {shown(ref)} names no component", places.get(ref))
    loops = {number for number, ends in enumerate(targets) if number in ends}
    for ref in sorted(names[number] for number in loops):
        notes.add("self-dependency", f"{shown(ref)} depends on itself", places.get(ref))
    if loops or leaves_document:
        targets = [[one for one in ends if one not in (number, outside)] for number, ends in enumerate(targets)]
    rest = sorted(names[number] for number in _in_cycles(targets, Counter(chain.from_iterable(targets))))
    if rest:
        members = ", ".join(shown(ref, 60) for ref in rest[:NAMED])
        notes.add("dependency-cycle", f"{len(rest)} components lie on a cycle: {members}", places.get(rest[0]))


def _onward(edges: Mapping[str, Sequence[str]], index: Mapping[str, int]) -> bool:
    """Tell whether every edge ends at a known ref that comes later: then nothing dangles and there is no cycle."""
    find = index.get
    for ref, wanted in edges.items():
        number = find(ref)
        if number is None:
            return False
        for target in wanted:
            if find(target, -1) <= number:
                return False
    return True


def _in_cycles(targets: list[list[int]], incoming: Counter[int]) -> list[int]:
    """Peel off, from both ends, what lies on no cycle; there are no self-edges."""
    left = _peel(targets, incoming)
    if not left:
        return []
    members = set(left)
    backward: list[list[int]] = [[] for _ in targets]
    for number in left:
        for target in targets[number]:
            if target in members:
                backward[target].append(number)
    return [number for number in _peel(backward, Counter(chain.from_iterable(backward))) if number in members]


def _peel(targets: list[list[int]], counts: Counter[int]) -> list[int]:
    """Remove nodes without incoming edges until none is left; return what remains."""
    incoming = [0] * len(targets)
    for number, count in counts.items():
        incoming[number] = count
    ready = [number for number, count in enumerate(incoming) if not count]
    while ready:
        for target in targets[ready.pop()]:
            incoming[target] -= 1
            if not incoming[target]:
                ready.append(target)
    return [number for number, count in enumerate(incoming) if count]
