"""CycloneDX of an audit's components: identity, licenses, evidence and origin; 1.6 JSON unless asked otherwise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.report import bom_facts as facts
from auditor.report import bom_licenses as licenses
from auditor.report.escape import json_bytes, xml_text

if TYPE_CHECKING:
    from auditor.model import Actor
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "cyclonedx"
TITLE = "CycloneDX 1.6, JSON: the components with evidence, licenses and origin"
BINARY = False
JUDGED = False

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
CONFIDENCE = {"decisive": 0.9, "supporting": 0.6, "weak": 0.3}
SUBJECT = "subject"
"""Reference of what the document is about: the controllers."""
FIELDS = ("name", "version", "purl", "cpe")
OCCURRENCES = 50
"""Places listed per component; the JSON report has all of them."""


def render(report: Report, style: Style) -> bytes:
    """Return CycloneDX 1.6 JSON."""
    return write(report)


def write(report: Report, version: str = "1.6", form: str = "json") -> bytes:
    """Return a CycloneDX document of the report's components.

    `version` is 1.6 or 1.7; `form` is json or xml. The same report gives the same bytes.
    """
    made = tree(report, version, f"cyclonedx-{version}-{form}")
    if form == "xml":
        return _xml(made, version)
    return json_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2)) + b"\n"


def _xml(made: dict[str, Any], version: str) -> bytes:
    from cyclonedx.model.bom import Bom
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bom = Bom.from_json(made)  # type: ignore[attr-defined]
    output = make_outputter(bom, OutputFormat.XML, SchemaVersion.from_version(version))
    return xml_text(output.output_as_string(indent=2).rstrip("\n") + "\n").encode()


def tree(report: Report, version: str, form: str) -> dict[str, Any]:
    """Return the document as its JSON tree; `form` names the kind of document, for its serial number."""
    writer = _Writer(report)
    made = [writer.component(one) for one in report.components]
    made.sort(key=lambda one: (one["type"], one["name"], one.get("version", ""), one["bom-ref"]))
    edges = facts.edges(report)
    needed = {target for targets in edges.values() for target in targets}
    edges = {SUBJECT: sorted(one.id for one in report.components if one.id not in needed)} | edges
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "serialNumber": facts.serial(report, form).urn,
        "version": 1,
        "metadata": _metadata(report),
        "components": made,
        "dependencies": [
            _filled({"ref": ref, "dependsOn": edges.get(ref)})
            for ref in sorted([SUBJECT, *(one.id for one in report.components)])
        ],
    }


def _metadata(report: Report) -> dict[str, Any]:
    names = sorted({one.ecu for one in report.inputs}) or ["nothing"]
    tool = {"type": "application", "name": report.tool.name, "version": report.tool.version}
    made = {
        "timestamp": f"{report.run.as_of}T00:00:00+00:00",
        "tools": {"components": [tool]},
        "component": {"type": "device", "bom-ref": SUBJECT, "name": facts.clean(", ".join(names))},
        "properties": [{"name": "auditor:note", "value": note} for note in sorted(set(report.notes))],
    }
    return _filled(made)


class _Writer:
    """Makes components out of those of a report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.parties = {party.id: party for party in report.parties}
        self.files = facts.files(report)
        self.inputs = {entry.id: entry.path for entry in report.inputs}

    def component(self, one: ReportComponent) -> dict[str, Any]:
        """Make one component."""
        own = self.files.get(one.id, ())
        digest = facts.digest(own)
        pairs = facts.properties(one, own)
        purl = _purl(one.purl)
        if one.purl and purl is None:
            pairs.append(("auditor:purl", facts.clean(one.purl)))
        cpe = facts.good_cpe(one.cpe)
        if one.cpe and cpe is None:
            pairs.append(("auditor:cpe", facts.clean(one.cpe)))
        made = {
            "type": TYPES.get(one.kind, "library"),
            "bom-ref": one.id,
            "supplier": _declared(one.supplier),
            "manufacturer": _declared(one.manufacturer) or self.maker(one),
            "name": facts.clean(one.name),
            "version": facts.clean(one.version) if one.version else None,
            "hashes": [{"alg": "SHA-256", "content": digest}] if digest else None,
            "licenses": _licenses(one),
            "cpe": cpe,
            "purl": purl,
            "evidence": self.evidence(one),
            "properties": [{"name": name, "value": value} for name, value in sorted(set(pairs))],
        }
        return _filled(made)

    def maker(self, one: ReportComponent) -> dict[str, Any] | None:
        """Make the manufacturer of a chip nobody declared, out of who designs or owns it."""
        for stage in ("design", "owner") if one.kind == "chip" else ("design",):
            for entry in one.origin:
                party = self.parties.get(entry.party or "") if entry.stage == stage else None
                if party is not None:
                    return facts.organization(party.name, party.country)
        return None

    def evidence(self, one: ReportComponent) -> dict[str, Any]:
        """Make the evidence: what was claimed how, and where."""
        places = facts.locations(self.inputs, one)[:OCCURRENCES]
        made = {
            "identity": [found for field in FIELDS if (found := _identity(one, field))],
            "occurrences": [
                _filled({"bom-ref": f"{one.id}@{index}", "location": where, "offset": offset})
                for index, (where, offset) in enumerate(places)
            ],
            "licenses": [licenses.choice(one.licenses.observed, "concluded")] if one.licenses.observed else None,
        }
        return _filled(made)


def _filled(made: dict[str, Any]) -> dict[str, Any]:
    """Return the entries that say something; nought does."""
    return {key: value for key, value in made.items() if value or value == 0}


def _identity(one: ReportComponent, field: str) -> dict[str, Any] | None:
    votes = [vote for vote in one.evidence if vote.claim == field and vote.role == "self"]
    methods = sorted(
        {
            (TECHNIQUES.get(vote.method, "binary-analysis"), CONFIDENCE[vote.grade], facts.clean(vote.detector))
            for vote in votes
        }
    )
    if not methods:
        return None
    return {
        "field": field,
        "confidence": max(confidence for _, confidence, _ in methods),
        "methods": [{"technique": a, "confidence": b, "value": c} for a, b, c in methods],
    }


def _licenses(one: ReportComponent) -> list[dict[str, Any]]:
    """Make the licenses: the schema allows many plain ones, or one expression."""
    said = ((one.licenses.concluded, "concluded"), (one.licenses.declared, "declared"))
    found = [licenses.choice(value, acknowledgement) for value, acknowledgement in said if value]
    expressions = [made for made in found if "expression" in made]
    return expressions[:1] or found


@cache
def _purl(value: str | None) -> str | None:
    from packageurl import PackageURL

    if not value or len(value) > facts.LONGEST_EXPRESSION or facts.ILLEGAL.search(value):
        return None
    try:
        return PackageURL.from_string(value).to_string()
    except ValueError:
        return None


def _declared(actor: Actor | None) -> dict[str, Any] | None:
    """Make an organization as it was declared."""
    return facts.organization(actor.name, actor.country) if actor is not None and actor.name else None
