"""The smallest sets whose removal loses something: minimal cut sets of a monotone graph, up to a size."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.whatif.supply import Entry, Part, Stage, Supply, Way, Work

Cut = frozenset[str]
LARGEST = 3
MOST = 20_000
"""Cut sets kept while one thing is worked on; beyond it the answer says so."""


class TooMany(Exception):
    """More cut sets than `MOST`: the graph has more small weaknesses than can be listed."""


class Cuts:
    """Finds minimal cut sets over the atoms of one kind (`party:` or `country:`)."""

    def __init__(self, kind: str, largest: int = LARGEST) -> None:
        self.prefix = f"{kind}:"
        self.largest = largest
        self._seen: dict[object, frozenset[Cut]] = {}

    def of_entry(self, entry: Entry) -> frozenset[Cut]:
        """Any one of its atoms."""
        return frozenset(frozenset((atom,)) for atom in entry.atoms if atom.startswith(self.prefix))

    def of_stage(self, stage: Stage) -> frozenset[Cut]:
        """One cut of every entry, together."""
        return self.all_of([self.of_entry(one) for one in stage.entries]) if stage.entries else frozenset()

    def of_way(self, way: Way) -> frozenset[Cut]:
        """A cut of any stage."""
        return minimal(cut for stage in way.stages for cut in self.of_stage(stage))

    def of_part(self, part: Part) -> frozenset[Cut]:
        """One cut of every way, together."""
        if not part.ways:
            return frozenset()
        found = self._seen.get(part.ways)
        if found is None:
            found = self._seen[part.ways] = self.all_of([self.of_way(one) for one in part.ways])
        return found

    def of_ecu(self, ecu: str, parts: Iterable[Part]) -> frozenset[Cut]:
        """A cut of any part of the controller."""
        found = self._seen.get(ecu)
        if found is None:
            found = self._seen[ecu] = minimal(cut for part in parts for cut in self.of_part(part))
        return found

    def of_work(self, work: Work, parts: dict[str, list[Part]]) -> frozenset[Cut]:
        """A cut of any controller the function needs."""
        return minimal(cut for ecu in work.needs for cut in self.of_ecu(ecu, parts.get(ecu, [])))

    def all_of(self, choices: list[frozenset[Cut]]) -> frozenset[Cut]:
        """Return the minimal unions of one cut from each choice, none larger than allowed."""
        found: frozenset[Cut] = frozenset((frozenset(),))
        for cuts in sorted(choices, key=len):
            found = minimal(joined for one in found for other in cuts if len(joined := one | other) <= self.largest)
            if not found:
                return found
        return found


def minimal(cuts: Iterable[Cut]) -> frozenset[Cut]:
    """Return the cuts that contain no other one. Raises TooMany."""
    kept: set[Cut] = set()
    for cut in sorted(set(cuts), key=len):
        if not any(small in kept for small in _subsets(cut)):
            kept.add(cut)
            if len(kept) > MOST:
                raise TooMany
    return frozenset(kept)


def _subsets(cut: Cut) -> Iterable[Cut]:
    """Yield the proper subsets of a small set."""
    atoms = sorted(cut)
    for bits in range(1, (1 << len(atoms)) - 1):
        yield frozenset(atom for index, atom in enumerate(atoms) if bits >> index & 1)


def smallest(supply: Supply, kind: str, largest: int = LARGEST) -> dict[str, list[tuple[str, ...]]]:
    """Return, per function, the minimal sets of parties or countries that stop it, smallest first, sorted."""
    cuts = Cuts(kind, largest)
    parts: dict[str, list[Part]] = {}
    for part in supply.parts:
        parts.setdefault(part.ecu, []).append(part)
    return {
        work.id: sorted((tuple(sorted(cut)) for cut in cuts.of_work(work, parts)), key=lambda one: (len(one), one))
        for work in supply.works
    }
