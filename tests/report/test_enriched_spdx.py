"""SPDX 3 and tag-value documents come back with annotations and every leaf; what cannot carry them says so."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from auditor.pipeline import Options, audit
from auditor.report.enrich import NotEnriched, enrich

FOLDER = Path(__file__).parents[2] / "fixtures" / "boms"


def enriched(path: Path) -> tuple[bytes, bytes]:
    data = path.read_bytes()
    return data, enrich(data, audit([str(path)], Options(as_of=date(2025, 11, 5))).report)


@pytest.mark.parametrize("path", sorted((FOLDER / "spdx3-jsonld").glob("*.json")), ids=lambda path: path.name)
def test_spdx3_gains_annotations_at_the_end_of_its_graph(path: Path) -> None:
    before, after = (json.loads(data) for data in enriched(path))
    count = len(before["@graph"])
    added = after["@graph"][count:]
    assert {**after, "@graph": after["@graph"][:count]} == before
    assert [one["type"] for one in added[:2]] == ["CreationInfo", "SoftwareAgent"]
    known = {one.get("spdxId") for one in before["@graph"]}
    notes = added[2:]
    assert notes and all(one["type"] == "Annotation" and one["subject"] in known for one in notes)
    assert all("auditor:declared=true" in one["statement"] for one in notes)


@pytest.mark.parametrize("path", sorted((FOLDER / "spdx2-tagvalue").glob("*2.3.spdx")), ids=lambda path: path.name)
def test_tag_value_gains_annotations_the_library_reads(path: Path) -> None:
    from spdx_tools.spdx.parser.tagvalue.parser import Parser

    data, after = enriched(path)
    assert after.startswith(data)
    before, document = Parser().parse(data.decode()), Parser().parse(after.decode())
    assert len(document.packages) == len(before.packages)
    notes = [one for one in document.annotations if "auditor:kind=" in one.annotation_comment]
    assert notes and {one.spdx_id for one in notes} <= {one.spdx_id for one in document.packages}


@pytest.mark.parametrize("name", ["syft__identify-1.0.cdx.xml", "syft__identify-1.2.cdx.xml"])
def test_xml_without_properties_says_why_it_stays_as_it_is(name: str) -> None:
    with pytest.raises(NotEnriched, match="from CycloneDX"):
        enriched(FOLDER / "cyclonedx-xml" / name)


def test_a_tag_value_document_that_ends_inside_a_text_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.spdx"
    path.write_text(
        "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nPackageName: a\nSPDXID: SPDXRef-a\nPackageComment: <text>x\n"
    )
    with pytest.raises(NotEnriched, match="tag-value"):
        enriched(path)
