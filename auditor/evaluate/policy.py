"""The policy of a run: the rules that apply, with every setting resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from auditor.evaluate.expression import Expression
from auditor.evaluate.message import Message
from auditor.judgement import PackInfo, Reference
from auditor.model import Confidence, Severity

SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
FailOn = Literal["critical", "high", "medium", "low", "never"]
OnUnknown = Literal["inconclusive", "fail", "ratchet"]
RuleBasis = Literal["law", "standard", "practice", "house"]


@dataclass(frozen=True)
class Suspension:
    """A time in which a legal text was suspended."""

    start: date
    until: date
    renewal: str
    """`none`: in force again afterwards; `unknown`: nobody knows, the rule is undetermined afterwards."""


@dataclass(frozen=True)
class Effective:
    """When a rule is in force."""

    start: date | None = None
    until: date | None = None
    suspended: tuple[Suspension, ...] = ()

    def state(self, as_of: date) -> str:
        """Return `in-force`, `not-yet`, `ended`, `suspended` or `unknown` for a day."""
        if self.start and as_of < self.start:
            return "not-yet"
        if self.until and as_of > self.until:
            return "ended"
        for pause in self.suspended:
            if pause.start <= as_of <= pause.until:
                return "suspended"
        past = [pause for pause in self.suspended if as_of > pause.until]
        return "unknown" if past and max(past, key=lambda pause: pause.until).renewal == "unknown" else "in-force"


@dataclass(frozen=True)
class Text:
    """The words of a rule in one language."""

    title: str
    message: Message
    remediation: str


@dataclass(frozen=True)
class Rule:
    """One rule, compiled with the parameters of the policy."""

    id: str
    file: str
    family: str
    subject: str
    """component, ecu, input, problem, document, link or inventory."""
    kinds: frozenset[str]
    """Component kinds it applies to; empty = the subject is not a component."""
    where: Expression | None
    """Over facts that are always known: subjects for which it is false are none of this rule's business."""
    when: Expression
    raises: Literal["fail", "undetermined"]
    severity: Severity
    status: Literal["stable", "trial"]
    basis: RuleBasis
    english: Text
    chinese: Text
    rationale: str
    references: tuple[Reference, ...]
    framework: str
    effective: Effective
    params: dict[str, Any]
    supplier_question: Message | None
    line: int
    """Line of `when` in its file."""
    changed: tuple[str, ...] = ()
    """Parameters that are not the rule's own, a line each."""


@dataclass(frozen=True)
class Setting:
    """One resolved setting and where it came from, for `pack show`."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Policy:
    """Everything that decides a verdict besides the inventory."""

    rules: tuple[Rule, ...]
    """Rules that run, sorted by id."""
    packs: tuple[PackInfo, ...]
    rule_packs: dict[str, str]
    """Rule id -> pack that brought it in."""
    home: tuple[str, ...]
    trusted: tuple[str, ...]
    restricted: tuple[str, ...]
    fail_on: FailOn = "high"
    on_unknown: OnUnknown = "inconclusive"
    min_coverage: float | None = None
    """0..1"""
    max_waiver_days: int | None = None
    max_knowledge_age: int | None = None
    """Days."""
    accept_stated: bool = False
    min_confidence: Confidence = "medium"
    model_year: int | None = None
    markets: tuple[str, ...] | None = None
    type_approved: bool | None = None
    support_years: float | None = None
    import_year: int | None = None
    settings: tuple[Setting, ...] = ()
    places: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Jurisdiction as packs say it (`restricted RU`) -> its file, line and column."""
    digest: str = ""
    """sha256 over the rule and pack files used."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: dict[str, str] = field(default_factory=dict)
    """Rule -> severity that an option gave it."""
    overridden: tuple[str, ...] = ()
    """Options that set what a pack may set of the gate: fail-on, min-coverage, on-unknown."""
    strict_waivers: bool = False
    new_only: bool = False
    all_rules: tuple[str, ...] = field(default=())
    """Ids of every rule that was loaded, selected or not."""


def difference(old: Policy, new: Policy) -> list[str]:
    """Return what changed between two policies, one line each: rules, settings, severities, parameters."""
    before, after = ({rule.id: rule for rule in policy.rules} for policy in (old, new))
    lines = [f"- rule {id_}" for id_ in sorted(set(before) - set(after))]
    lines += [f"+ rule {id_} ({after[id_].severity})" for id_ in sorted(set(after) - set(before))]
    for id_ in sorted(set(before) & set(after)):
        one, other = before[id_], after[id_]
        if one.severity != other.severity:
            lines.append(f"~ rule {id_}: severity {one.severity} -> {other.severity}")
        if one.when.text != other.when.text:
            lines.append(f"~ rule {id_}: condition changed")
        for name in sorted({*one.params, *other.params}):
            if one.params.get(name) != other.params.get(name):
                lines.append(f"~ rule {id_}: {name} {one.params.get(name)} -> {other.params.get(name)}")
    settings = [{row.name: row.value for row in policy.settings} for policy in (old, new)]
    for name in sorted({*settings[0], *settings[1]}):
        values = [table.get(name, "unset") or "none" for table in settings]
        if values[0] != values[1] and not name.startswith("severity "):
            lines.append(f"~ {name}: {values[0]} -> {values[1]}")
    return lines
