"""The whole way on one screen: paths to a report, stage after stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.inputs import apart, controllers, describe, shown
from auditor.limits import Limits
from auditor.model import Inventory
from auditor.phases import Clock

if TYPE_CHECKING:
    from auditor.evaluate import Policy
    from auditor.judgement import GateResult, Judgement
    from auditor.knowledge import Knowledge
    from auditor.report.schema import Report
    from auditor.trace.lookup import Online
    from auditor.vehicle import Vehicle
    from auditor.worker import OpenedInput, Progress


_BEFORE_UNAVAILABLE = (2, 3, 5, 7, 70)
"""Exit codes that say more than an unavailable data source."""


@dataclass(frozen=True)
class Options:
    """What a run may be told besides its inputs."""

    as_of: date
    ecus: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Controller name -> its inputs; the rest belongs to one controller."""
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of `auditor.evaluate.load_policy`."""
    knowledge: Sequence[Path] = ()
    vehicle: Vehicle | None = None
    """Controllers, functions, sites and the rest, as the maker describes them."""
    assertions: Path | None = None
    """Corrections by the user."""
    answers: Path | None = None
    """The filled-in list of questions to suppliers."""
    waivers: Path | None = None
    baseline: Path | None = None
    limits: Limits = field(default_factory=Limits)
    jobs: int = 1
    require_isolation: bool = False
    allow_empty: bool = False
    exit_zero: bool = False
    online: Online | None = None
    """What may be looked up at public data services; None = no network."""
    input_type: str = ""
    """What the user says the inputs are; empty = their bytes tell."""
    base: Path | None = None
    """Folder that shown paths are relative to; None = the repository or working folder."""
    watch: Callable[[Progress | None], None] | None = field(default=None, compare=False)
    """Told how far the reading is, and None when it is over."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Input as given -> what the report calls it, where that is not its path."""
    clock: Clock = field(default_factory=Clock, compare=False)
    """Learns how long each stage took."""


@dataclass(frozen=True)
class Audit:
    """Everything a run made; the report is what leaves the program."""

    report: Report
    inventory: Inventory
    judgement: Judgement
    policy: Policy
    knowledge: Knowledge


@dataclass(frozen=True)
class Survey:
    """What a run without rules made."""

    report: Report
    inventory: Inventory


def survey(paths: Sequence[str], options: Options) -> Survey:
    """Say what is in inputs and judge nothing: no rule is loaded. Raises KnowledgeError for invalid facts."""
    from auditor import knowledge, report

    options.clock.lap("start")
    facts = knowledge.load(options.knowledge)
    options.clock.lap("load knowledge")
    found, isolation = inventory(paths, options, facts)
    facts.keep()
    options.clock.lap("trace")
    return Survey(report.unjudged(found, facts, options, isolation), found)


def inventory(paths: Sequence[str], options: Options, knowledge: Knowledge) -> tuple[Inventory, dict[str, Any]]:
    """Unpack, identify, resolve and trace; returns the inventory and the isolation that was in force."""
    from auditor.trace import trace

    resolved, isolation = _resolved(paths, options, knowledge)
    corrected, _ = correct(resolved, knowledge, options)
    known, _ = look_up(corrected, knowledge, options)
    return trace(known, knowledge, options.as_of), isolation


def correct(resolved: Inventory, knowledge: Knowledge, options: Options) -> tuple[Inventory, tuple[str, ...]]:
    """Return the inventory with the user's assertions as votes, and a line per assertion that names nothing."""
    if options.assertions is None:
        return resolved, ()
    from auditor import assertions

    said = assertions.load(options.assertions)
    assertions.check_countries(said, knowledge)
    return assertions.apply(resolved, said, knowledge)


def look_up(resolved: Inventory, knowledge: Knowledge, options: Options) -> tuple[Inventory, tuple[str, ...]]:
    """Return the inventory with the answers of data services as votes, and a line per service without a usable one."""
    if options.online is None:
        return resolved, ()
    from auditor.trace.lookup import enrich

    outcome = enrich(resolved, knowledge, options.online)
    return outcome.inventory, outcome.unavailable


def _resolved(paths: Sequence[str], options: Options, knowledge: Knowledge) -> tuple[Inventory, dict[str, Any]]:
    """Unpack, identify and resolve."""
    from auditor.resolve import resolve
    from auditor.worker import Workers, open_input

    opened = [_standard_input(options.limits) if path == "-" else open_input(path) for path in paths]
    try:
        said = options.input_type
        with Workers(options.limits, options.jobs, options.require_isolation, declared=said) as workers:
            workers.watch = options.watch
            looks = workers.examine(opened)
            isolation = _plain(workers.in_force())
        names = [options.names.get(one.path) or shown(one.path, options.base) for one in opened]
        described = [
            (describe(one, look, name, ecu, said), look)
            for one, look, name in zip(opened, looks, names, strict=True)
            for ecu in controllers(one.path, options.ecus)
        ]
    finally:
        for one in opened:
            one.close()
    options.clock.lap("unpack and identify")
    described.sort(key=lambda pair: (pair[0].path, pair[0].sha256, pair[0].ecu))
    resolved = resolve(apart([one for one, _ in described]), [look for _, look in described], knowledge)
    options.clock.lap("resolve")
    return resolved, isolation


def audit(paths: Sequence[str], options: Options) -> Audit:
    """Audit inputs under a policy.

    Raises PolicyError, KnowledgeError for invalid configuration; what is wrong with an input is
    a problem of that input in the report.
    """
    from auditor import evaluate, knowledge, report
    from auditor.resolve.built import told
    from auditor.trace import trace

    options.clock.lap("start")
    policy = evaluate.load_policy(**options.policy)
    options.clock.lap("load rules")
    facts = knowledge.load(options.knowledge)
    options.clock.lap("load knowledge")
    evaluate.check_places(policy, facts)
    if policy.new_only and options.baseline is None:
        raise evaluate.PolicyError("--new-only", 0, 0, "needs --baseline FILE: new compared with what?")
    waivers = None
    if options.waivers is not None:
        waivers = evaluate.waivers.load(
            options.waivers, policy.all_rules, as_of=options.as_of, max_days=policy.max_waiver_days
        )
    baseline = evaluate.baseline.load(options.baseline) if options.baseline is not None else None
    resolved, isolation = _resolved(paths, options, facts)
    corrected, unmatched = correct(resolved, facts, options)
    known, unavailable = look_up(corrected, facts, options)
    found = before = trace(known, facts, options.as_of)
    if options.answers is not None:
        from auditor import answers

        answered, ignored = answers.apply(known, answers.load(options.answers), facts, options.as_of)
        found, unmatched = trace(answered, facts, options.as_of), (*unmatched, *ignored)
    facts.keep()
    options.clock.lap("trace")
    judgement = evaluate.evaluate(
        found,
        policy,
        facts,
        as_of=options.as_of,
        waivers=waivers,
        baseline=baseline,
        vehicle=options.vehicle,
        before=before if options.answers is not None else None,
    )
    names = {one.id: one.path for one in found.inputs}
    judgement = msgspec.structs.replace(
        judgement,
        verdict=lenient(_without(judgement.verdict, unavailable), options),
        diagnostics=(*judgement.diagnostics, *unmatched, *unavailable, *told(found.documents, names)),
    )
    options.clock.lap("evaluate")
    document = report.build(found, judgement, policy, facts, options, isolation)
    options.clock.lap("report")
    return Audit(document, found, judgement, policy, facts)


def _without(verdict: GateResult, unavailable: tuple[str, ...]) -> GateResult:
    """Return the verdict with exit code 6 where a source that was asked for gave nothing; what it says stays."""
    if not unavailable or verdict.exit_code in _BEFORE_UNAVAILABLE:
        return verdict
    return msgspec.structs.replace(verdict, exit_code=6, reasons=(*verdict.reasons, *unavailable))


def lenient(verdict: GateResult, options: Options) -> GateResult:
    """Return the verdict with the exit code the user asked for; what it says stays."""
    code = verdict.exit_code
    if (options.exit_zero and code in (1, 4)) or (options.allow_empty and code == 3):
        return msgspec.structs.replace(verdict, exit_code=0)
    return verdict


def _standard_input(limits: Limits) -> OpenedInput:
    import sys

    from auditor.worker import hold_input

    return hold_input("-", sys.stdin.buffer, limits.total_size)


def _plain(value: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
