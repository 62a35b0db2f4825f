"""Elements of SPDX 3 that stand whole inside others instead of in the graph."""

from __future__ import annotations

import json
from typing import Any

from document_samples import read

from auditor.model import Document

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
INFO = {"type": "CreationInfo", "specVersion": "3.0.1", "createdBy": ["urn:a"], "created": "2026-01-01T00:00:00Z"}
MAKER = {"type": "Organization", "spdxId": "urn:a", "creationInfo": INFO, "name": "Acme"}


def package(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "software_Package", "spdxId": f"urn:{name}", "creationInfo": INFO, "name": name, **more}


def document(tree: dict[str, Any]) -> Document:
    found = read(json.dumps({"@context": CONTEXT, **tree}).encode(), "x.spdx3.json")
    assert found is not None
    return found


def test_elements_embedded_at_every_place_are_read() -> None:
    relation = {
        "type": "Relationship",
        "spdxId": "urn:r",
        "creationInfo": INFO,
        "relationshipType": "dependsOn",
        "from": package("app"),
        "to": [package("zlib", suppliedBy=MAKER), "urn:lib"],
    }
    sbom = {
        "type": "software_Sbom",
        "spdxId": "urn:s",
        "creationInfo": INFO,
        "rootElement": [package("app")],
        "element": [package("lib", software_packageVersion="2.0"), relation],
    }
    whole = {"type": "SpdxDocument", "spdxId": "urn:d", "creationInfo": INFO, "rootElement": [sbom]}
    found = document({"@graph": [whole]})
    assert found.version == "3.0.1"
    assert found.subject is not None and found.subject.name == "app"
    assert {(one.name, one.version, one.supplier.name if one.supplier else None) for one in found.components} == {
        ("lib", "2.0", None),
        ("zlib", None, "Acme"),
    }
    places = {one.name: one.pointer for one in found.components}
    assert places == {
        "lib": "/@graph/0/rootElement/0/element/0",
        "zlib": "/@graph/0/rootElement/0/element/1/to/0",
    }
    assert found.dependencies == (("urn:app", "urn:zlib"), ("urn:app", "urn:lib"))
    assert (found.problems, found.violations) == ((), ())


def test_a_document_without_a_graph_holds_its_elements() -> None:
    root = {"type": "SpdxDocument", "spdxId": "urn:d", "creationInfo": INFO, "element": [package("a"), package("b")]}
    assert [one.pointer for one in document(root).components] == ["/element/0", "/element/1"]
    assert [one.pointer for one in document({"@graph": root}).components] == ["/@graph/element/0", "/@graph/element/1"]


def test_an_embedded_element_without_an_id_is_kept_and_said() -> None:
    node = {key: value for key, value in package("zlib").items() if key != "spdxId"}
    relation = {
        "type": "Relationship",
        "spdxId": "urn:r",
        "creationInfo": INFO,
        "relationshipType": "dependsOn",
        "from": "urn:app",
        "to": [node],
    }
    found = document({"@graph": [MAKER, package("app"), relation]})
    assert [one.name for one in found.components] == ["app", "zlib"]
    assert found.dependencies == (("urn:app", "_:/@graph/2/to/0"),)
    assert [(one.message, one.pointer) for one in found.violations] == [("spdxId is required", "/@graph/2/to/0")]


def test_a_reference_with_an_id_is_no_second_element() -> None:
    stub = {"type": "software_Package", "spdxId": "urn:zlib"}
    bom = {"type": "Bom", "spdxId": "urn:b", "creationInfo": INFO, "element": [stub, {"@id": "urn:zlib"}]}
    found = document({"@graph": [bom, MAKER, package("zlib")]})
    assert [(one.name, one.pointer) for one in found.components] == [("zlib", "/@graph/2")]
    assert found.problems == ()
