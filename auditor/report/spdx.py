"""SPDX 2.3 of an audit's components, JSON or tag-value; what SPDX has no field for stands in annotations."""

from __future__ import annotations

import importlib
import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from auditor.report import bom_facts as facts
from auditor.report.escape import json_text, lines

if TYPE_CHECKING:
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "spdx"
TITLE = "SPDX 2.3, JSON: the components with licenses; origin in annotations"
BINARY = False

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
    document = _Writer(report).document(f"spdx-{form}")
    stream = io.StringIO()
    if form == "json":
        from spdx_tools.spdx.writer.json import json_writer

        json_writer.write_document_to_stream(document, stream, validate=False)
    else:
        from spdx_tools.spdx.writer.tagvalue import tagvalue_writer

        tagvalue_writer.write_document_to_stream(document, stream, validate=False)
    text = stream.getvalue().rstrip("\n") + "\n"
    return (json_text(text) if form == "json" else lines(text)).encode()


class _Writer:
    """Makes the library's records out of ours."""

    def __init__(self, report: Report) -> None:
        from spdx_tools.common.spdx_licensing import spdx_licensing

        self.report = report
        self.licensing: Any = spdx_licensing
        day = date.fromisoformat(report.run.as_of)
        self.day = datetime(day.year, day.month, day.day)
        self.ids = {one.id: f"SPDXRef-{NOT_AN_ID.sub('-', one.id).strip('-')}" for one in report.components}
        self.parsed: dict[str, Any] = {}
        self.files = facts.files(report)

    def document(self, form: str) -> Any:
        """Make the document."""
        spdx = _model()
        report = self.report
        names = sorted({one.ecu for one in report.inputs}) or ["nothing"]
        info = spdx.CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id="SPDXRef-DOCUMENT",
            name=_line(", ".join(names)),
            document_namespace=f"https://spdx.org/spdxdocs/auditor-{facts.serial(report, form)}",
            creators=[spdx.Actor(spdx.ActorType.TOOL, f"{report.tool.name}-{report.tool.version}")],
            created=self.day,
            document_comment="\n".join(report.notes),
        )
        kinds = spdx.RelationshipType
        relationships = [
            spdx.Relationship("SPDXRef-DOCUMENT", kinds.DESCRIBES, one) for one in sorted(self.ids.values())
        ]
        for source, targets in facts.edges(report).items():
            for target in targets:
                relationships.append(spdx.Relationship(self.ids[source], kinds.DEPENDS_ON, self.ids[target]))
        return spdx.Document(
            creation_info=info,
            packages=[self.package(one) for one in report.components],
            annotations=[self.annotation(one) for one in report.components],
            relationships=relationships,
        )

    def package(self, one: ReportComponent) -> Any:
        """Make one package."""
        spdx = _model()
        purpose = PURPOSES.get(one.kind, "OTHER")
        digest = facts.digest(self.files.get(one.id, ()))
        return spdx.Package(
            spdx_id=self.ids[one.id],
            name=_line(one.name),
            download_location=spdx.SpdxNoAssertion(),
            version=_line(one.version) if one.version else None,
            supplier=_actor(one.supplier.name if one.supplier else None),
            originator=_actor(one.manufacturer.name if one.manufacturer else None),
            files_analyzed=False,
            checksums=[spdx.Checksum(spdx.ChecksumAlgorithm.SHA256, digest)] if digest else None,
            license_declared=self.license(one.licenses.declared),
            license_concluded=self.license(one.licenses.concluded),
            copyright_text=spdx.SpdxNoAssertion(),
            external_references=_references(one),
            primary_package_purpose=spdx.PackagePurpose[purpose],
        )

    def license(self, value: str | None) -> Any:
        """Make an expression of known ids; anything else is NOASSERTION (the text stands in the annotation)."""
        spdx = _model()
        if not value or not facts.simple(value):
            return spdx.SpdxNoAssertion()
        if value not in self.parsed:
            try:
                self.parsed[value] = self.licensing.parse(value, validate=True, strict=True)
            except Exception:  # the library's errors share no base class
                self.parsed[value] = None
        found = self.parsed[value]
        return spdx.SpdxNoAssertion() if found is None else found  # an expression has no truth value: AND, OR raise

    def annotation(self, one: ReportComponent) -> Any:
        """Make the annotation with the properties of the `auditor:` namespace, one `name=value` a line."""
        spdx = _model()
        pairs = sorted(set(facts.properties(one, self.files.get(one.id, ()))))
        lines = [f"{name}={_line(value)}" for name, value in pairs]
        tool = spdx.Actor(spdx.ActorType.TOOL, f"{self.report.tool.name}-{self.report.tool.version}")
        return spdx.Annotation(self.ids[one.id], spdx.AnnotationType.OTHER, tool, self.day, "\n".join(lines))


def _model() -> Any:
    """Return the library's records (the package does not mark them as exported)."""
    return importlib.import_module("spdx_tools.spdx.model")


def _line(value: str) -> str:
    """Return a text on one line that cannot end a `<text>` early."""
    one = " ".join(facts.clean(value).split())
    return one.replace("</text>", "< /text>") or "-"


def _actor(name: str | None) -> Any:
    spdx = _model()
    return (
        spdx.Actor(spdx.ActorType.ORGANIZATION, _line(name).replace("(", "[").replace(")", "]"))
        if name
        else spdx.SpdxNoAssertion()
    )


def _references(one: ReportComponent) -> list[Any]:
    spdx = _model()
    found = []
    if one.purl and not re.search(r"\s", one.purl) and one.purl.startswith("pkg:"):
        purl = facts.clean(one.purl)
        found.append(spdx.ExternalPackageRef(spdx.ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl))
    cpe = facts.good_cpe(one.cpe)
    if cpe:
        kind = "cpe23Type" if cpe.startswith("cpe:2.3:") else "cpe22Type"
        found.append(spdx.ExternalPackageRef(spdx.ExternalPackageRefCategory.SECURITY, kind, cpe))
    return found
