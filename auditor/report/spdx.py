"""SPDX 2.3 of an audit's components, JSON or tag-value; what SPDX has no field for stands in annotations."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.report import bom_facts as facts
from auditor.report import bom_licenses as licenses
from auditor.report.escape import json_bytes, lines

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "spdx"
TITLE = "SPDX 2.3, JSON: the components with licenses; origin in annotations"
BINARY = False
JUDGED = False

PURPOSES = {
    "os-kernel": "OPERATING_SYSTEM",
    "os-distribution": "OPERATING_SYSTEM",
    "rtos": "OPERATING_SYSTEM",
    "hypervisor": "OPERATING_SYSTEM",
    "bootloader": "FIRMWARE",
    "firmware": "FIRMWARE",
    "middleware": "FRAMEWORK",
    "library": "LIBRARY",
    "application": "APPLICATION",
    "toolchain": "APPLICATION",
    "chip": "DEVICE",
}
NOT_AN_ID = re.compile(r"[^A-Za-z0-9.-]+")


def render(report: Report, style: Style) -> bytes:
    """Return SPDX 2.3 JSON."""
    return write(report)


def write(report: Report, form: str = "json") -> bytes:
    """Return an SPDX 2.3 document of the report's components; `form` is json or tag-value.

    The same report gives the same bytes.
    """
    made = tree(report, f"spdx-{form}")
    if form == "json":
        return json_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2)) + b"\n"
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.writer.tagvalue import tagvalue_writer

    stream = io.StringIO()
    document = JsonLikeDictParser().parse(made)  # type: ignore[no-untyped-call]
    tagvalue_writer.write_document_to_stream(document, stream, validate=False)
    return lines(stream.getvalue().rstrip("\n") + "\n").encode()


def tree(report: Report, form: str) -> dict[str, Any]:
    """Return the document as its JSON tree; `form` names the kind of document, for its namespace."""
    names = sorted({one.ecu for one in report.inputs}) or ["nothing"]
    ids = {one.id: f"SPDXRef-{NOT_AN_ID.sub('-', one.id).strip('-')}" for one in report.components}
    files = facts.files(report)
    created = f"{report.run.as_of}T00:00:00Z"
    tool = f"Tool: {report.tool.name}-{report.tool.version}"
    edges = [("SPDXRef-DOCUMENT", "DESCRIBES", one) for one in sorted(ids.values())]
    for source, targets in facts.edges(report).items():
        edges += [(ids[source], "DEPENDS_ON", ids[target]) for target in targets]
    packages = []
    for one in report.components:
        own = files.get(one.id, ())
        pairs = sorted(set(facts.properties(one, own)))
        note = "\n".join(f"{name}={_line(value)}" for name, value in pairs)
        signed = {"annotationDate": created, "annotationType": "OTHER", "annotator": tool, "comment": note}
        packages.append({"SPDXID": ids[one.id], **_package(one, facts.digest(own)), "annotations": [signed]})
    return {
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "name": _line(", ".join(names)),
        "documentNamespace": f"https://spdx.org/spdxdocs/auditor-{facts.serial(report, form)}",
        "creationInfo": {"created": created, "creators": [tool]},
        "comment": "\n".join(report.notes),
        "packages": packages,
        "relationships": [
            {"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}
            for source, kind, target in edges
        ],
    }


def _package(one: ReportComponent, digest: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {"name": _line(one.name)}
    if one.version:
        made["versionInfo"] = _line(one.version)
    made |= {
        "supplier": _actor(one.supplier.name if one.supplier else None),
        "originator": _actor(one.manufacturer.name if one.manufacturer else None),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
    }
    if digest:
        made["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    made |= {
        "licenseConcluded": _license(one.licenses.concluded),
        "licenseDeclared": _license(one.licenses.declared),
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": PURPOSES.get(one.kind, "OTHER"),
    }
    references = list(_references(one))
    if references:
        made["externalRefs"] = references
    return made


def _license(value: str | None) -> str:
    """Return an expression of known ids; anything else is NOASSERTION (the text stands in the annotation)."""
    return (licenses.expression(value) if value and facts.simple(value) else None) or "NOASSERTION"


def _line(value: str) -> str:
    """Return a text on one line that cannot end a `<text>` early."""
    one = " ".join(facts.clean(value).split())
    return one.replace("</text>", "< /text>") or "-"


def _actor(name: str | None) -> str:
    return "Organization: " + _line(name).replace("(", "[").replace(")", "]") if name else "NOASSERTION"


def _references(one: ReportComponent) -> Iterator[dict[str, Any]]:
    if one.purl and not re.search(r"\s", one.purl) and one.purl.startswith("pkg:"):
        yield _reference("PACKAGE-MANAGER", "purl", facts.clean(one.purl))
    cpe = facts.good_cpe(one.cpe)
    if cpe:
        yield _reference("SECURITY", "cpe23Type" if cpe.startswith("cpe:2.3:") else "cpe22Type", cpe)


def _reference(category: str, kind: str, locator: str) -> dict[str, Any]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
