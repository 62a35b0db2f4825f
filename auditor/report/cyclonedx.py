"""CycloneDX of an audit's components: identity, licenses, evidence and origin; 1.6 JSON unless asked otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from auditor.report import bom_facts as facts
from auditor.report.escape import json_text, xml_text

if TYPE_CHECKING:
    from auditor.model import Actor
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "cyclonedx"
TITLE = "CycloneDX 1.6, JSON: the components with evidence, licenses and origin"
BINARY = False

TYPES = {
    "os-kernel": "operating-system",
    "os-distribution": "operating-system",
    "rtos": "operating-system",
    "hypervisor": "operating-system",
    "bootloader": "firmware",
    "firmware": "firmware",
    "middleware": "framework",
    "library": "library",
    "application": "application",
    "toolchain": "application",
    "chip": "device",
    "ai-model": "machine-learning-model",
    "dataset": "data",
    "material": "device",
    "service": "platform",
}
TECHNIQUES = {
    "package-database": "manifest-analysis",
    "manifest": "manifest-analysis",
    "declared": "attestation",
    "hash": "hash-comparison",
    "filename": "filename",
}
CONFIDENCE = {"decisive": "0.9", "supporting": "0.6", "weak": "0.3"}
FIELDS = ("name", "version", "purl", "cpe")
OCCURRENCES = 50
"""Places listed per component; the JSON report has all of them."""


def render(report: Report, style: Style) -> bytes:
    """Return CycloneDX 1.6 JSON."""
    return write(report)


def write(report: Report, version: str = "1.6", form: str = "json") -> bytes:
    """Return a CycloneDX document of the report's components.

    `version` is 1.5, 1.6 or 1.7; `form` is json or xml. The same report gives the same bytes.
    """
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    made = _Writer(report).bom(f"cyclonedx-{version}-{form}")
    schema = SchemaVersion.from_version(version)
    output = make_outputter(made, OutputFormat[form.upper()], schema)
    text = output.output_as_string(indent=2).rstrip("\n") + "\n"
    return (json_text(text) if form == "json" else xml_text(text)).encode()


class _Writer:
    """Makes the library's records out of ours."""

    def __init__(self, report: Report) -> None:
        from cyclonedx.contrib.license.factories import LicenseFactory

        self.report = report
        self.parties = {party.id: party for party in report.parties}
        self.factory = LicenseFactory()
        self.files = facts.files(report)

    def bom(self, form: str) -> Any:
        """Make the document."""
        from cyclonedx.model import Property
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.tool import ToolRepository

        tool = Component(name=self.report.tool.name, version=self.report.tool.version, type=ComponentType.APPLICATION)
        names = sorted({one.ecu for one in self.report.inputs}) or ["nothing"]
        subject = Component(name=facts.clean(", ".join(names)), type=ComponentType.DEVICE, bom_ref="subject")
        day = date.fromisoformat(self.report.run.as_of)
        bom = Bom(
            serial_number=facts.serial(self.report, form),
            metadata=BomMetaData(
                timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
                tools=ToolRepository(components=[tool]),
                component=subject,
                properties=[Property(name="auditor:note", value=note) for note in self.report.notes],
            ),
        )
        components = {one.id: self.component(one) for one in self.report.components}
        for component in components.values():
            bom.components.add(component)
        edges = facts.edges(self.report)
        for source, targets in edges.items():
            bom.register_dependency(components[source], [components[target] for target in targets])
        needed = {target for targets in edges.values() for target in targets}
        bom.register_dependency(subject, [one for key, one in components.items() if key not in needed])
        return bom

    def component(self, one: ReportComponent) -> Any:
        """Make one component."""
        from cyclonedx.model import HashAlgorithm, HashType, Property
        from cyclonedx.model.component import Component, ComponentType

        own = self.files.get(one.id, ())
        digest = facts.digest(own)
        pairs = facts.properties(one, own)
        purl = _purl(one.purl)
        if one.purl and purl is None:
            pairs.append(("auditor:purl", facts.clean(one.purl)))
        cpe = facts.good_cpe(one.cpe)
        if one.cpe and cpe is None:
            pairs.append(("auditor:cpe", facts.clean(one.cpe)))
        return Component(
            name=facts.clean(one.name),
            version=facts.clean(one.version) if one.version else None,
            type=ComponentType(TYPES.get(one.kind, "library")),
            bom_ref=one.id,
            purl=purl,
            cpe=cpe,
            supplier=self.organization(one.supplier),
            manufacturer=self.organization(one.manufacturer) or self.maker(one),
            licenses=self.licenses(one),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)] if digest else None,
            properties=[Property(name=name, value=value) for name, value in sorted(set(pairs))],
            evidence=self.evidence(one),
        )

    def organization(self, actor: Actor | None) -> Any:
        """Make an organization as it was declared."""
        return _organization(actor.name, actor.country) if actor is not None and actor.name else None

    def maker(self, one: ReportComponent) -> Any:
        """Make the manufacturer of a chip nobody declared, out of who designs or owns it."""
        for stage in ("design", "owner") if one.kind == "chip" else ("design",):
            for entry in one.origin:
                party = self.parties.get(entry.party or "") if entry.stage == stage else None
                if party is not None:
                    return _organization(party.name, party.country)
        return None

    def license(self, value: str, acknowledgement: str) -> list[Any]:
        """Make a license or expression; a text that is neither becomes a name."""
        from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement

        mark = LicenseAcknowledgement(acknowledgement)
        if not facts.simple(value):
            return [DisjunctiveLicense(name=facts.clean(value[: facts.LONGEST_EXPRESSION]), acknowledgement=mark)]
        return [self.factory.make_from_string(facts.clean(value), license_acknowledgement=mark)]

    def licenses(self, one: ReportComponent) -> list[Any]:
        """Make the licenses: the schema allows many plain ones, or one expression."""
        from cyclonedx.model.license import LicenseExpression

        found = []
        if one.licenses.concluded:
            found += self.license(one.licenses.concluded, "concluded")
        if one.licenses.declared:
            found += self.license(one.licenses.declared, "declared")
        expressions = [value for value in found if isinstance(value, LicenseExpression)]
        return expressions[:1] if expressions else found

    def evidence(self, one: ReportComponent) -> Any:
        """Make the evidence: what was claimed how, and where."""
        from decimal import Decimal

        from cyclonedx.model.component_evidence import (
            AnalysisTechnique,
            ComponentEvidence,
            Identity,
            IdentityField,
            Method,
            Occurrence,
        )

        identities = []
        for field in FIELDS:
            votes = [vote for vote in one.evidence if vote.claim == field and vote.role == "self"]
            methods = {
                (TECHNIQUES.get(vote.method, "binary-analysis"), CONFIDENCE[vote.grade], facts.clean(vote.detector))
                for vote in votes
            }
            if methods:
                best = max(Decimal(confidence) for _, confidence, _ in methods)
                made = [Method(technique=AnalysisTechnique(a), confidence=Decimal(b), value=c) for a, b, c in methods]
                identities.append(Identity(field=IdentityField(field), confidence=best, methods=made))
        places = [
            Occurrence(location=where, offset=offset, bom_ref=f"{one.id}@{index}")
            for index, (where, offset) in enumerate(facts.locations(self.report, one)[:OCCURRENCES])
        ]
        observed = self.license(one.licenses.observed, "concluded") if one.licenses.observed else []
        if not identities and not places and not observed:
            return None
        return ComponentEvidence(identity=identities, occurrences=places, licenses=observed)


def _purl(value: str | None) -> Any:
    from packageurl import PackageURL

    if not value or len(value) > facts.LONGEST_EXPRESSION or facts.ILLEGAL.search(value):
        return None
    try:
        return PackageURL.from_string(value)
    except ValueError:
        return None


def _organization(name: str, country: str | None) -> Any:
    from cyclonedx.model.contact import OrganizationalEntity, PostalAddress

    address = PostalAddress(country=facts.clean(country)) if country else None
    return OrganizationalEntity(name=facts.clean(name), address=address)
