"""What rules may ask: the facts of each kind of subject.

These records are the vocabulary of the rule language: the types that expressions are checked
against are generated from them (`expression.py`), and so is the reference `docs/facts.md`.
A field whose type allows None is optional: unknown means the key is absent, and a rule that
needs it is undetermined. A field without None is always known.
"""

from __future__ import annotations

import msgspec

from auditor.evaluate.vehicle_model import VEHICLE_SUBJECTS
from auditor.evaluate.vocabulary import (
    Asil,
    ComparisonState,
    ComponentLayer,
    EvidenceGrade,
    Governance,
    Jurisdiction,
    Kind,
    LicenseCategory,
    LifeCycle,
    Linkage,
    LinkType,
    SourcingCode,
)


class StageFacts(msgspec.Struct, frozen=True):
    """One stage of the origin of a component."""

    party: str | None = None
    """Id of the party, e.g. the legal entity that owns it."""
    name: str | None = None
    """Name of the party."""
    country: str | None = None
    """ISO 3166-1 alpha-2 code; absent when unknown or when several share the stage."""
    countries: tuple[str, ...] | None = None
    """All countries or regions of the stage, sorted."""
    jurisdiction: Jurisdiction | None = None
    """Under the policy; of several, the farthest from home."""


class LicenseFacts(msgspec.Struct, frozen=True):
    """The license of a component."""

    known: bool
    """Whether any license expression is known, from whatever basis."""
    expression: str | None = None
    """The concluded SPDX expression."""
    category: LicenseCategory | None = None
    declared: str | None = None
    """As the bill of materials declares it."""
    observed: str | None = None
    """As seen in the image."""
    valid: bool | None = None
    """Whether the license as written is an SPDX expression."""
    differs: bool | None = None
    """Whether the license declared is another than the one found in the image or read about the software; absent
    while one of the two is not known."""
    ids: tuple[str, ...] | None = None
    """The SPDX ids and references that the expression names, sorted; `A WITH B` is one id."""


class SourcingFacts(msgspec.Struct, frozen=True):
    """Who else could supply a component."""

    known: bool
    """Whether a document says, or the class of the chip implies, which qualified alternates it has."""

    alternates: int | None = None
    """How many alternates are named, of any kind; absent when the set is not known."""
    qualified_alternates: int | None = None
    """Alternates that are qualified and of a kind that counts as a second source."""
    functional_alternates: int | None = None
    """Alternates that need a new board or new software: replacement paths, not second sources."""
    alternate_parties: tuple[str, ...] | None = None
    """Parties of the qualified alternates, sorted."""
    alternate_countries: tuple[str, ...] | None = None
    """Countries of the qualified alternates, sorted."""
    alternate_jurisdictions: tuple[Jurisdiction, ...] | None = None
    """Jurisdictions of the qualified alternates, sorted."""
    codes: tuple[SourcingCode, ...] | None = None
    one_owner: bool | None = None
    """Whether all brands of the drop-in kinds have one ultimate owner; absent when an owner is not known."""
    channels: int | None = None
    """Through how many channels it is bought."""
    lifecycle: LifeCycle | None = None


class ComponentFacts(msgspec.Struct, frozen=True):
    """One thing the controller depends on."""

    id: str
    key: str
    kind: Kind
    layer: ComponentLayer
    name: str
    label: str
    """Name and version, for messages."""
    ecu: str
    declared: bool
    """The bill of materials names it."""
    observed: bool
    """It was seen in the image."""
    contradicted: bool
    """Votes of weight disagree about it."""
    contradictions: tuple[str, ...]
    """What disagrees, in one line each: `version: 1.2 against 1.3`."""
    identified: bool
    """It has a purl, CPE or part number."""
    versioned: bool
    """Its version is known."""
    supplier_named: bool
    """A document names its supplier, manufacturer or publisher."""
    origin_declared: bool
    """A document declares its country or region of origin."""
    comparison: ComparisonState
    """Of the bill of materials with the image."""
    origin_known: bool
    """Somebody is known (from a source that may decide) to control it."""
    self_governed: bool
    """The people of an open community decide about it; there is no seat that could be in a jurisdiction."""
    license: LicenseFacts
    sourcing: SourcingFacts
    version: str | None = None
    version_range: str | None = None
    purl: str | None = None
    cpe: str | None = None
    mpn: str | None = None
    quantity: float | None = None
    linkage: Linkage | None = None
    supplier: str | None = None
    """As declared."""
    manufacturer: str | None = None
    """As declared."""
    declared_origin: str | None = None
    """Country or region of origin as a document declares it; absent when none does."""
    maker_differs: bool | None = None
    """Whether the maker or supplier declared is another than the one its part number belongs to or the bytes show;
    absent while the two cannot be compared."""
    governance: Governance | None = None
    generation: str | None = None
    part_classes: tuple[str, ...] = ()
    """Class of parts its part number is on record for by a source that was read: mcu, passive ...; empty: none."""
    best_grade: EvidenceGrade | None = None
    """The strongest vote for it; absent when it was only declared."""
    owner: StageFacts | None = None
    hq: StageFacts | None = None
    design: StageFacts | None = None
    fab: StageFacts | None = None
    assembly: StageFacts | None = None
    test: StageFacts | None = None
    steward: StageFacts | None = None
    maintainer: StageFacts | None = None
    build: StageFacts | None = None
    sign: StageFacts | None = None
    training: StageFacts | None = None


STAGES = ("owner", "hq", "design", "fab", "assembly", "test", "steward", "maintainer", "build", "sign", "training")


class EcuFacts(msgspec.Struct, frozen=True):
    """One controller of the run."""

    name: str
    has_image: bool
    """At least one of its inputs is something other than a document."""
    has_bom: bool
    """A bill of materials was read for it."""
    has_parts: bool
    """A document names at least one chip of it."""
    os_identified: bool
    """An operating system kernel or RTOS was seen in its image."""
    os_declared: bool
    """A document names its operating system."""
    searched: tuple[str, ...]
    """What was looked for in vain, and where: a line per way to recognize its operating system."""
    types: tuple[str, ...]
    """Types of its inputs that are not documents, sorted."""
    types_without_system: tuple[str, ...]
    """Types of files that run by themselves, as inputs or in folders and archives, without a known system; sorted."""
    components: int
    chips: int
    image_read: bool | None = None
    """True when its image was read in full; absent when a part of it could not be read."""
    asil: Asil | None = None
    """As the vehicle file says."""
    quantity: float | None = None
    """How many of it one vehicle has."""
    domain: str | None = None
    functions: tuple[str, ...] | None = None
    """Ids of the functions that need it, sorted; absent without a vehicle file."""
    lines: int | None = None
    """Vehicle lines that it stops; absent when the vehicle file names no lines."""


class InputFacts(msgspec.Struct, frozen=True):
    """One input of the run."""

    id: str
    path: str
    type: str
    ecu: str
    size: int
    complete: bool
    problems: tuple[str, ...]
    """Codes of its problems, sorted, each once."""


class ProblemFacts(msgspec.Struct, frozen=True):
    """One kind of problem of one input."""

    code: str
    message: str
    opaque: bool
    """The bytes were reached but not understood: encrypted or of no known format."""
    count: int
    """How often it occurred in the input."""
    path: str
    """Inner path of the first occurrence."""
    input: InputFacts


class DocumentFacts(msgspec.Struct, frozen=True):
    """One bill of materials."""

    format: str
    version: str
    path: str
    ecu: str
    components: int
    dependencies: int
    violations: int
    """Places where it breaks its own schema."""
    problems: tuple[str, ...]
    """Codes of what is odd in it (docs/boms.md), sorted, each once."""
    present: tuple[str, ...]
    """Minimum elements it has, sorted."""
    declared_unknown: tuple[str, ...]
    """Minimum elements it declares unknown, sorted."""
    missing: tuple[str, ...]
    """Minimum elements it lacks, sorted."""
    bsi_missing: tuple[str, ...]
    """What it lacks of the elements that BSI TR-03183-2 adds to these, sorted."""
    hardware: bool
    """Whether it lists hardware parts."""
    hbom_missing: tuple[str, ...]
    """What it lacks of the elements of a hardware bill of materials, sorted."""
    hbom_unknown: tuple[str, ...]
    """What it declares unknown of the elements of a hardware bill of materials, sorted."""


class LinkFacts(msgspec.Struct, frozen=True):
    """An edge between two components."""

    type: LinkType
    grade: EvidenceGrade
    source: ComponentFacts
    target: ComponentFacts


class InventoryFacts(msgspec.Struct, frozen=True):
    """The whole run."""

    components: int
    chips: int
    documents: int
    ecus: int
    home_chip_share: float | None = None
    """Share of the chips (by quantity) whose owner is at home; absent while an owner is unknown."""
    origin_coverage: float | None = None
    """Share of the components with a known controller; absent without components."""
    top_country: str | None = None
    """The country outside home that controls most components; absent when none is known."""
    top_country_share: float | None = None
    """Share of the components that it controls for sure; 0 when none outside home is known."""
    top_country_share_at_most: float | None = None
    """The same if it controlled every component whose controller is not known."""
    party_hhi: float | None = None
    """Herfindahl-Hirschman index over the controlling parties, 0..10000, at least: nobody unknown is one of them."""
    party_hhi_at_most: float | None = None
    """The same if the greatest party controlled every component whose controller is not known."""
    controllers_known: bool | None = None
    """True when it is known who controls each component; absent otherwise."""


class RunFacts(msgspec.Struct, frozen=True):
    """What the user said about this run."""

    as_of: str
    """ISO day the audit speaks for."""
    home: tuple[str, ...]
    trusted: tuple[str, ...]
    restricted: tuple[str, ...]
    outside_cra: bool
    """The user said that the product is type-approved: the Cyber Resilience Act does not apply to it."""
    markets: tuple[str, ...] | None = None
    """Countries or regions of sale; absent when not said."""
    model_year: int | None = None
    type_approved: bool | None = None
    """The product is a vehicle, system or component under type approval; absent when not said."""
    support_years: float | None = None
    """Years of support promised; absent when not said."""
    import_year: int | None = None
    """Year of import of hardware without a model year."""


SUBJECTS: dict[str, type[msgspec.Struct]] = {
    "component": ComponentFacts,
    "ecu": EcuFacts,
    "input": InputFacts,
    "problem": ProblemFacts,
    "document": DocumentFacts,
    "link": LinkFacts,
    "inventory": InventoryFacts,
    **VEHICLE_SUBJECTS,
}
"""Kinds of subjects. `run` is there in every rule, `ecu` in rules about components."""

RESERVED = {"function": "feature"}
"""Kinds of subjects whose name the expression language keeps for itself, and the name of their variable."""


def variable(kind: str) -> str:
    """Return the name of the variable that holds a subject of a kind."""
    return RESERVED.get(kind, kind)
