"""The JSON report: its records. The JSON Schema is generated from them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from auditor.declared import BuildStatement
from auditor.judgement import (
    CONFLICT,
    DISCLAIMER,
    Finding,
    GateResult,
    PackInfo,
    Question,
    RuleInfo,
    RuleRun,
    WaiverUse,
)
from auditor.model import (
    Actor,
    Alternate,
    Comparison,
    Confidence,
    Grade,
    Input,
    Licenses,
    Link,
    Party,
    Problem,
    Record,
    Severity,
    intern,
)
from auditor.vehicle import Vehicle

SCHEMA_ID = "https://auditor.example/schema/report-1.0.json"


class Tool(Record, frozen=True, rename="camel"):
    """The program and the data it judged with."""

    name: str
    version: str
    rules_digest: str
    knowledge_digest: str
    knowledge_date: str


class Run(Record, frozen=True, rename="camel"):
    """The settings that decide the verdict."""

    as_of: str
    home: tuple[str, ...]
    trusted: tuple[str, ...]
    restricted: tuple[str, ...]
    packs: tuple[PackInfo, ...]
    offline: bool
    limits: dict[str, int]
    isolation: dict[str, Any]
    fail_on: Literal["critical", "high", "medium", "low", "never"]
    on_unknown: Literal["inconclusive", "fail", "ratchet"]
    accept_stated: bool = False
    model_year: int | None = None
    markets: tuple[str, ...] = ()
    type_approved: bool | None = None
    support_years: float | None = None
    import_year: int | None = None
    min_coverage: float | None = None
    """0..1; absent where neither pack nor option asks for one."""
    min_confidence: Confidence = "medium"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: dict[str, Severity] = msgspec.field(default_factory=dict)
    """Rule -> severity that an option gave it."""
    overridden: tuple[str, ...] = ()
    """Of fail-on, on-unknown and min-coverage, what an option set in place of the packs."""


class Coverage(Record, frozen=True, rename="camel"):
    """Shares (0..1) of what is known."""

    origin: float
    license: float
    version: float
    os: float
    bytes_understood: float


class Concentration(Record, frozen=True, rename="camel"):
    """Herfindahl-Hirschman index (0..1) over the known shares, and the shares."""

    hhi: float
    shares: dict[str, float]
    unknown: float
    """Share of components of which it is not known."""


class Concentrations(Record, frozen=True, rename="camel"):
    """Concentration of control by country or region and by party, and by stage."""

    country: Concentration
    party: Concentration
    stages: dict[str, Concentration]


class Localization(Record, frozen=True, rename="camel", omit_defaults=True):
    """Share of components controlled from home, of all; unknown counts as not home."""

    by_count: float
    unknown: float
    by_value: float | None = None
    """Share of the spend on the parts for which the vehicle file gives one; absent without it."""
    unknown_value: float | None = None
    """Share of that spend on parts whose owner is not known."""
    without_spend: float | None = None
    """Share of the components for which no spend is given: the shares by value say nothing of them, and are absent
    with it."""
    components: int = 0
    """Of a layer: how many the shares are of."""
    layers: dict[str, Localization] = msgspec.field(default_factory=dict)
    """The same for each layer; only with a vehicle file."""


class EcuTally(Record, frozen=True, rename="camel"):
    """Findings of one controller."""

    components: int
    by_severity: dict[str, int]
    undetermined: int
    waived: int


class Summary(Record, frozen=True, rename="camel", omit_defaults=True):
    """Open findings counted, and how much is known at all."""

    by_severity: dict[str, int]
    by_rule: dict[str, int]
    by_ecu: dict[str, EcuTally]
    waived: int
    baselined: int
    undetermined: int
    declared_only: int
    """Components that rest on the supplier's word alone."""
    coverage: Coverage
    concentration: Concentrations
    localization: Localization
    baselined_unknowns: int = 0
    """Unknowns among the baselined; counted also where `--new-only` leaves them out of the findings."""


class Vote(Record, frozen=True, rename="camel", omit_defaults=True):
    """One piece of evidence."""

    claim: str
    value: str
    method: str
    grade: Grade
    detector: str
    input: str
    path: str = ""
    role: Literal["self", "mention"] = "self"
    offset: int | None = None
    pointer: str | None = None
    line: int | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        """Keep defaults recognizable."""
        intern(self, "role")


class OriginEntry(Record, frozen=True, rename="camel", omit_defaults=True):
    """Who or where, at one stage."""

    stage: str
    confidence: Confidence
    basis: str
    party: str | None = None
    country: str | None = None
    share: float | None = None
    evidence: tuple[str, ...] = ()


class SourcingEntry(Record, frozen=True, rename="camel", omit_defaults=True):
    """What could take its place."""

    known: bool
    alternates: tuple[Alternate, ...] = ()
    codes: tuple[str, ...] = ()
    lifecycle: str | None = None
    channels: int | None = None


class ReportComponent(Record, frozen=True, rename="camel", omit_defaults=True):
    """A component with everything the audit knows about it."""

    id: str
    key: str
    kind: str
    layer: str
    name: str
    ecu: str
    declared: bool
    observed: bool
    evidence: tuple[Vote, ...]
    origin: tuple[OriginEntry, ...]
    licenses: Licenses
    version: str | None = None
    version_range: str | None = None
    purl: str | None = None
    cpe: str | None = None
    mpn: str | None = None
    quantity: float | None = None
    supplier: Actor | None = None
    manufacturer: Actor | None = None
    governance: str | None = None
    knowledge: str | None = None
    linkage: str | None = None
    sourcing: SourcingEntry | None = None
    contradictions: tuple[str, ...] = ()
    generation: str | None = None
    classification: str | None = None


class Ecu(Record, frozen=True, rename="camel", omit_defaults=True):
    """A controller of the run."""

    id: str
    name: str
    inputs: tuple[str, ...]
    quantity: float | None = None
    domain: str | None = None
    functions: tuple[str, ...] = ()
    """Ids of the functions that need it."""
    asil: str | None = None


class DocumentEntry(Record, frozen=True, rename="camel"):
    """A bill of materials that was read."""

    input: str
    path: str
    format: str
    version: str
    components: int
    elements: dict[str, str]
    violations: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    statements: tuple[BuildStatement, ...] | msgspec.UnsetType = msgspec.UNSET
    """What it says of builds; absent when it says nothing."""


class PartUse(Record, frozen=True, rename="camel", omit_defaults=True):
    """A part over all controllers of a merged report."""

    name: str
    kind: str
    ecus: tuple[str, ...]
    version: str | None = None
    mpn: str | None = None
    purl: str | None = None
    quantity: float | None = None
    """Pieces in the vehicle; absent when a controller does not say how many it holds."""


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """The audit of one run; see docs/report.md."""

    tool: Tool
    run: Run
    verdict: GateResult
    summary: Summary
    inputs: tuple[Input, ...]
    ecus: tuple[Ecu, ...]
    parties: tuple[Party, ...]
    components: tuple[ReportComponent, ...]
    links: tuple[Link, ...]
    documents: tuple[DocumentEntry, ...]
    comparison: tuple[Comparison, ...]
    findings: tuple[Finding, ...]
    rules: tuple[RuleInfo, ...]
    rules_run: tuple[RuleRun, ...]
    questions: tuple[Question, ...]
    waivers: WaiverUse
    diagnostics: tuple[str, ...]
    vehicle: Vehicle | msgspec.UnsetType = msgspec.UNSET
    """What `--vehicle FILE` says."""
    parts: tuple[PartUse, ...] | msgspec.UnsetType = msgspec.UNSET
    """Of a merged report: how often each part is used."""
    schema: str = msgspec.field(name="$schema", default=SCHEMA_ID)
    schema_version: str = "1.0"
    conflict_of_law: str = CONFLICT
    disclaimer: str = DISCLAIMER

    @property
    def notes(self) -> tuple[str, str]:
        """What every format says at its end: laws may conflict, and what this report is not."""
        return self.conflict_of_law, self.disclaimer


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the report."""
    schema = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "auditor report",
        **schema,
    }
