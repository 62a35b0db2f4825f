"""What a model rests on: its owner and license, its base models, and the data they were trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from auditor.whatif import licenses, unknowns
from auditor.whatif.supply import WHO, Doubt, Entry, Stage, Way

if TYPE_CHECKING:
    from auditor.vehicle import Dataset, Model, Vehicle

DATA = WHO | {"data"}


class Models:
    """Makes the stages of the models of a vehicle; `named` gives the atoms of a party by the name in the file."""

    def __init__(self, vehicle: Vehicle | None, named: Callable[[str], set[str]]) -> None:
        self.models = {one.id: one for one in vehicle.models} if vehicle else {}
        self.datasets = {one.id: one for one in vehicle.datasets} if vehicle else {}
        self.named = named

    def way(self, model: Model, switch: float | None = 0) -> Way:
        """Return one way to have a model: itself, and everything it rests on."""
        return Way(model.name or model.id, tuple(dict.fromkeys(self.stages(model))), switch, self.doubts(model))

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
        known, outside = self._line(model)
        made = [stage for one in known for stage in self._own(one, "model" if one is model else "base model")]
        if outside:
            made.append(Stage("base model", (Entry(outside, frozenset((f"part:{outside.casefold()}",))),)))
        return made

    def doubts(self, model: Model, owned: bool = False) -> tuple[Doubt, ...]:
        """Return what nobody says of a model and its bases; `owned` when who controls it is known elsewhere."""
        known, outside = self._line(model)
        found = list(unknowns.seats(self.stages(model)))
        for one in known:
            name = one.name or one.id
            if not one.owner and not (owned and one is model):
                found.append(unknowns.CONTROL if one is model else Doubt(f"nobody knows who controls {name}", WHO))
            if not one.trained_on:
                found.append(Doubt(f"nobody says what data {name} was trained on", DATA))
            found += licenses.stages(name, one.license)[1]
            found += [doubt for each in one.trained_on for doubt in self._unsaid(self.datasets[each])]
        if outside:
            found.append(Doubt(f"nobody knows who controls {outside} and what data it was trained on", DATA))
        return tuple(dict.fromkeys(found))

    def _line(self, model: Model) -> tuple[list[Model], str | None]:
        """Return a model and its bases, and the name of a last one that the file does not describe."""
        found: dict[str, Model] = {}
        current: Model | None = model
        while current is not None and current.id not in found:
            found[current.id] = current
            if not current.base:
                return list(found.values()), None
            if current.base not in self.models:
                return list(found.values()), current.base
            current = self.models[current.base]
        return list(found.values()), None

    def _unsaid(self, dataset: Dataset) -> Iterator[Doubt]:
        if not dataset.owner and not dataset.contributors:
            yield Doubt(f"nobody says whose data {dataset.name or dataset.id} is", WHO)
        yield from licenses.stages(dataset.name or dataset.id, dataset.license)[1]

    def _own(self, model: Model, word: str) -> Iterator[Stage]:
        name = model.name or model.id
        yield Stage(word, (Entry(name, frozenset((f"part:{model.id.casefold()}",))),))
        if model.owner:
            yield Stage("control", (Entry(model.owner, frozenset(self.named(model.owner))),))
        yield from licenses.stages(name, model.license)[0]
        for each in model.trained_on:
            yield from self._data(self.datasets[each])

    def _data(self, dataset: Dataset) -> Iterator[Stage]:
        name = dataset.name or dataset.id
        yield Stage("data", (Entry(name, frozenset((f"data:{dataset.id}",))),))
        yield from licenses.stages(name, dataset.license)[0]
        keeps = {one.party.casefold() for one in dataset.contributors if one.remains}
        if dataset.owner and dataset.owner.casefold() not in keeps:
            yield Stage("data", (Entry(dataset.owner, frozenset(self.named(dataset.owner))),))
        for one in dataset.contributors:
            if one.remains is not True:
                atoms = self.named(one.party) | ({f"country:{one.country}"} if one.country else set())
                yield Stage("data", (Entry(one.party, frozenset(atoms)),))
