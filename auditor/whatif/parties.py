"""The atoms of a party: itself, everybody above it, and the country each of them sits in."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.model import Party


class Parties:
    """Finds parties by id, name or any other name the report gives them."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self.records = {one.id: one for one in parties}
        self.names = {f"party:{one.id}": one.name for one in self.records.values()}
        """Atom -> what people call it."""
        self._ids: dict[str, str] = {}
        for one in self.records.values():
            for name in (one.id, one.name, *one.names):
                self._ids.setdefault(name.casefold(), one.id)

    @property
    def aliases(self) -> dict[str, str]:
        """Every name a party is found by, as an atom in lower case -> its atom."""
        return {f"party:{name}": f"party:{identity}" for name, identity in self._ids.items()}

    def of(self, identity: str) -> set[str]:
        """Return the atoms of the party of an id and of everybody above it."""
        atoms: set[str] = set()
        while identity and f"party:{identity}" not in atoms:
            atoms.add(f"party:{identity}")
            party = self.records.get(identity)
            if party is None:
                break
            atoms |= {f"country:{party.country}"} if party.country else set()
            identity = party.parent or ""
        return atoms

    def named(self, name: str) -> set[str]:
        """Return the atoms of a party that a file names; one that no record knows is one in any case of its letters."""
        identity = self._ids.setdefault(name.casefold(), name)
        self.names.setdefault(f"party:{identity}", identity)
        return self.of(identity)
