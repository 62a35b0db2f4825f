"""What BSI TR-03183-2 and a hardware bill of materials ask for: present, declared unknown, missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from document_samples import read

from auditor.identify.documents.element_sets import accepted
from auditor.model import Document

BSI = {"archive", "executable", "filename", "structured"}


def bill(components: list[dict[str, Any]], version: str = "1.6") -> Document:
    head = {"bomFormat": "CycloneDX", "specVersion": version, "version": 1}
    document = read(json.dumps({**head, "components": components}).encode(), "x.cdx.json")
    assert document is not None
    return document


def part(*names: str, **more: Any) -> dict[str, Any]:
    properties = [{"name": f"bsi:component:{name}", "value": "x"} for name in names]
    return {"type": "library", "name": "zlib", "version": "1", "properties": properties, **more}


def named(document: Document, owner: str) -> dict[str, str]:
    return {name.partition(":")[2]: state for name, state in document.elements if name.startswith(f"{owner}:")}


def test_every_document_says_how_it_stands_to_the_guideline() -> None:
    states = named(bill([{"type": "library", "name": "zlib"}]), "bsi")
    assert states == {"format": "present", "hash-sha512": "missing", **dict.fromkeys(BSI, "missing")}


def test_an_element_is_present_when_every_component_has_it() -> None:
    digest = [{"alg": "SHA-512", "content": "ab" * 64}]
    whole = part(*BSI, hashes=digest)
    assert set(named(bill([whole, {**whole, "name": "b"}]), "bsi").values()) == {"present"}
    states = named(bill([whole, part(*BSI - {"filename"})]), "bsi")
    assert {name for name, state in states.items() if state == "missing"} == {"filename", "hash-sha512"}


def test_another_digest_is_none_of_the_guideline() -> None:
    document = bill([part(*BSI, hashes=[{"alg": "SHA-256", "content": "ab" * 32}])])
    assert named(document, "bsi")["hash-sha512"] == "missing"


@pytest.mark.parametrize(
    ("name", "version", "taken"),
    [
        ("cyclonedx-json", "1.6", True),
        ("cyclonedx-xml", "1.7", True),
        ("cyclonedx-json", "1.5", False),
        ("spdx3-json", "3.0.1", True),
        ("spdx-json", "2.3", False),
        ("dsdx", "9.9", False),
        ("cyclonedx-json", "1.²", False),
    ],
)
def test_formats_of_the_guideline(name: str, version: str, taken: bool) -> None:
    assert accepted(name, version) is taken


def test_parts_have_a_maker_a_number_and_a_place() -> None:
    maker = {"name": "Example Semiconductor", "address": {"country": "DE"}}
    device = {"type": "device", "name": "EX32F103", "manufacturer": maker}
    assert set(named(bill([device]), "hbom").values()) == {"present"}
    lone = {"type": "device", "name": "a board"}
    assert named(bill([device, lone]), "hbom") == dict.fromkeys(("location", "manufacturer", "part-number"), "missing")


def test_a_maker_said_to_be_unknown_is_not_missing() -> None:
    lines = b"Manufacturer,MPN,Country of origin\nunknown,EX32F103,DE\nExample,EX32F104,DE\n"
    document = read(lines, "parts.csv")
    assert document is not None
    assert named(document, "hbom")["manufacturer"] == "declaredUnknown"
    assert named(document, "hbom")["part-number"] == "present"


def test_a_bill_of_software_has_no_hardware_elements() -> None:
    assert not named(bill([part()]), "hbom")
