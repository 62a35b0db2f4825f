"""The records of the judgement: findings, rules that ran, the verdict of the gate."""

from __future__ import annotations

from typing import Literal

from auditor.model import Confidence, Record, Severity, intern

DISCLAIMER = (
    "Automated indications from dated public information and the user's data; not legal advice, "
    "an export classification, a sanctions clearance or a certification."
)
CONFLICT = (
    "Packs model different jurisdictions and may conflict: what one law asks for, another (a blocking statute, "
    "an anti-boycott rule) may forbid. Combining packs and acting on findings is the user's decision, with counsel."
)


class ChainStep(Record, frozen=True, rename="camel", omit_defaults=True):
    """One step from the bytes to the clause."""

    step: str
    """seen, declared, owner, country, license, sourcing, rule, clause, fix ..."""
    value: str
    source: str = ""


class Requirement(Record, frozen=True, rename="camel", omit_defaults=True):
    """The clause a finding rests on."""

    framework: str
    clause: str | None = None
    url: str | None = None


class Finding(Record, frozen=True, rename="camel", omit_defaults=True):
    """A rule that fired, or could not decide."""

    id: str
    fingerprint: str
    """Of rule, component identity and scope (ecu); never of version, line or message."""
    rule: str
    title: str
    severity: Severity
    confidence: Confidence
    verdict: Literal["fail", "undetermined"]
    message: str
    state: Literal["open", "waived", "baselined"] = "open"
    status: Literal["stable", "trial"] = "stable"
    components: tuple[str, ...] = ()
    """Component ids; empty for findings about an input, ecu or the inventory."""
    ecus: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Facts whose absence left it undetermined."""
    named: str = ""
    """Of an undetermined finding, whom the inputs name for its components: an accepted unknown is one about them."""
    chain: tuple[ChainStep, ...] = ()
    requirement: Requirement | None = None
    remediation: str = ""
    supplier_question: str = ""
    waiver: str | None = None
    title_zh: str = ""
    message_zh: str = ""
    remediation_zh: str = ""

    def __post_init__(self) -> None:
        """Keep defaults recognizable."""
        intern(self, "state", "status")


class RuleRun(Record, frozen=True, rename="camel", omit_defaults=True):
    """How a rule ended over all its subjects."""

    id: str
    result: Literal["passed", "failed", "undetermined", "notApplicable"]
    count: int = 0
    """Subjects the rule looked at."""


class Reference(Record, frozen=True, rename="camel", omit_defaults=True):
    """A public text a rule rests on."""

    title: str
    clause: str | None = None
    url: str | None = None
    read: str | None = None
    """ISO day the text was read; None = not read."""


class RuleInfo(Record, frozen=True, rename="camel", omit_defaults=True):
    """A rule as the report shows it."""

    id: str
    title: str
    severity: Severity
    status: Literal["stable", "trial"]
    basis: Literal["law", "standard", "practice", "house"]
    pack: str
    rationale: str = ""
    remediation: str = ""
    references: tuple[Reference, ...] = ()
    title_zh: str = ""
    changed: tuple[str, ...] = ()
    """Parameters that a pack of the user set otherwise, one a line: `first_year: 2031, shipped 2030 (pack x)`."""


class PackInfo(Record, frozen=True, rename="camel", omit_defaults=True):
    """A policy pack of the run."""

    id: str
    version: str
    digest: str


class Question(Record, frozen=True, rename="camel", omit_defaults=True):
    """Something only a supplier can answer."""

    id: str
    component: str
    """Id of a component; empty = it is about a controller or the vehicle."""
    text: str
    finding: str
    """The first of the findings it settles."""
    supplier: str | None = None
    ecus: tuple[str, ...] = ()
    """Controllers it is about, where it names no component."""
    claim: str = ""
    """What an answer claims about the component; empty = it is a remark."""
    settles: tuple[str, ...] = ()
    """Every finding that an answer settles or explains, sorted."""


class GateResult(Record, frozen=True, rename="camel", omit_defaults=True):
    """The verdict with the exit code and why."""

    result: Literal["pass", "fail", "inconclusive"]
    exit_code: int
    reasons: tuple[str, ...] = ()


class WaiverRecord(Record, frozen=True, rename="camel", omit_defaults=True):
    """What the file says about one waiver."""

    id: str
    """As `WaiverUse` and findings name it."""
    reason: str
    owner: str
    expires: str
    """ISO day it ends on."""
    comment: str = ""
    approved_by: str = ""
    ticket: str = ""
    created: str | None = None


class WaiverUse(Record, frozen=True, rename="camel", omit_defaults=True):
    """Waivers that matched, ran out or matched nothing."""

    applied: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()
    """(waiver, ISO day it ends on) pairs, soonest first."""
    records: tuple[WaiverRecord, ...] = ()
    """One per waiver, by name: the one that was applied, else the one that ends last."""


class Judgement(Record, frozen=True, rename="camel", omit_defaults=True):
    """What `evaluate` returns."""

    findings: tuple[Finding, ...]
    rules_run: tuple[RuleRun, ...]
    rules: tuple[RuleInfo, ...]
    packs: tuple[PackInfo, ...]
    verdict: GateResult
    questions: tuple[Question, ...] = ()
    waivers: WaiverUse = WaiverUse()
    coverage: tuple[tuple[str, float], ...] = ()
    """(origin | license | version | os | bytesUnderstood, 0..1) pairs."""
    diagnostics: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
