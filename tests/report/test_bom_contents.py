"""Each fact of a component stands in the field that the format has for it, and nowhere else."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.model import Actor, Alternate, Link, Party
from auditor.pipeline import Options, audit
from auditor.report import bom_facts as facts
from auditor.report import render
from auditor.report.cyclonedx import OCCURRENCES
from auditor.report.enrich import NotEnriched, enrich
from auditor.report.schema import OriginEntry, Report, SourcingEntry, Vote

CPE = "cpe:2.3:a:zlib:zlib:1.3:*:*:*:*:*:*:*"
BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "a/b~c": {"kept": True},
    "components": [
        {"type": "library", "name": "zlib", "version": "1.3", "purl": "pkg:generic/zlib@1.3"},
        {"type": "library", "name": "app", "version": "2", "purl": "pkg:generic/app@2"},
        {"type": "device", "name": "AB1234", "purl": "pkg:generic/ab1234@1"},
    ],
    "services": [{"name": "cloud", "provider": {"name": "Host"}}],
}


def source(tree: dict[str, Any], folder: Path, name: str = "x.cdx.json") -> tuple[bytes, Report]:
    path = folder / name
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path.read_bytes(), audit([str(path)], Options(as_of=datetime.date(2026, 11, 24))).report


def vote(claim: str, path: str, grade: str = "decisive", role: str = "self", method: str = "string") -> Vote:
    return Vote(claim, "x", method, grade, "signatures", "i", path, role, sha256="a" * 64)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    made = source(BOM, tmp_path_factory.mktemp("contents"))[1]
    parts = {one.name: one for one in made.components}
    seen = (*(vote("name", f"f{at:03}") for at in range(60)), vote("version", "f000", "weak", method="soname"))
    parts["zlib"] = msgspec.structs.replace(
        parts["zlib"],
        evidence=(*seen, vote("name", "f000", "weak", method="filename")),
        cpe=CPE,
        observed=True,
        supplier=Actor("Seller"),
        manufacturer=Actor("Maker"),
        sourcing=SourcingEntry(True, (Alternate("other zlib", "functional"),)),
    )
    origin = [OriginEntry(stage, "high", "read", party) for stage, party in (("owner", "p-own"), ("design", "p-des"))]
    parts["AB1234"] = msgspec.structs.replace(parts["AB1234"], manufacturer=None, origin=tuple(origin))
    ids = {name: one.id for name, one in parts.items()}
    links = (Link(ids["app"], ids["zlib"], "links"), Link(ids["zlib"], ids["AB1234"], "builds"))  # type: ignore[arg-type]
    parties = [Party(id="p-own", name="Owner Inc"), Party(id="p-des", name="Designer Ltd")]
    return msgspec.structs.replace(made, components=tuple(parts.values()), links=links, parties=tuple(parties))


def written(report: Report, form: str = "cyclonedx") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(report, form))
    return found


def part(tree: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in tree.get("components") or tree["packages"] if one["name"] == name]
    return found


def test_the_subject_depends_on_what_nothing_else_needs(report: Report) -> None:
    ids = {one.name: one.id for one in report.components}
    edges = {one["ref"]: one.get("dependsOn", []) for one in written(report)["dependencies"]}
    assert edges["subject"] == sorted([ids["app"], ids["AB1234"], ids["cloud"]])
    assert (edges[ids["app"]], edges[ids["zlib"]]) == ([ids["zlib"]], [])


def test_evidence_names_its_best_confidence_and_every_place(report: Report) -> None:
    evidence = part(written(report), "zlib")["evidence"]
    confidences = {one["field"]: one["confidence"] for one in evidence["identity"]}
    assert confidences == {"name": 0.9, "version": 0.3}
    assert [one["location"] for one in evidence["occurrences"]][:1] == ["i!/f000"]
    assert len(evidence["occurrences"]) == OCCURRENCES


def test_the_designer_makes_a_chip_before_its_owner(report: Report) -> None:
    assert part(written(report), "AB1234")["manufacturer"]["name"] == "Designer Ltd"


def test_spdx_says_who_needs_whom_and_whose_it_is(report: Report) -> None:
    tree = written(report, "spdx")
    package, app = part(tree, "zlib"), part(tree, "app")
    needs = [one for one in tree["relationships"] if one["relationshipType"] == "DEPENDS_ON"]
    assert [(one["spdxElementId"], one["relatedSpdxElement"]) for one in needs] == [(app["SPDXID"], package["SPDXID"])]
    assert (package["supplier"], package["originator"]) == ("Organization: Seller", "Organization: Maker")
    references = {one["referenceType"]: one["referenceLocator"] for one in package["externalRefs"]}
    assert references == {"purl": "pkg:generic/zlib@1.3", "cpe23Type": CPE}


def test_alternates_are_properties(report: Report) -> None:
    found = [(one["name"], one["value"]) for one in part(written(report), "zlib")["properties"]]
    assert ("auditor:alternate", "other zlib") in found


def test_other_components_give_another_serial_number(report: Report) -> None:
    fewer = msgspec.structs.replace(report, components=report.components[1:], links=())
    assert written(report)["serialNumber"] != written(fewer)["serialNumber"]
    assert written(report, "spdx")["documentNamespace"] != written(fewer, "spdx")["documentNamespace"]


def seen(report: Report) -> Report:
    parts = [
        msgspec.structs.replace(
            one, observed=True, manufacturer=Actor("Maker"), evidence=(*one.evidence, vote("name", "lib/x.so"))
        )
        for one in report.components
    ]
    return msgspec.structs.replace(report, components=tuple(parts))


@pytest.mark.parametrize(
    ("version", "added"),
    [
        ("1.2", {"hashes"}),
        ("1.3", {"hashes", "properties"}),
        ("1.4", {"hashes", "properties"}),
        ("1.5", {"hashes", "properties", "evidence"}),
        ("1.6", {"hashes", "properties", "evidence", "manufacturer"}),
    ],
)
def test_enrichment_adds_what_the_version_has_a_place_for(version: str, added: set[str], tmp_path: Path) -> None:
    tree = {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "version": 1,
        "components": [{"type": "library", "name": "odd-name", "version": "1"}],
    }
    data, made = source(tree, tmp_path)
    (one,) = json.loads(enrich(data, seen(made)))["components"]
    assert one.keys() - {"type", "name", "version"} == added


def test_a_service_gets_properties_only(tmp_path: Path) -> None:
    tree = {"bomFormat": "CycloneDX", "specVersion": "1.6", "services": [{"name": "cloud"}]}
    data, made = source(tree, tmp_path)
    (one,) = json.loads(enrich(data, seen(made)))["services"]
    assert one.keys() == {"name", "properties"}


def test_keys_with_slashes_do_not_move_the_insertions(tmp_path: Path) -> None:
    tree = {
        "components": [{"type": "library", "name": "a", "x/y": {"properties": []}, "x~1y": {}}],
        "components/0": {"name": "no component"},
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
    }
    data, made = source(tree, tmp_path)
    enriched = json.loads(enrich(data, made))
    assert enriched["components/0"] == {"name": "no component"}
    assert enriched["components"][0]["x/y"] == {"properties": []}
    assert any(one["name"] == "auditor:kind" for one in enriched["components"][0]["properties"])


def test_a_name_that_closes_the_text_of_a_tag_stays_inside(tmp_path: Path) -> None:
    path = tmp_path / "x.spdx"
    path.write_text(
        "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nPackageName: a\nSPDXID: SPDXRef-a\n"
        "PackageVersion: 1\nPackageLicenseDeclared: </text>MIT\n",
        encoding="utf-8",
    )
    made = audit([str(path)], Options(as_of=datetime.date(2026, 11, 24))).report
    added = enrich(path.read_bytes(), made).removeprefix(path.read_bytes()).decode()
    assert (added.count("<text>"), added.count("</text>")) == (1, 1)
    with pytest.raises(NotEnriched):
        enrich(b"SPDXVersion: SPDX-2.3\n", made)


def test_a_file_is_named_as_a_whole_only_where_no_place_in_it_is(report: Report) -> None:
    base = vote("name", "lib/x.so")
    votes = (
        base,
        msgspec.structs.replace(base, offset=18),
        msgspec.structs.replace(base, offset=0, claim="version"),
        msgspec.structs.replace(base, path="lib/y.so"),
        msgspec.structs.replace(base, path="lib/z.so", role="mention"),
    )
    one = msgspec.structs.replace(report.components[0], evidence=votes)
    found = facts.locations({base.input: "image"}, one)
    assert found == [("image!/lib/x.so", 0), ("image!/lib/x.so", 18), ("image!/lib/y.so", None)]
