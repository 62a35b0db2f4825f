"""What the core profile of SPDX 3 demands of an element, and where it is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from document_samples import read

INFO = {
    "type": "CreationInfo",
    "@id": "_:i",
    "specVersion": "3.0.1",
    "createdBy": ["urn:a"],
    "created": "2026-01-01T00:00:00Z",
}
PACKAGE = {"type": "software_Package", "spdxId": "urn:p", "creationInfo": "_:i", "name": "zlib"}
AGENT = {"type": "Person", "spdxId": "urn:a", "creationInfo": "_:i", "name": "A"}


def violations(*graph: dict[str, Any]) -> list[tuple[str, str | None]]:
    tree = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": list(graph)}
    document = read(json.dumps(tree).encode(), "x.spdx3.json")
    assert document is not None
    return [(one.message, one.pointer) for one in document.violations]


def test_a_whole_graph_violates_nothing() -> None:
    assert violations(INFO, AGENT, PACKAGE) == []


@pytest.mark.parametrize("index", [1, 2])
def test_every_element_says_who_made_it(index: int) -> None:
    graph = [INFO, AGENT, PACKAGE]
    graph[index] = {key: value for key, value in graph[index].items() if key != "creationInfo"}
    assert violations(*graph) == [("creationInfo is required", f"/@graph/{index}")]
