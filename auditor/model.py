"""The core records that travel through the pipeline, and nothing else.

Every record is a frozen `msgspec.Struct`; collections are tuples. Fields that are
not known are None (or empty for collections that are known to be empty): absence
is carried to the rules as an absent key, never as a value that could read as a pass.

Field names are snake_case here and camelCase in JSON (`rename="camel"`), as
CycloneDX and SARIF write them.
"""

from __future__ import annotations

import msgspec

from auditor.declared import Actor, Declared, DeclaredAlternate, DeclaredLicense, Document
from auditor.record import (
    SCHEMA_VERSION,
    Artifact,
    Basis,
    ComponentKind,
    Confidence,
    Evidence,
    Grade,
    Layer,
    Problem,
    Record,
    Role,
    Severity,
    intern,
)

__all__ = [
    "SCHEMA_VERSION",
    "Actor",
    "Alternate",
    "Artifact",
    "Basis",
    "Comparison",
    "Component",
    "ComponentKind",
    "Confidence",
    "Declared",
    "DeclaredAlternate",
    "DeclaredLicense",
    "Document",
    "Evidence",
    "Examination",
    "Grade",
    "Input",
    "Inventory",
    "Layer",
    "Licenses",
    "Link",
    "Origin",
    "Party",
    "Problem",
    "Record",
    "Role",
    "Severity",
    "Sourcing",
    "intern",
]


class Examination(Record, frozen=True, rename="camel", omit_defaults=True):
    """What a worker returns for one input: no conclusions yet."""

    artifacts: tuple[Artifact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()


UNREAD = frozenset(("not-found", "unreadable", "not-regular", "empty", "unrecognized", "unsupported-document"))
"""Problems of an input that was not looked into at all."""


class Input(Record, frozen=True, rename="camel", omit_defaults=True):
    """One input of the run, as the report shows it."""

    id: str
    path: str
    """Relative to the repository root or working folder, else the file name."""
    type: str
    size: int
    sha256: str
    ecu: str
    complete: bool = True
    problems: tuple[Problem, ...] = ()

    @property
    def unread(self) -> tuple[Problem, ...]:
        """The problems for which it was not looked into at all, as a whole."""
        return tuple(one for one in self.problems if one.code in UNREAD and not one.path)


# ---------------------------------------------------------------- conclusions


class Party(Record, frozen=True, rename="camel", omit_defaults=True):
    """A legal entity or project that controls something."""

    id: str
    name: str
    country: str | None = None
    """ISO 3166-1 alpha-2 code of the seat."""
    kind: str = "company"
    """company, foundation, project, state ..."""
    parent: str | None = None
    """Party id of the owner on the as-of date."""
    basis: Basis = "stated"
    sources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Other names by which the vehicle file calls it."""

    def __post_init__(self) -> None:
        """Keep defaults recognizable."""
        intern(self, "kind", "basis")


class Origin(Record, frozen=True, rename="camel", omit_defaults=True):
    """One stage of the origin vector of a component."""

    stage: str
    """owner, hq, design, fab, assembly, test, steward, maintainer, build, sign, training"""
    party: str | None = None
    country: str | None = None
    share: float | None = None
    """0..1 where several countries share a stage."""
    confidence: Confidence = "medium"
    basis: Basis = "stated"
    sources: tuple[str, ...] = ()
    """Where the fact stands: `rules/knowledge/...#id`, URL, day read; or the document's pointer."""


class Alternate(Record, frozen=True, rename="camel", omit_defaults=True):
    """Another part that could take the place of a component."""

    name: str
    kind: str
    """register-compatible, same-architecture, pin-compatible, functional, marketed-against, declared"""
    party: str | None = None
    country: str | None = None
    qualified: bool | None = None
    basis: Basis = "stated"

    def __post_init__(self) -> None:
        """Keep defaults recognizable."""
        intern(self, "basis")


class Sourcing(Record, frozen=True, rename="camel", omit_defaults=True):
    """What the single-source rules read."""

    alternates: tuple[Alternate, ...] = ()
    codes: tuple[str, ...] = ()
    """one-maker-exists, one-maker-qualified, one-channel, one-fab-country, one-owner ..."""
    lifecycle: str | None = None
    channels: int | None = None
    """Through how many channels it may be bought, by the approved vendors of a part list; None = not said."""
    known: bool = False
    """True when the set of alternates is known (then an empty tuple means: none)."""


class Licenses(Record, frozen=True, rename="camel", omit_defaults=True):
    """What is declared, observed and concluded about the license of a component."""

    declared: str | None = None
    observed: str | None = None
    concluded: str | None = None
    """SPDX expression the rules judge; None = unknown."""
    category: str | None = None
    """permissive, weak-copyleft, strong-copyleft, network-copyleft, proprietary,
    source-available, restricted-ai, public-domain"""
    basis: Basis | None = None
    """Basis of the concluded license where it rests on knowledge."""
    sources: tuple[str, ...] = ()


class Component(Record, frozen=True, rename="camel", omit_defaults=True):
    """One thing the controller depends on."""

    id: str
    """Content-derived: kind, canonical name, version, ecu."""
    key: str
    """Component key of the votes, e.g. `openssl` or `chip:fsl,imx8mq`."""
    kind: str
    layer: str
    name: str
    ecu: str
    version: str | None = None
    version_range: str | None = None
    purl: str | None = None
    cpe: str | None = None
    mpn: str | None = None
    declared: bool = False
    observed: bool = False
    supplier: Actor | None = None
    """As declared."""
    manufacturer: Actor | None = None
    declared_licenses: tuple[DeclaredLicense, ...] = ()
    observed_licenses: tuple[str, ...] = ()
    declared_origin: str | None = None
    alternates: tuple[DeclaredAlternate, ...] = ()
    quantity: float | None = None
    paths: tuple[str, ...] = ()
    """Files that are this component."""
    soname: str | None = None
    linkage: str | None = None
    """`dynamic`, `static` or None when unknown."""
    evidence: tuple[Evidence, ...] = ()
    contradictions: tuple[str, ...] = ()
    """One line per claim on which votes of weight disagree."""
    # filled by `trace`; `resolve` leaves them at their defaults
    origin: tuple[Origin, ...] = ()
    licenses: Licenses = Licenses()
    sourcing: Sourcing | None = None
    governance: str | None = None
    """vendor, foundation, community, state; None = unknown"""
    governance_unread: bool = False
    """The governance only follows from the address of a repository: it decides nothing."""
    claimed: tuple[Origin, ...] = ()
    """Whom, or what license, a document names against what knowledge has by the name alone; the stage is
    manufacturer, supplier or license. Not empty: what knowledge says clears nothing about this component."""
    knowledge: str | None = None
    """Id of the knowledge record that traced it: `systems/freertos`, `chips/ti-tda4`."""
    generation: str | None = None
    classification: str | None = None
    """Of a chip: known (shipped facts), user-supplied (the user's, or only the document names its maker), unknown."""


class Link(Record, frozen=True, rename="camel", omit_defaults=True):
    """An edge between two components, by id."""

    source: str
    target: str
    type: str
    """contains, runs-on, links, builds, trained-on, supplied-by"""
    grade: Grade = "decisive"

    def __post_init__(self) -> None:
        """Keep defaults recognizable."""
        intern(self, "grade")


class Comparison(Record, frozen=True, rename="camel", omit_defaults=True):
    """Declared against observed, one row per component."""

    component: str
    """Component id."""
    class_: str = msgspec.field(name="class")
    """confirmed, version-unknown, version-differs, license-differs, supplier-differs, contradicting, only-declared,
    only-observed"""
    declared: str | None = None
    observed: str | None = None
    declared_at: str | None = None
    """Where the document says it, when the sides differ."""
    observed_at: str | None = None
    """Where the bytes say it, when the sides differ."""


class Inventory(Record, frozen=True, rename="camel", omit_defaults=True):
    """The immutable graph that rules see."""

    inputs: tuple[Input, ...]
    artifacts: tuple[tuple[str, Artifact], ...]
    """(input id, artifact) pairs."""
    components: tuple[Component, ...]
    links: tuple[Link, ...] = ()
    parties: tuple[Party, ...] = ()
    documents: tuple[Document, ...] = ()
    comparison: tuple[Comparison, ...] = ()
    searched: tuple[tuple[str, str], ...] = ()
    """(ecu, what was looked for without a hit) pairs."""
    unnamed: tuple[tuple[str, str, str], ...] = ()
    """(ecu, place, type) of files that run by themselves and whose system nobody recognized."""
    unresolved: tuple[Evidence, ...] = ()
    """Votes that made no component: facts about files, and traces too weak to name anything."""
