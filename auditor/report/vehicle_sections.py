"""What the vehicle file says, as rows for people: functions with generations, sites, materials, data and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.report.labels import Say
    from auditor.report.schema import Report
    from auditor.vehicle import Contributor, GenerationPart, Vehicle

SECTIONS: dict[str, tuple[str, ...]] = {
    "Functions": ("function", "ASIL", "needs", "helped by", "supply", "reserve", "develop"),
    "Sites": ("name", "country or region", "roles", "tier", "works for"),
    "Materials": ("material", "stage", "used in", "own shares", "year", "recycled share"),
    "Data": ("name", "owner", "license", "stored in", "contributors"),
    "Models": ("name", "ECU", "base model", "trained on", "trained in", "stack", "accelerator", "alternates"),
}
"""Title of a section -> titles of its columns."""


def sections(report: Report, say: Say) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
    """Return (title, columns, rows) of the sections that have rows; nothing without a vehicle file."""
    vehicle = report.vehicle or None
    if vehicle is None:
        return []
    made = _Rows(vehicle, say)
    rows = {
        "Functions": made.functions(),
        "Sites": made.sites(),
        "Materials": made.materials(),
        "Data": made.data(),
        "Models": made.models(),
    }
    return [(title, columns, rows[title]) for title, columns in SECTIONS.items() if rows[title]]


def line(report: Report, say: Say) -> str:
    """Return one line about the vehicle for a terminal; empty without a vehicle file."""
    vehicle = report.vehicle or None
    if vehicle is None:
        return ""
    counts = {
        "controllers": vehicle.ecus, "functions of the vehicle": vehicle.functions, "sites": vehicle.sites,
        "materials": vehicle.materials, "data sets": vehicle.datasets, "models": vehicle.models,
    }  # fmt: skip
    said = ", ".join(f"{len(some)} {say(name)}" for name, some in counts.items() if some)
    return f"{say('vehicle')} {vehicle.vehicle}: {said}"


class _Rows:
    def __init__(self, vehicle: Vehicle, say: Say) -> None:
        self.vehicle = vehicle
        self.say = say
        self.titles = {one.id: one.title for one in vehicle.ecus}

    def functions(self) -> list[list[str]]:
        generations = {one.function: one for one in self.vehicle.generations}
        rows = []
        for one in self.vehicle.functions:
            found = generations.get(one.id)
            parts = (found.supply, found.reserve, found.develop) if found else (None, None, None)
            needs, helped = (self._ecus(ids) for ids in (one.needs, one.helped_by))
            rows.append([one.name or one.id, one.asil or "–", needs, helped, *(self._part(part) for part in parts)])
        return rows

    def sites(self) -> list[list[str]]:
        return [
            [
                one.name or one.id,
                one.country,
                ", ".join(self.say(role) for role in one.roles),
                "–" if one.tier is None else str(one.tier),
                ", ".join((*one.parts, *(self.titles[ecu] for ecu in one.ecus))) or "–",
            ]
            for one in self.vehicle.sites
        ]

    def materials(self) -> list[list[str]]:
        return [
            [
                one.material,
                self.say(one.stage),
                self._ecus(one.used_in),
                self.say("not declared") if one.shares is None else _shares(one.shares),
                "–" if one.year is None else str(one.year),
                "–" if one.recycled_share is None else _percent(one.recycled_share),
            ]
            for one in self.vehicle.materials
        ]

    def data(self) -> list[list[str]]:
        return [
            [
                one.name or one.id,
                one.owner or "–",
                one.license or "–",
                ", ".join(one.stored_in) or "–",
                "; ".join(self._contributor(each) for each in one.contributors) or "–",
            ]
            for one in self.vehicle.datasets
        ]

    def models(self) -> list[list[str]]:
        datasets = {one.id: one.name or one.id for one in self.vehicle.datasets}
        models = {one.id: one.name or one.id for one in self.vehicle.models}
        return [
            [
                one.name or one.id,
                self.titles.get(one.ecu or "", "–"),
                models.get(one.base or "", one.base or "–"),
                ", ".join(datasets[each] for each in one.trained_on) or "–",
                ", ".join(one.trained_in) or "–",
                self.say(one.stack) if one.stack else "–",
                one.accelerator or "–",
                ", ".join(models[each] for each in one.alternates) or "–",
            ]
            for one in self.vehicle.models
        ]

    def _ecus(self, ids: tuple[str, ...]) -> str:
        return ", ".join(self.titles.get(one, one) for one in ids) or "–"

    def _part(self, one: GenerationPart | None) -> str:
        if one is None:
            return "–"
        facts: list[Any] = [self.say(one.status) if one.status else None, one.party, one.fab_country, one.eol, one.sop]
        said = ", ".join(str(fact) for fact in facts if fact)
        return f"{one.part} ({said})" if said else one.part

    def _contributor(self, one: Contributor) -> str:
        stays = {True: "stays", False: "goes", None: None}[one.remains]
        facts = (
            None if one.share is None else _percent(one.share),
            self.say(one.rights) if one.rights else None,
            self.say(stays) if stays else None,
        )
        said = ", ".join(fact for fact in facts if fact)
        return f"{one.party} ({said})" if said else one.party


def _shares(shares: dict[str, float]) -> str:
    order = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{code} {_percent(share)}" for code, share in order)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
