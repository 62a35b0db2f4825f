"""Published documents are read in full, as the reference libraries read them where those accept them."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from document_samples import BOMS, codes, index, read

from auditor.unpack.view import Damaged

ROWS = index()


def expected_format(row: dict[str, str]) -> str:
    folder = row["file"].split("/")[0]
    return {
        "cyclonedx-json": "cyclonedx-json",
        "cyclonedx-xml": "cyclonedx-xml",
        "spdx2-json": "spdx-json",
        "spdx2-yaml": "spdx-yaml",
        "spdx2-xml": "spdx-xml",
        "spdx2-rdf": "spdx-rdf",
        "spdx2-tagvalue": "spdx-tag-value",
        "spdx3-jsonld": "spdx3-json",
    }[folder]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_document_is_recognized_and_never_silently_empty(row):
    data = (BOMS / row["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    document = read(data, row["file"])
    assert document is not None
    assert (document.format, document.version) == (expected_format(row), row["version"])
    assert bool(document.components) != ("empty-document" in codes(document))
    assert all(component.pointer for component in document.components)


def flattened(components):
    for component in components:
        yield component
        yield from flattened(component.components)


def library_reads(data: bytes, form: str):
    from cyclonedx.model.bom import Bom

    if form == "cyclonedx-json":
        return Bom.from_json(json.loads(data.decode("utf-8-sig")))
    import io

    return Bom.from_xml(io.StringIO(data.decode("utf-8-sig")))


def test_cyclonedx_agrees_with_the_reference_library():
    compared = 0
    for row in ROWS:
        form = expected_format(row)
        if not form.startswith("cyclonedx"):
            continue
        data = (BOMS / row["file"]).read_bytes()
        try:
            theirs = library_reads(data, form)
        except Exception:  # the library rejects what it cannot represent
            continue
        document = read(data)
        expected = sorted(
            (one.name, one.version or "", one.type.value, one.purl.to_string() if one.purl else "")
            for one in flattened([*theirs.components, *_inside(theirs.metadata.component)])
        )
        from packageurl import PackageURL

        ours = [one for one in document.components if one.type != "service"]
        ours = [one for one in ours if ("cyclonedx:section", "formulation") not in one.properties]
        assert expected == sorted(
            (
                one.name,
                one.version or "",
                one.type,
                PackageURL.from_string(one.purl).to_string() if one.purl else "",
            )
            for one in ours
        ), row["file"]
        compared += 1
    assert compared >= 12


def _inside(component):
    return component.components if component is not None else ()


def test_spdx_agrees_with_the_reference_library(tmp_path):
    from spdx_tools.spdx.parser.json import json_parser
    from spdx_tools.spdx.parser.rdf import rdf_parser
    from spdx_tools.spdx.parser.xml import xml_parser
    from spdx_tools.spdx.parser.yaml import yaml_parser

    parsers = {
        "spdx-json": json_parser,
        "spdx-rdf": rdf_parser,
        "spdx-xml": xml_parser,
        "spdx-yaml": yaml_parser,
    }
    compared = 0
    for row in ROWS:
        parser = parsers.get(expected_format(row))
        if parser is None:
            continue
        try:
            theirs = parser.parse_from_file(str(BOMS / row["file"]))
        except Exception:  # the library rejects documents with one odd field
            continue
        document = read((BOMS / row["file"]).read_bytes())
        ours = {(one.ref, one.name, one.version or "") for one in document.components if one.type != "file"}
        if document.subject is not None:
            ours.add((document.subject.ref, document.subject.name, document.subject.version or ""))
        expected = {(one.spdx_id, one.name, one.version or "") for one in theirs.packages}
        if expected:
            assert ours == expected, row["file"]
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_damage_is_diagnosed_and_never_a_crash(row):
    data = (BOMS / row["file"]).read_bytes()
    chance = random.Random(row["sha256"])
    for _ in range(12):
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(mutant))
            mutant[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        if chance.random() < 0.3:
            del mutant[chance.randrange(len(mutant)) :]
        try:
            document = read(bytes(mutant), row["file"])
        except Damaged as error:
            assert error.code
            assert error.message.isprintable()
            continue
        if document is not None:
            assert all(problem.message.isprintable() for problem in document.problems + document.violations)
