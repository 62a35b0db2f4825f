"""Reports of controllers to one report of the vehicle: nothing is judged again, the worst verdict holds."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.judgement import GateResult, RuleRun, WaiverUse
from auditor.report.believed import RESULTS, believed
from auditor.report.merged_summary import summary
from auditor.report.schema import PartUse

if TYPE_CHECKING:
    from auditor.model import Party
    from auditor.report.schema import Report, ReportComponent

CODES = (70, 2, 5, 7, 3, 6, 1, 4, 0)
"""Exit codes, the one that wins first."""
RUNS = ("failed", "undetermined", "passed", "notApplicable")
SAME = (
    "home", "trusted", "restricted", "packs", "fail_on", "on_unknown", "accept_stated", "min_coverage",
    "min_confidence", "select", "ignore", "severities",
)  # fmt: skip


class NotMerged(ValueError):
    """Reports that do not go together; the text says why and what to do."""


@dataclass(frozen=True)
class Part:
    """A report to be merged, with what its controllers are to be called."""

    name: str
    """As errors call it; also tells controllers of one name apart."""
    report: Report
    ecu: str | None = None


def merge(parts: Sequence[Part]) -> Report:
    """Return the report of all; the order of `parts` does not matter. Raises NotMerged."""
    ordered = sorted(parts, key=lambda one: (one.ecu or "", one.name, msgspec.json.encode(one.report)))
    first = ordered[0].report
    for one in ordered:
        check(one, first)
    reports = [renamed(one, name) for one, name in zip(ordered, _titles(ordered), strict=True)]
    components = tuple(_sorted(one for report in reports for one in report.components))
    return msgspec.structs.replace(
        first,
        tool=_tool(reports),
        run=msgspec.structs.replace(first.run, as_of=min(one.run.as_of for one in reports)),
        verdict=_verdict(reports),
        summary=summary(reports),
        inputs=tuple(_sorted(one for report in reports for one in report.inputs)),
        ecus=tuple(_sorted(one for report in reports for one in report.ecus)),
        parties=_parties(reports),
        components=components,
        links=tuple(link for report in reports for link in report.links),
        documents=tuple(one for report in reports for one in report.documents),
        comparison=tuple(one for report in reports for one in report.comparison),
        findings=tuple(
            sorted((one for report in reports for one in report.findings), key=lambda one: (one.rule, one.ecus, one.id))
        ),
        rules=tuple({one.id: one for report in reports for one in report.rules}[name] for name in _rules(reports)),
        rules_run=_runs(reports),
        questions=tuple(_sorted(one for report in reports for one in report.questions)),
        waivers=_waivers(reports),
        diagnostics=(*sorted({line for report in reports for line in report.diagnostics}), *_notes(reports)),
        parts=_uses(components, reports),
    )


def check(one: Part, first: Report) -> None:
    """Raise NotMerged for a report of other settings, or one that contradicts itself."""
    for name in SAME:
        if getattr(one.report.run, name) != getattr(first.run, name):
            shown = name.replace("_", "-")
            raise NotMerged(f"{one.name} was made with another {shown}: audit all controllers under the same settings")
    if one.report.verdict.exit_code not in CODES:
        raise NotMerged(f"{one.name} has the unknown exit code {one.report.verdict.exit_code}")
    for kind in ("components", "findings", "inputs", "ecus"):
        ids = [entry.id for entry in getattr(one.report, kind)]
        if len(set(ids)) != len(ids):
            raise NotMerged(f"{one.name} has two {kind} of one id")
    known = {entry.name for entry in one.report.ecus}
    if one.ecu is not None and len(known) > 1:
        raise NotMerged(f"{one.name} holds {len(known)} controllers: it cannot be called {one.ecu}")
    if stray := {entry.ecu for entry in one.report.components} - known:
        raise NotMerged(f"{one.name} has components of the controller {sorted(stray)[0]!r}, which it does not list")


def _titles(parts: Sequence[Part]) -> list[dict[str, str]]:
    """Return for each report what its controllers are called in the vehicle: every name once."""
    taken: set[str] = set()
    found = []
    for one in parts:
        names = {}
        for ecu in sorted(entry.name for entry in one.report.ecus):
            wanted = one.ecu or ecu
            title = wanted if wanted not in taken else f"{wanted} ({one.name})"
            number = 2
            while title in taken:
                title, number = f"{wanted} ({one.name}, {number})", number + 1
            taken.add(title)
            names[ecu] = title
        found.append(names)
    return found


def renamed(part: Part, titles: dict[str, str]) -> Report:
    """Return a report whose controllers have their new names and whose ids no other report has."""
    salt = "\0".join(titles[name] for name in sorted(titles))

    def new(old: str) -> str:
        return hashlib.sha256(f"{salt}\0{old}".encode("utf-8", "surrogatepass")).hexdigest()[: max(16, len(old))]

    def named(one: Any, **changed: Any) -> Any:
        return msgspec.structs.replace(one, id=new(one.id), **changed)

    report, put = part.report, msgspec.structs.replace
    return put(
        report,
        inputs=tuple(named(one, ecu=titles.get(one.ecu, one.ecu)) for one in report.inputs),
        ecus=tuple(
            put(one, id=titles[one.name], name=titles[one.name], inputs=tuple(map(new, one.inputs)))
            for one in report.ecus
        ),
        components=tuple(
            named(one, ecu=titles[one.ecu], evidence=tuple(put(vote, input=new(vote.input)) for vote in one.evidence))
            for one in report.components
        ),
        links=tuple(put(one, source=new(one.source), target=new(one.target)) for one in report.links),
        documents=tuple(put(one, input=new(one.input)) for one in report.documents),
        comparison=tuple(put(one, component=new(one.component)) for one in report.comparison),
        findings=tuple(
            named(
                one,
                fingerprint=new(one.fingerprint),
                components=tuple(map(new, one.components)),
                inputs=tuple(map(new, one.inputs)),
                ecus=tuple(titles.get(ecu, ecu) for ecu in one.ecus),
            )
            for one in report.findings
        ),
        questions=tuple(
            named(
                one,
                component=new(one.component) if one.component else "",
                finding=new(one.finding),
                ecus=tuple(titles.get(ecu, ecu) for ecu in one.ecus),
                settles=tuple(sorted(map(new, one.settles))),
            )
            for one in report.questions
        ),
    )


def _sorted(records: Any) -> list[Any]:
    return sorted(records, key=lambda one: (getattr(one, "ecu", ""), getattr(one, "name", ""), one.id))


def _tool(reports: Sequence[Report]) -> Any:
    return min((one.tool for one in reports), key=lambda tool: (tool.knowledge_date, msgspec.json.encode(tool)))


def _verdict(reports: Sequence[Report]) -> GateResult:
    """Return the worst verdict, each as far as its report can be believed."""
    codes, results, reasons = set(), set(), []
    for report in reports:
        names = ", ".join(one.name for one in report.ecus) or "no controller"
        verdict = believed(report)
        codes.add(verdict.exit_code)
        results.add(verdict.result)
        reasons += [f"{names}: {reason}" for reason in verdict.reasons]
    result = next(word for word in RESULTS if word in results)
    return GateResult(result, next(code for code in CODES if code in codes), tuple(sorted(reasons)))


def _parties(reports: Sequence[Report]) -> tuple[Party, ...]:
    """Return each party once, with the sources of all reports."""
    found: dict[str, Party] = {}
    for one in (party for report in reports for party in report.parties):
        known = found.setdefault(one.id, one)
        sources = tuple(dict.fromkeys((*known.sources, *one.sources)))
        names = tuple(sorted({*known.names, *one.names}))
        found[one.id] = msgspec.structs.replace(
            known, country=known.country or one.country, sources=sources, names=names
        )
    return tuple(found[name] for name in sorted(found))


def _rules(reports: Sequence[Report]) -> list[str]:
    return sorted({one.id for report in reports for one in report.rules})


def _runs(reports: Sequence[Report]) -> tuple[RuleRun, ...]:
    """Return for each rule its worst result and how many subjects it looked at in all."""
    found: dict[str, list[RuleRun]] = defaultdict(list)
    for one in (run for report in reports for run in report.rules_run):
        found[one.id].append(one)
    return tuple(
        RuleRun(name, min((one.result for one in runs), key=RUNS.index), sum(one.count for one in runs))
        for name, runs in sorted(found.items())
    )


def _waivers(reports: Sequence[Report]) -> WaiverUse:
    """Return the waivers of all; one that is used in any report is not unused."""
    used = [one.waivers for one in reports]
    applied = {name for one in used for name in one.applied}
    expired = {name for one in used for name in one.expired}
    unused = {name for one in used for name in one.unused} - applied - expired
    ends = sorted({(day, name) for one in used for name, day in one.ends})
    told = sorted((record for one in used for record in one.records), key=lambda each: (each.expires, each.owner))
    records = {record.id: record for record in told}
    return WaiverUse(
        tuple(sorted(applied)),
        tuple(sorted(expired)),
        tuple(sorted(unused)),
        tuple((name, day) for day, name in ends),
        tuple(record for _, record in sorted(records.items())),
    )


def _notes(reports: Sequence[Report]) -> tuple[str, ...]:
    """Return in what the reports differ without being kept apart by it."""
    checks = (
        ("days", {one.run.as_of for one in reports}),
        ("rules", {one.tool.rules_digest for one in reports}),
        ("knowledge", {one.tool.knowledge_digest for one in reports}),
        ("versions of the program", {one.tool.version for one in reports}),
    )
    return tuple(
        f"merged reports were made with {len(some)} different {word}" for word, some in checks if len(some) > 1
    )


def _uses(components: Sequence[ReportComponent], reports: Sequence[Report]) -> tuple[PartUse, ...]:
    """Return how often the vehicle holds each part, those in most controllers first."""
    times = {one.name: one.quantity or 1 for report in reports for one in report.ecus}
    found: dict[tuple[str, ...], list[ReportComponent]] = defaultdict(list)
    for one in components:
        key = one.mpn or one.purl or f"{one.name}\0{one.version or ''}"
        found[(one.kind, key)].append(one)
    uses = []
    for same in found.values():
        counts = [one.quantity * times[one.ecu] if one.quantity is not None else None for one in same]
        uses.append(
            PartUse(
                name=same[0].name,
                kind=same[0].kind,
                ecus=tuple(sorted({one.ecu for one in same})),
                version=same[0].version,
                mpn=same[0].mpn,
                purl=same[0].purl,
                quantity=None if None in counts else sum(filter(None, counts)),
            )
        )
    return tuple(sorted(uses, key=lambda one: (-len(one.ecus), one.kind, one.name, one.version or "", one.mpn or "")))
