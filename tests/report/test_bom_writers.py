"""Written BOMs are valid, read back equal, the same every time; enrichment keeps every leaf."""

from __future__ import annotations

import datetime
import hashlib
import json

import msgspec
import pytest

from auditor.compare import Change, diff
from auditor.identify import documents
from auditor.identify.documents import schemas
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Actor, Artifact, Licenses, Link
from auditor.pipeline import Options, audit
from auditor.report import render
from auditor.report.enrich import NotEnriched, enrich
from auditor.report.schema import OriginEntry
from auditor.unpack.view import View

BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "vendor": {"kept": [1.50, 1e5, None, "\u00fc"]},
    "components": [
        {"type": "library", "name": "zlib", "version": "1.3", "bom-ref": "z", "purl": "pkg:generic/zlib@1.3",
         "licenses": [{"license": {"id": "Zlib"}}], "properties": []},
        {"type": "device", "name": "AB1234", "bom-ref": "u", "x-own": {}, "manufacturer": {"name": "Maker (Ltd)"}},
        {"type": "library", "name": "od\x1bd <name>&", "version": "1\u202e", "bom-ref": "o"},
    ],
}  # fmt: skip
FORMS = ("cyclonedx", "cyclonedx-1.7", "cyclonedx-xml", "spdx", "spdx-tag-value")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("boms") / "supplier.cdx.json"
    path.write_bytes(json.dumps(BOM, indent=1).encode())
    return path


@pytest.fixture(scope="module")
def report(source):
    made = audit([str(source)], Options(as_of=datetime.date(2026, 11, 24))).report
    one, *others = made.components
    changed = msgspec.structs.replace(
        one,
        version=None,
        version_range=">=1 <2",
        cpe="no cpe",
        supplier=Actor(name="Seller", country="DE"),
        licenses=Licenses(declared="MIT", observed="(" * 5000 + "MIT" + ")" * 5000, concluded="MIT OR Own-1"),
        origin=(OriginEntry(stage="owner", confidence="high", basis="read", party="p", country="DE", share=0.5),),
    )
    links = (Link(source=one.id, target=others[0].id, type="links"), Link(one.id, one.id, "contains"))
    return msgspec.structs.replace(made, components=(changed, *others), links=links)


def read(data: bytes):
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path="", kind="file", size=len(data))
    return documents.read(Sample(artifact, View(data), Limits()))


@pytest.mark.parametrize("form", FORMS)
def test_written_documents_are_valid_and_repeatable(report, form):
    data = render(report, form)
    assert data == render(report, form)
    document = read(data)
    assert document.violations == ()
    assert [problem.code for problem in document.problems] == []
    assert len(document.components) == len(report.components)
    assert any(target for _, target in document.dependencies)


@pytest.mark.parametrize("form", FORMS)
def test_the_reference_libraries_load_them(report, form, tmp_path):
    data = render(report, form)
    if form.startswith("cyclonedx"):
        import io

        from cyclonedx.model.bom import Bom

        bom = Bom.from_xml(io.StringIO(data.decode())) if form.endswith("xml") else Bom.from_json(json.loads(data))
        assert len(bom.components) == len(report.components)
        return
    from spdx_tools.spdx.parser.json.json_parser import parse_from_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    if form == "spdx":
        path = tmp_path / "a.spdx.json"
        path.write_bytes(data)
        parsed = parse_from_file(str(path))
        assert validate_full_spdx_document(parsed) == []
        assert len(parsed.packages) == len(report.components)


def test_a_version_range_is_no_version_and_origin_is_written(report):
    bom = json.loads(render(report, "cyclonedx"))
    one = next(c for c in bom["components"] if c["bom-ref"] == report.components[0].id)
    properties = {p["name"]: p["value"] for p in one["properties"]}
    assert "version" not in one
    assert properties["auditor:versionRange"] == ">=1 <2"
    assert properties["auditor:origin:owner:country"] == "DE 0.5"
    assert properties["auditor:cpe"] == "no cpe"
    assert one["supplier"]["address"]["country"] == "DE"


def leaves(tree, path=""):
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, f"{path}/{key}")
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, f"{path}/{index}")
    elif not isinstance(tree, (dict, list)):
        yield path, tree


def test_enrichment_keeps_every_leaf_and_stays_valid(source, report):
    data = source.read_bytes()
    enriched = enrich(data, report)
    before, after = dict(leaves(json.loads(data))), dict(leaves(json.loads(enriched)))
    assert before.items() <= after.items()
    assert len(after) > len(before)
    assert enriched == enrich(data, report)
    own = {key: value for key, value in json.loads(enriched).items() if key != "vendor"}
    for component in own["components"]:
        component.pop("x-own", None)
        assert any(p["name"] == "auditor:kind" for p in component["properties"])
    assert schemas.cyclonedx_json(own, "1.6", "") == ()


def test_only_the_document_of_the_report_is_enriched(report):
    with pytest.raises(NotEnriched):
        enrich(b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}', report)


def test_differences_between_documents():
    def document(*components):
        return read(json.dumps({**BOM, "components": list(components)}).encode())

    old = document({"type": "library", "name": "a", "version": "1"}, {"type": "library", "name": "b"})
    new = document({"type": "library", "name": "a", "version": "2"}, {"type": "library", "name": "c", "version": "3"})
    assert diff(old, new) == (
        Change("changed", "component", "a", "version", "1", "2"),
        Change("removed", "component", "b"),
        Change("added", "component", "c", after="3"),
    )
    assert diff(old, old) == ()


def test_differences_between_reports(report):
    one, *others = report.components
    newer = msgspec.structs.replace(one, licenses=Licenses(concluded="ISC"))
    changed = msgspec.structs.replace(report, components=(newer, *others), findings=())
    found = diff(report, changed)
    assert Change("changed", "component", one.name, "license", "MIT OR Own-1", "ISC", one.ecu) in found
    assert {change.what for change in found if change.kind == "finding"} == {"removed"}
    assert len([change for change in found if change.kind == "finding"]) == len(report.findings)


@pytest.mark.parametrize("expression", ["GPL-2.0-only OR MIT", "MIT AND (ISC OR Zlib)", "MIT"])
def test_expressions_of_known_licenses_are_written_to_spdx(report, expression):
    one, *others = report.components
    changed = msgspec.structs.replace(one, licenses=Licenses(declared=expression, concluded=expression))
    made = json.loads(render(msgspec.structs.replace(report, components=(changed, *others)), "spdx"))
    package = next(package for package in made["packages"] if package["name"] == one.name)
    assert package["licenseDeclared"] == package["licenseConcluded"] == expression
    assert render(msgspec.structs.replace(report, components=(changed, *others)), "spdx-tag-value")
