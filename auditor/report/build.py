"""Inventory and judgement to the report's records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.judgement import GateResult, Judgement
from auditor.model import Component, Document, Inventory
from auditor.report import userinfo
from auditor.report.questions import open_ones
from auditor.report.schema import (
    DocumentEntry,
    Ecu,
    OriginEntry,
    Report,
    ReportComponent,
    Run,
    SourcingEntry,
    Tool,
    Vote,
)
from auditor.report.summary import summarize
from auditor.trace.ownership import with_named

if TYPE_CHECKING:
    from auditor.evaluate import Policy
    from auditor.knowledge import Knowledge
    from auditor.pipeline import Options
    from auditor.vehicle import Vehicle


SETTINGS = (
    "fail_on", "on_unknown", "accept_stated", "model_year", "type_approved", "support_years", "import_year",
    "min_coverage", "min_confidence", "select", "ignore", "overridden",
)  # fmt: skip
"""What a policy and the record of a run call alike."""


def build(
    inventory: Inventory,
    judgement: Judgement,
    policy: Policy,
    knowledge: Knowledge,
    options: Options,
    isolation: dict[str, Any],
) -> Report:
    """Return the report of a run, without passwords in addresses; a pure function of its arguments."""
    settings = {name: getattr(policy, name) for name in SETTINGS}
    settings |= {"markets": policy.markets or (), "severities": dict(sorted(policy.severities.items()))}
    findings = tuple(one for one in judgement.findings if not (policy.new_only and one.state == "baselined"))
    made = _assembled(inventory, judgement, knowledge, options, isolation, policy.digest, settings)
    questions = open_ones(judgement.questions, {one.id for one in findings})
    return userinfo.removed(msgspec.structs.replace(made, findings=findings, questions=questions))


def unjudged(inventory: Inventory, knowledge: Knowledge, options: Options, isolation: dict[str, Any]) -> Report:
    """Return the report of a run without rules: what is there, and a verdict that passes nothing."""
    verdict = GateResult("inconclusive", 4, ("no rule was run",))
    nothing = Judgement(findings=(), rules_run=(), rules=(), packs=(), verdict=verdict)
    settings = {"fail_on": "never", "on_unknown": "inconclusive"}
    return userinfo.removed(_assembled(inventory, nothing, knowledge, options, isolation, "", settings))


def _assembled(
    inventory: Inventory,
    judgement: Judgement,
    knowledge: Knowledge,
    options: Options,
    isolation: dict[str, Any],
    rules_digest: str,
    settings: Mapping[str, Any],
) -> Report:
    from auditor import __version__

    return Report(
        tool=Tool(
            name="auditor",
            version=__version__,
            rules_digest=rules_digest,
            knowledge_digest=knowledge.digest,
            knowledge_date=str(knowledge.date),
        ),
        run=Run(
            as_of=options.as_of.isoformat(),
            home=judgement.home,
            trusted=judgement.trusted,
            restricted=judgement.restricted,
            packs=judgement.packs,
            offline=options.online is None,
            limits=msgspec.to_builtins(options.limits),
            isolation=isolation,
            **settings,
        ),
        verdict=judgement.verdict,
        summary=summarize(inventory, judgement, options.vehicle),
        inputs=inventory.inputs,
        ecus=tuple(ecus(inventory, options.vehicle)),
        vehicle=options.vehicle or msgspec.UNSET,
        parties=with_named(inventory.parties, options.vehicle.named_parties, knowledge, options.as_of)
        if options.vehicle
        else inventory.parties,
        components=tuple(component(one) for one in inventory.components),
        links=inventory.links,
        documents=tuple(document(one) for one in inventory.documents),
        comparison=inventory.comparison,
        findings=judgement.findings,
        rules=judgement.rules,
        rules_run=judgement.rules_run,
        questions=judgement.questions,
        waivers=judgement.waivers,
        diagnostics=judgement.diagnostics,
    )


def ecus(inventory: Inventory, vehicle: Vehicle | None = None) -> Iterable[Ecu]:
    """Yield the controllers with the ids of their inputs and what the vehicle file says of them."""
    said = {one.title: one for one in vehicle.ecus} if vehicle else {}
    for name in sorted({one.ecu for one in inventory.inputs}):
        inputs = tuple(one.id for one in inventory.inputs if one.ecu == name)
        one = said.get(name)
        if one is None or vehicle is None:
            yield Ecu(id=name, name=name, inputs=inputs)
            continue
        functions = tuple(sorted(each.id for each in vehicle.functions if one.id in each.needs))
        yield Ecu(one.id, name, inputs, one.quantity, one.domain or None, functions, one.asil)


def component(one: Component) -> ReportComponent:
    """Return the report's record of a component."""
    return ReportComponent(
        id=one.id,
        key=one.key,
        kind=one.kind,
        layer=one.layer,
        name=one.name,
        ecu=one.ecu,
        declared=one.declared,
        observed=one.observed,
        version=one.version,
        version_range=one.version_range,
        purl=one.purl,
        cpe=one.cpe,
        mpn=one.mpn,
        quantity=one.quantity,
        supplier=one.supplier,
        manufacturer=one.manufacturer,
        governance=one.governance,
        knowledge=one.knowledge,
        linkage=one.linkage,
        contradictions=one.contradictions,
        generation=one.generation,
        classification=one.classification,
        licenses=one.licenses,
        sourcing=None
        if one.sourcing is None
        else SourcingEntry(
            one.sourcing.known,
            one.sourcing.alternates,
            one.sourcing.codes,
            one.sourcing.lifecycle,
            one.sourcing.channels,
        ),
        origin=tuple(
            OriginEntry(
                stage=entry.stage,
                confidence=entry.confidence,
                basis=entry.basis,
                party=entry.party,
                country=entry.country,
                share=entry.share,
                evidence=entry.sources,
            )
            for entry in one.origin
        ),
        evidence=tuple(
            Vote(
                claim=vote.claim,
                value=vote.value,
                method=vote.method,
                grade=vote.grade,
                detector=vote.detector,
                input=vote.input,
                path=vote.path,
                role=vote.role,
                offset=vote.offset,
                pointer=vote.pointer,
                line=vote.line,
                sha256=vote.artifact,
            )
            for vote in one.evidence
        ),
    )


def document(one: Document) -> DocumentEntry:
    """Return the report's record of a bill of materials."""
    return DocumentEntry(
        input=one.input,
        path=one.path,
        format=one.format,
        version=one.version,
        components=len(one.components),
        elements=dict(one.elements),
        violations=one.violations,
        problems=one.problems,
        statements=one.statements or msgspec.UNSET,
    )
