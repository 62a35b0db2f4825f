"""A report for one supplier: its own components, without paths, spend or anybody else's names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.judgement import GateResult, WaiverUse
from auditor.report.questions import open_ones
from auditor.report.summary import STAGES, concentration, severities

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.model import Comparison
    from auditor.report.schema import EcuTally, OriginEntry, Report, ReportComponent, Summary, Vote

OWN_STEPS = ("owner", "steward", "license", "rule", "clause", "fix", "ask", "undetermined")
"""Steps of a chain that a supplier sees; the others hold paths, documents or alternates."""
PARTY = ("supplier", "manufacturer")
"""Claims and fields that name somebody."""
PRIVATE = ("assertion", "answer")
"""Detectors of what the user, or another supplier in an answer, says: it is shown to nobody else."""
VALUES = ("version", "purl", "cpe", "mpn")
"""Fields of a component that are one of its votes."""
LICENSES = ("declared", "observed", "concluded")
PUBLIC = ("read", "derived")
"""Grounds of a fact that anybody can read; what the user adds or a document states is not among them."""
LEGAL_FORM = re.compile(
    r"[\s,]+(?:co|corp|corporation|company|inc|incorporated|limited|ltd|llc|gmbh|ag|kg|se|sa|bv|nv|plc)\b.*$"
)
"""What may follow the name of a company: a license or a CPE names it without."""
SHORTEST = 3
"""ASCII letters of a name from which on it is looked for inside words, too."""


def suppliers(report: Report) -> list[str]:
    """Return the suppliers and manufacturers that the documents name."""
    return sorted({name for one in report.components for name in names(one)})


def names(one: ReportComponent) -> set[str]:
    """Return the supplier and the manufacturer of a component, as declared."""
    return {actor.name for actor in (one.supplier, one.manufacturer) if actor is not None}


def for_supplier(report: Report, supplier: str) -> Report:
    """Return what a supplier may see: its components, the findings about them alone, its questions.

    Dropped are other suppliers and their parts, alternates, paths, documents, spend, waivers, inputs' names, and what
    the user knows or others answered. Questions about its parts are its own, whoever else could be asked.
    """
    wanted = supplier.casefold()
    secret = {one.id for one in report.parties if one.basis not in PUBLIC}
    mine = [
        _component(one, wanted, secret)
        for one in report.components
        if wanted in {name.casefold() for name in names(one)}
    ]
    kept = {one.id for one in mine}
    strangers = _strangers(report, mine)
    mine = [_silent(one, strangers) for one in mine]
    findings = tuple(
        _finding(one, strangers)
        for one in report.findings
        if one.components and kept.issuperset(one.components) and one.state == "open"
    )
    shown = {one.id for one in findings}
    parties = {entry.party for one in mine for entry in one.origin}
    rules = {one.rule for one in findings}
    return msgspec.structs.replace(
        report,
        verdict=_verdict(findings, report),
        summary=_summary(findings, mine, report),
        inputs=(),
        vehicle=msgspec.UNSET,
        parts=msgspec.UNSET,
        ecus=tuple(
            msgspec.structs.replace(one, inputs=(), quantity=None, functions=())
            for one in report.ecus
            if one.name in {part.ecu for part in mine}
        ),
        parties=tuple(one for one in report.parties if one.id in parties),
        components=tuple(mine),
        links=tuple(one for one in report.links if one.source in kept and one.target in kept),
        documents=(),
        comparison=tuple(_compared(one, strangers) for one in report.comparison if one.component in kept),
        findings=findings,
        rules=tuple(one for one in report.rules if one.id in rules),
        rules_run=tuple(one for one in report.rules_run if one.id in rules),
        questions=tuple(
            msgspec.structs.replace(one, supplier=supplier)
            for one in open_ones(report.questions, shown)
            if not _mentions(one.text, strangers)
        ),
        waivers=WaiverUse(),
        diagnostics=(),
    )


def _strangers(report: Report, mine: Iterable[ReportComponent]) -> tuple[str, ...]:
    """Return every name that is not this supplier's to see, in small letters; `mine` as the supplier sees it."""
    own = {name.casefold() for one in mine for name in (one.name, one.mpn or "", *names(one))}
    parties = {entry.party for one in mine for entry in one.origin}
    own |= {one.name.casefold() for one in report.parties if one.id in parties}
    who = {one.name for one in report.parties} | {one.supplier or "" for one in report.questions}
    found = {one.path for one in report.inputs}
    for one in report.components:
        found |= {one.name, one.mpn or "", *(vote.path for vote in one.evidence)}
        found |= {other.name for other in (one.sourcing.alternates if one.sourcing else ())}
        who |= names(one) | {vote.value for vote in one.evidence if vote.claim in PARTY}
    strange = {name.casefold() for name in who} - own
    strange |= {LEGAL_FORM.sub("", name) for name in strange} - {LEGAL_FORM.sub("", name) for name in own}
    return tuple(sorted((strange | {name.casefold() for name in found}) - own - {""}))


def _mentions(text: str, strangers: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(name in folded and _named(name, folded) for name in strangers)


def _named(name: str, text: str) -> bool:
    """Tell whether a text that holds these letters means the name: two letters inside a word are no name."""
    if len(name) >= SHORTEST or not name.isascii():
        return True
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _component(one: ReportComponent, wanted: str, secret: set[str]) -> ReportComponent:
    """Return a component with what its supplier (`wanted`, in small letters) and the public may know of it."""
    votes = tuple(
        msgspec.structs.replace(vote, path="", input="", pointer=None, line=None, offset=None)
        for vote in _votes(one, wanted)
    )
    actors = {name: actor for name in PARTY if (actor := getattr(one, name)) and actor.name.casefold() == wanted}
    held = {(vote.claim, vote.value) for vote in votes}
    hidden = {(vote.claim, vote.value) for vote in one.evidence} - held
    values = {name: None for name in VALUES if (name, getattr(one, name)) in hidden}
    return msgspec.structs.replace(
        one,
        evidence=votes,
        origin=tuple(entry for entry in one.origin if _public(entry, wanted) and entry.party not in secret),
        sourcing=None,
        quantity=None,
        contradictions=(),
        **{**dict.fromkeys(PARTY), **actors, **values},
    )


def _silent(one: ReportComponent, strangers: tuple[str, ...]) -> ReportComponent:
    """Return a component without the values that name somebody else: a CPE, or the words of a license."""
    values = {name: None for name in VALUES if _mentions(getattr(one, name) or "", strangers)}
    licenses: dict[str, Any] = {
        name: None for name in LICENSES if _mentions(getattr(one.licenses, name) or "", strangers)
    }
    licenses["sources"] = one.licenses.sources if one.licenses.basis in PUBLIC else ()
    return msgspec.structs.replace(
        one,
        evidence=tuple(vote for vote in one.evidence if not _mentions(vote.value, strangers)),
        licenses=msgspec.structs.replace(one.licenses, **licenses),
        **values,
    )


def _votes(one: ReportComponent, wanted: str) -> list[Vote]:
    """Return the votes without those of the user, of answers, and of rows that name somebody else alone."""
    named: dict[tuple[object, ...], set[str]] = {}
    for vote in one.evidence:
        if vote.claim in PARTY:
            named.setdefault((vote.input, vote.path, vote.pointer, vote.line), set()).add(vote.value.casefold())
    return [
        vote
        for vote in one.evidence
        if vote.detector not in PRIVATE
        and wanted in named.get((vote.input, vote.path, vote.pointer, vote.line), {wanted})
        and (vote.claim not in PARTY or vote.value.casefold() == wanted)
    ]


def _public(entry: OriginEntry, wanted: str) -> bool:
    """Tell whether an entry stands on what anybody can read, or on what a document says of this supplier itself."""
    if entry.basis in PUBLIC:
        return True
    said = [source.partition(" ")[2].casefold() for source in entry.evidence if source.startswith("declared:")]
    return entry.basis == "stated" and set(said) == {wanted}


def _compared(one: Comparison, strangers: tuple[str, ...]) -> Comparison:
    """Return a row without its places; a side that names somebody else is left out."""
    sides = {name: getattr(one, name) for name in ("declared", "observed")}
    kept = {name: text for name, text in sides.items() if text is not None and not _mentions(text, strangers)}
    return msgspec.structs.replace(
        one, declared=kept.get("declared"), observed=kept.get("observed"), declared_at=None, observed_at=None
    )


def _finding(one: Finding, strangers: tuple[str, ...]) -> Finding:
    """Return a finding whose texts name nobody else; a text that does is its title instead."""
    chain = tuple(
        msgspec.structs.replace(step, source="")
        for step in one.chain
        if step.step in OWN_STEPS and not _mentions(step.value, strangers)
    )
    return msgspec.structs.replace(
        one,
        inputs=(),
        named="",
        chain=chain,
        message=one.title if _mentions(one.message, strangers) else one.message,
        message_zh=one.title_zh if _mentions(one.message_zh, strangers) else one.message_zh,
        supplier_question="" if _mentions(one.supplier_question, strangers) else one.supplier_question,
    )


def _verdict(findings: tuple[Finding, ...], report: Report) -> GateResult:
    """Return the verdict about these components alone, under the report's own gate."""
    from auditor.evaluate.gate import at_or_above

    gating = [one for one in findings if one.status == "stable" and at_or_above(one.severity, report.run.fail_on)]
    failed = sum(one.verdict == "fail" for one in gating)
    reasons = (f"findings at or above {report.run.fail_on}: {failed}", f"undetermined: {len(gating) - failed}")
    if failed:
        return GateResult("fail", 1, reasons)
    return GateResult("inconclusive", 4, reasons[1:]) if gating else GateResult("pass", 0, ("no finding",))


def _summary(findings: tuple[Finding, ...], mine: list[ReportComponent], report: Report) -> Summary:
    from auditor.report.schema import Concentrations, Coverage, Localization, Summary

    live = [one for one in findings if one.status == "stable"]
    failed = [one for one in live if one.verdict == "fail"]
    total = max(1, len(mine))
    owners = [_place(one, "owner") for one in mine]
    return Summary(
        by_severity=severities(failed),
        by_rule=dict(sorted(Counter(one.rule for one in failed).items())),
        by_ecu={ecu: _tally(ecu, live, mine) for ecu in sorted({one.ecu for one in mine})},
        waived=0,
        baselined=0,
        undetermined=len(live) - len(failed),
        declared_only=sum(one.declared and not one.observed for one in mine),
        coverage=Coverage(
            origin=round(sum(owner is not None for owner in owners) / total, 6),
            license=round(sum(bool(one.licenses.concluded) for one in mine) / total, 6),
            version=round(sum(bool(one.version) for one in mine) / total, 6),
            os=0.0,
            bytes_understood=0.0,
        ),
        concentration=Concentrations(
            country=concentration(owners),
            party=concentration([_place(one, "owner", "party") for one in mine]),
            stages={stage: concentration([_place(one, stage) for one in mine]) for stage in STAGES},
        ),
        localization=Localization(
            by_count=round(sum(owner in report.run.home for owner in owners) / total, 6),
            unknown=round(sum(owner is None for owner in owners) / total, 6),
        ),
    )


def _place(one: ReportComponent, stage: str, field: str = "country") -> str | None:
    return next((value for entry in one.origin if entry.stage == stage and (value := getattr(entry, field))), None)


def _tally(ecu: str, live: list[Finding], mine: list[ReportComponent]) -> EcuTally:
    from auditor.report.schema import EcuTally

    own = [one for one in live if ecu in one.ecus]
    return EcuTally(
        components=sum(one.ecu == ecu for one in mine),
        by_severity=severities(one for one in own if one.verdict == "fail"),
        undetermined=sum(one.verdict == "undetermined" for one in own),
        waived=0,
    )
