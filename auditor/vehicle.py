"""A vehicle as its maker describes it: lines, functions, controllers, sites, generations, materials, data and models.

Every value is what a document says (declared), never what was observed. Countries are ISO 3166-1 alpha-2
codes, days ISO dates, times weeks, masses kilograms, shares 0..1, spend in `currency` a year.
"""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """A record of a vehicle, as reports write it."""


class VehicleLine(Entry, frozen=True):
    """One line of vehicles that shares controllers with others."""

    id: str
    name: str = ""
    markets: tuple[str, ...] = ()
    volume: int | None = None
    """Vehicles a year."""


class Controller(Entry, frozen=True):
    """One controller (ECU)."""

    id: str
    name: str = ""
    """As `--ecu` and reports call it; the id when empty."""
    domain: str = ""
    asil: str | None = None
    """QM, A, B, C or D (ISO 26262)."""
    quantity: float = 1
    lines: tuple[str, ...] = ()
    """Vehicle lines that use it; empty = all."""
    inputs: tuple[str, ...] = ()
    """Images and bills of materials, relative to the file."""

    @property
    def title(self) -> str:
        """The name reports use."""
        return self.name or self.id


class Function(Entry, frozen=True):
    """What the vehicle does, and the controllers it needs for that."""

    id: str
    needs: tuple[str, ...]
    """Ids of controllers without which it stops."""
    name: str = ""
    domain: str = ""
    asil: str | None = None
    helped_by: tuple[str, ...] = ()
    """Ids of controllers without which it works less well."""


class PartTerms(Entry, frozen=True):
    """What is agreed about a part, by part number, package URL or name."""

    part: str
    spend: float | None = None
    stock_weeks: float | None = None
    switch_weeks: float | None = None
    """Weeks to bring the substitute into the vehicle."""


class Site(Entry, frozen=True):
    """A place where something is designed, controlled, made or signed."""

    id: str
    country: str
    roles: tuple[str, ...]
    """design, process-control, build, sign, wafer, assembly, test, vehicle-assembly"""
    name: str = ""
    party: str | None = None
    parts: tuple[str, ...] = ()
    """Part numbers, package URLs or names made here."""
    ecus: tuple[str, ...] = ()
    tier: int | None = None
    """1 = direct supplier; higher = further up the chain."""


class GenerationPart(Entry, frozen=True):
    """One generation of the part behind a function."""

    part: str
    status: str | None = None
    """qualified, in-qualification, planned"""
    party: str | None = None
    fab_country: str | None = None
    steward: str | None = None
    switch_weeks: float | None = None
    stock_weeks: float | None = None
    eol: str | None = None
    sop: str | None = None
    """Day of the start of production."""


class Generation(Entry, frozen=True):
    """Supply, reserve and development generation of what a function runs on."""

    function: str
    supply: GenerationPart
    reserve: GenerationPart | None = None
    develop: GenerationPart | None = None


class Material(Entry, frozen=True):
    """Declared content of a material."""

    material: str
    stage: str
    """mine, refine or processed"""
    used_in: tuple[str, ...] = ()
    """Ids of controllers, or parts."""
    shares: dict[str, float] | None = None
    """Country -> share of the supply, as the supplier declares it; absent = not declared."""
    mass: float | None = None
    recycled_share: float | None = None
    year: int | None = None


class Contributor(Entry, frozen=True):
    """Who put data into a pool, and what remains if they leave."""

    party: str
    country: str | None = None
    rights: str | None = None
    """owner, license, revocable-license"""
    share: float | None = None
    remains: bool | None = None
    """Whether their data may stay in use after they leave."""


class Dataset(Entry, frozen=True):
    """Training or operating data."""

    id: str
    name: str = ""
    owner: str | None = None
    license: str | None = None
    stored_in: tuple[str, ...] = ()
    purpose: str | None = None
    cross_border: bool | None = None
    sha256: str | None = None
    contributors: tuple[Contributor, ...] = ()


class Model(Entry, frozen=True):
    """A trained model and where it comes from."""

    id: str
    name: str = ""
    ecu: str | None = None
    component: str | None = None
    """Name or digest of the model file in an image."""
    base: str | None = None
    """Id of the model, or name of a public one, it was derived from."""
    trained_on: tuple[str, ...] = ()
    owner: str | None = None
    license: str | None = None
    trained_in: tuple[str, ...] = ()
    stack: str | None = None
    """modular or end-to-end"""
    runtime: str | None = None
    accelerator: str | None = None
    alternates: tuple[str, ...] = ()
    """Ids of models that could take its place."""


class Vehicle(Entry, frozen=True):
    """Everything vehicle.yaml says."""

    vehicle: str
    ecus: tuple[Controller, ...]
    functions: tuple[Function, ...] = ()
    lines: tuple[VehicleLine, ...] = ()
    parts: tuple[PartTerms, ...] = ()
    sites: tuple[Site, ...] = ()
    generations: tuple[Generation, ...] = ()
    materials: tuple[Material, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    models: tuple[Model, ...] = ()
    service_years: float | None = None
    currency: str | None = None

    @property
    def named_parties(self) -> tuple[str, ...]:
        """The names of all parties, as written; each once, sorted."""
        stages = [part for one in self.generations for part in (one.supply, one.reserve, one.develop) if part]
        named = (
            *(one.party for one in self.sites),
            *(name for one in stages for name in (one.party, one.steward)),
            *(one.owner for one in self.datasets),
            *(one.owner for one in self.models),
            *(each.party for one in self.datasets for each in one.contributors),
        )
        return tuple(sorted({name for name in named if name}))
