"""What rules may ask about the vehicle: functions, sites, generations, materials, data sets and models.

The records complete those of `facts_model`; they exist only in a run with `--vehicle FILE`. Everything in them is
what documents say. As there: a field whose type allows None is absent while nobody said.
"""

from __future__ import annotations

import msgspec

from auditor.evaluate.vocabulary import Asil, ExportControl, Jurisdiction, Qualification, Stack


class FunctionFacts(msgspec.Struct, frozen=True):
    """One function of the vehicle. In expressions it is called `feature`: the language reserves the other word."""

    id: str
    name: str
    """Its name, or its id when it has none."""
    domain: str
    needs: tuple[str, ...]
    """Names of the controllers without which it stops, sorted."""
    helped_by: tuple[str, ...]
    """Names of the controllers without which it works less well, sorted."""
    unread: tuple[str, ...]
    """Those it needs of which no input was read in this run, sorted."""
    generations: int
    """Records of generations of it."""
    lines: int
    """Vehicle lines that have it: those of the controllers it needs."""
    asil: Asil | None = None


class SiteFacts(msgspec.Struct, frozen=True):
    """One place where something is designed, controlled, made or signed."""

    id: str
    name: str
    """Its name, or its id when it has none."""
    country: str
    jurisdiction: Jurisdiction
    """Under the policy."""
    roles: tuple[str, ...]
    """design, process-control, build, sign, wafer, assembly, test, vehicle-assembly; sorted"""
    parts: tuple[str, ...]
    """What is made here, sorted."""
    ecus: tuple[str, ...]
    """Names of the controllers it works for, sorted."""
    only_for: tuple[str, ...]
    """Parts and controllers for which no other site has one of its roles, sorted."""
    tier: int | None = None
    """1 = direct supplier."""
    party: str | None = None
    """Who runs it."""


class GenerationPartFacts(msgspec.Struct, frozen=True):
    """The part of one generation."""

    part: str
    status: Qualification | None = None
    party: str | None = None
    fab_country: str | None = None
    fab_jurisdiction: Jurisdiction | None = None
    """Under the policy."""
    steward: str | None = None
    switch_weeks: float | None = None
    stock_weeks: float | None = None
    years_left: float | None = None
    """Years from the day of the audit to the end of its life; negative after it."""
    years_to_start: float | None = None
    """Years from the day of the audit to the start of its production; negative after it."""


class GenerationFacts(msgspec.Struct, frozen=True):
    """Supply, reserve and development generation of what a function runs on."""

    function: str
    """Id of the function."""
    name: str
    """Name of the function, or its id when it has none."""
    has_reserve: bool
    """A reserve generation is named."""
    has_develop: bool
    """A development generation is named."""
    supply: GenerationPartFacts
    reserve: GenerationPartFacts | None = None
    develop: GenerationPartFacts | None = None
    asil: Asil | None = None
    """Of the function."""
    service_years: float | None = None
    """Years the vehicle is kept in service."""
    same_party: bool | None = None
    """Supply and reserve come from one party, or from parties with one owner; absent while a party is not named or
    its owners are not known."""
    same_fab: bool | None = None
    """The wafers of both come from one country or region."""
    same_steward: bool | None = None
    """One steward maintains the software of both."""
    gap_weeks: float | None = None
    """Weeks to bring the reserve into the vehicle less weeks in stock."""


class MaterialFacts(msgspec.Struct, frozen=True):
    """Content of a material at one stage, as the vehicle file declares it."""

    material: str
    name: str
    """Display name where the material is on record, else as declared."""
    stage: str
    """mine, refine or processed"""
    used_in: tuple[str, ...]
    """Names of the controllers and parts, sorted."""
    ecus: tuple[str, ...]
    """Names of the controllers alone, sorted."""
    stages: tuple[str, ...]
    """All stages declared of this material, sorted."""
    declared: bool
    """The own shares are declared; else the shares here are those of the world, where read."""
    on_record: bool
    """The knowledge holds the material at this stage."""
    shares_of: str
    """own, world or nobody: whose shares the next facts are."""
    lists: tuple[str, ...]
    """Lists it stands on: eu-crma-strategic, eu-crma-critical, eu-battery-annex-x; sorted."""
    mass_declared: bool
    year: int | None = None
    """Of the shares."""
    age: float | None = None
    """Years from the end of that year to the day of the audit, 0 at least."""
    top_country: str | None = None
    """The country or region with the greatest share."""
    top_share: float | None = None
    """Its share, 0..1."""
    top_outside_country: str | None = None
    """The country or region outside home and trusted with the greatest share."""
    top_outside_share: float | None = None
    """Its share, at least; 0 when none outside is named."""
    top_outside_share_at_most: float | None = None
    """The same if the unlisted rest came from there, too."""
    hhi: float | None = None
    """Herfindahl-Hirschman index over countries or regions, 0..10000, at least: nobody unlisted is one of them."""
    hhi_at_most: float | None = None
    """The same if the unlisted rest came from the greatest."""
    home_share: float | None = None
    """Share from home and trusted jurisdictions."""
    outside_share: float | None = None
    """Share from outside home and trusted, restricted included, at least."""
    outside_share_at_most: float | None = None
    restricted_share: float | None = None
    """Share from restricted jurisdictions, at least."""
    restricted_share_at_most: float | None = None
    unlisted_share: float | None = None
    """Share of nobody named."""
    complete: bool | None = None
    """True when every share is named; absent otherwise: then the shares above are lower bounds."""
    control: ExportControl | None = None
    """Export controls of countries or regions that supply it; absent while the material
    is not on record, or the state after a suspension is not known."""
    recycled_share: float | None = None
    mass: float | None = None
    """Kilograms in one vehicle."""


class DatasetFacts(msgspec.Struct, frozen=True):
    """Training or operating data."""

    id: str
    name: str
    """Its name, or its id when it has none."""
    models: tuple[str, ...]
    """Names of the models trained on it, sorted."""
    ecus: tuple[str, ...]
    """Names of the controllers those models run on, sorted."""
    contributors: int
    """How many put data into it."""
    hashed: bool
    """A digest pins its content."""
    license_named: bool
    owner: str | None = None
    license: str | None = None
    stored_in: tuple[str, ...] | None = None
    jurisdiction: Jurisdiction | None = None
    """Where it is stored: of several places, the farthest from home."""
    purpose: str | None = None
    cross_border: bool | None = None
    """It leaves the country or region it was collected in."""
    leaving_share: float | None = None
    """Share of the data that goes when its contributors leave; absent while it is not known of one of them."""
    revocable: bool | None = None
    """A contributor may revoke the rights; absent while rights are not named."""
    top_contributor_share: float | None = None
    """Greatest share of one contributor; absent while shares are not named."""


class ModelFacts(msgspec.Struct, frozen=True):
    """A trained model and where it comes from."""

    id: str
    name: str
    """Its name, or its id when it has none."""
    ecus: tuple[str, ...]
    """Name of the controller it runs on, if named."""
    datasets: tuple[str, ...]
    """Names of its data sets, sorted."""
    alternates: int
    """Models that could take its place."""
    lineage: bool
    """Whether its data are named, and its base model, if it has one, is described too."""
    base: str | None = None
    owner: str | None = None
    license: str | None = None
    trained_in: tuple[str, ...] | None = None
    jurisdiction: Jurisdiction | None = None
    """Where it was trained: of several places, the farthest from home."""
    stack: Stack | None = None
    runtime: str | None = None
    accelerator: str | None = None
    other_accelerator: bool | None = None
    """A model that could take its place runs on another accelerator; absent while accelerators are not named."""
    leaving_share: float | None = None
    """Greatest share that one of its data sets may lose; absent while one of them does not say."""
    asil: Asil | None = None
    """Highest of the functions that need its controller."""


VEHICLE_SUBJECTS: dict[str, type[msgspec.Struct]] = {
    "function": FunctionFacts,
    "site": SiteFacts,
    "material": MaterialFacts,
    "generation": GenerationFacts,
    "dataset": DatasetFacts,
    "model": ModelFacts,
}
