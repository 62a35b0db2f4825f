"""What a model rests on: its owner and license, its base models, and the data they were trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from auditor.whatif.supply import Entry, Stage, Way

if TYPE_CHECKING:
    from auditor.vehicle import Dataset, Model, Vehicle


class Models:
    """Makes the stages of the models of a vehicle; `named` gives the atoms of a party by the name in the file."""

    def __init__(self, vehicle: Vehicle | None, named: Callable[[str], set[str]]) -> None:
        self.models = {one.id: one for one in vehicle.models} if vehicle else {}
        self.datasets = {one.id: one for one in vehicle.datasets} if vehicle else {}
        self.named = named

    def way(self, model: Model, switch: float | None = 0) -> Way:
        """Return one way to have a model: itself, and everything it rests on."""
        return Way(model.name or model.id, tuple(dict.fromkeys(self.stages(model))), switch)

    def others(self, model: Model) -> list[Way]:
        """Return the ways by models that could take its place, and theirs; nobody gives the weeks."""
        found, pending, seen = [], list(model.alternates), {model.id}
        while pending:
            other = self.models.get(pending.pop(0))
            if other is not None and other.id not in seen:
                seen.add(other.id)
                found.append(self.way(other, None))
                pending += other.alternates
        return found

    def stages(self, model: Model) -> list[Stage]:
        """Return who and what can stop a model: whoever owns it or one of its bases, their licenses, their data."""
        made, seen, current = [], set[str](), model
        while current.id not in seen:
            seen.add(current.id)
            made += list(self._own(current, "model" if current is model else "base model"))
            if not current.base:
                break
            base = self.models.get(current.base)
            if base is None:
                made.append(
                    Stage("base model", (Entry(current.base, frozenset((f"part:{current.base.casefold()}",))),))
                )
                break
            current = base
        return made

    def _own(self, model: Model, word: str) -> Iterator[Stage]:
        name = model.name or model.id
        yield Stage(word, (Entry(name, frozenset((f"part:{model.id.casefold()}",))),))
        if model.owner:
            yield Stage("control", (Entry(model.owner, frozenset(self.named(model.owner))),))
        yield from _license(name, model.license)
        for each in model.trained_on:
            yield from self._data(self.datasets[each])

    def _data(self, dataset: Dataset) -> Iterator[Stage]:
        name = dataset.name or dataset.id
        yield Stage("data", (Entry(name, frozenset((f"data:{dataset.id}",))),))
        yield from _license(name, dataset.license)
        keeps = {one.party.casefold() for one in dataset.contributors if one.remains}
        if dataset.owner and dataset.owner.casefold() not in keeps:
            yield Stage("data", (Entry(dataset.owner, frozenset(self.named(dataset.owner))),))
        for one in dataset.contributors:
            if one.remains is not True:
                atoms = self.named(one.party) | ({f"country:{one.country}"} if one.country else set())
                yield Stage("data", (Entry(one.party, frozenset(atoms)),))


def _license(name: str, expression: str | None) -> Iterator[Stage]:
    atoms = license_atoms(expression or "")
    if atoms:
        yield Stage("license", (Entry(name, frozenset(atoms)),))


def license_atoms(expression: str) -> set[str]:
    """Return the atoms of an SPDX expression; of a choice (`OR`) none, the other one stays."""
    if " OR " in expression:
        return set()
    words = expression.replace("(", " ").replace(")", " ").split()
    return {f"license:{word.casefold()}" for word in words if word not in ("AND", "WITH")}
