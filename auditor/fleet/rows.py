"""The tables of a store: their columns, and the rows of one image."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from auditor.report.escape import terminal
from auditor.report.maps import jurisdiction
from auditor.report.summary import SEVERITIES

if TYPE_CHECKING:
    from auditor.report.schema import Report, ReportComponent

Row = dict[str, Any]
AUDITED, INCOMPLETE, FAILED, UNREADABLE = "audited", "incomplete", "failed", "unreadable"

COLUMNS: dict[str, dict[str, str]] = {
    "images": {
        "image": "string", "stamp": "string", "state": "string", "result": "string", "type": "string",
        "size": "int64", "problems": "list", "components": "int32", "critical": "int32", "high": "int32",
        "medium": "int32", "low": "int32", "undetermined": "int32", "origin_coverage": "float64",
        "version_coverage": "float64", "as_of": "string",
    },
    "components": {
        "image": "string", "stamp": "string", "component": "string", "kind": "string", "layer": "string",
        "name": "string", "version": "string", "purl": "string", "cpe": "string", "mpn": "string",
        "license": "string", "party": "string", "party_name": "string", "country": "string",
        "basis": "string", "jurisdiction": "string", "declared": "bool", "observed": "bool",
        "governance": "string",
    },
    "findings": {
        "image": "string", "stamp": "string", "finding": "string", "rule": "string", "title": "string",
        "severity": "string", "verdict": "string", "status": "string", "confidence": "string",
        "components": "list", "message": "string",
    },
    "parties": {
        "image": "string", "stamp": "string", "party": "string", "name": "string", "country": "string",
        "kind": "string", "parent": "string", "components": "int32",
    },
    "sources": {"source": "string", "image": "string", "size": "int64"},
}  # fmt: skip
"""Table -> column -> type. `list` is a list of strings; a fact that is not known is null."""
PER_IMAGE = ("components", "findings", "parties")
PROBLEMS = 20
"""Problems of one image that a row names."""


def schema(table: str) -> Any:
    """Return the Arrow schema of a table."""
    import pyarrow

    types = {
        "string": pyarrow.string(),
        "int32": pyarrow.int32(),
        "int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "list": pyarrow.list_(pyarrow.string()),
    }
    return pyarrow.schema([(name, types[kind]) for name, kind in COLUMNS[table].items()])


def of_report(report: Report, image: str, stamp: str) -> dict[str, list[Row]]:
    """Return the rows of an audited image by table."""
    both = {"image": image, "stamp": stamp}
    parts = [both | _component(one, report) for one in report.components]
    findings = [
        both
        | {
            "finding": one.id,
            "rule": one.rule,
            "title": one.title,
            "severity": one.severity,
            "verdict": one.verdict,
            "status": one.status,
            "confidence": one.confidence,
            "components": list(one.components),
            "message": one.message,
        }
        for one in report.findings
    ]
    used = Counter(part["party"] for part in parts)
    parties = [
        both
        | {name: getattr(one, name) for name in ("name", "country", "kind", "parent")}
        | {"party": one.id, "components": used[one.id]}
        for one in report.parties
    ]
    return {
        "components": sorted(parts, key=lambda row: row["component"]),
        "findings": sorted(findings, key=lambda row: row["finding"]),
        "parties": sorted(parties, key=lambda row: row["party"]),
        "images": [both | _image(report, len(parts))],
    }


def without_report(image: str, stamp: str, state: str, problem: str, as_of: str) -> dict[str, list[Row]]:
    """Return the rows of an image that could not be audited: one, that says so."""
    row = dict.fromkeys(COLUMNS["images"]) | dict.fromkeys(("components", *SEVERITIES[:4], "undetermined"), 0)
    row = {name: row[name] for name in COLUMNS["images"]}
    row |= {"image": image, "stamp": stamp, "state": state, "result": "inconclusive", "as_of": as_of}
    return {"images": [row | {"problems": [terminal(problem)]}], **{table: [] for table in PER_IMAGE}}


def _image(report: Report, components: int) -> Row:
    one, tally = report.inputs[0], report.summary
    lines = [f"{each.code}: {each.message}" + (f" ({each.path})" if each.path else "") for each in one.problems]
    return {
        "state": AUDITED if one.complete else INCOMPLETE,
        "result": report.verdict.result,
        "type": one.type,
        "size": one.size,
        "problems": lines[:PROBLEMS],
        "components": components,
        **{name: tally.by_severity.get(name, 0) for name in SEVERITIES[:4]},
        "undetermined": tally.undetermined,
        "origin_coverage": tally.coverage.origin,
        "version_coverage": tally.coverage.version,
        "as_of": report.run.as_of,
    }


def _component(one: ReportComponent, report: Report) -> Row:
    entry = next((entry for entry in one.origin if entry.stage in ("owner", "steward")), None)
    party = entry.party if entry else None
    names = {each.id: each.name for each in report.parties}
    plain = ("kind", "layer", "name", "version", "purl", "cpe", "mpn", "declared", "observed", "governance")
    return {name: getattr(one, name) for name in plain} | {
        "component": one.id,
        "license": one.licenses.concluded,
        "party": party,
        "party_name": names.get(party or "", party),
        "country": entry.country if entry else None,
        "basis": entry.basis if entry else None,
        "jurisdiction": jurisdiction(one, report),
    }
