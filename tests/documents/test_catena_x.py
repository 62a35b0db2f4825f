"""Catena-X documents: the published example payloads, parts joined by their asset id, hostile input."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from document_samples import BOMS, codes, read
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.identify.documents.notes import Unreadable
from auditor.limits import Limits

PUBLISHED = BOMS.parent / "catena-x"
PARENT = "219441ee-9d24-3552-5e0d-5551b0ab7e8f"
CHILD = "cfbc107d-3df6-ad9d-fa1d-6abe8469f929"
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("value", "unit", "globalAssetId", "businessPartner", "quantity")), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def published(name: str) -> bytes:
    return (PUBLISHED / name).read_bytes()


def part(identity: str, number: str, name: str = "Microcontroller", **more: object) -> bytes:
    described = {"manufacturerPartId": number, "nameAtManufacturer": name}
    return json.dumps({"partTypeInformation": described, "globalAssetId": f"urn:uuid:{identity}", **more}).encode()


def bom(*children: dict[str, object], identity: str = PARENT) -> bytes:
    return json.dumps({"childItems": list(children), "globalAssetId": identity}).encode()


def child(
    identity: str, value: float = 2, unit: str = "unit:piece", partner: str = "BPNL00000000EXMP"
) -> dict[str, object]:
    amount = {"value": value, "unit": unit}
    return {
        "globalAssetId": identity,
        "quantity": amount,
        "createdOn": "2026-01-01T00:00:00Z",
        "businessPartner": partner,
    }


def test_the_published_bill_of_materials() -> None:
    document = read(published("SingleLevelBomAsPlanned-4.0.0.json"))
    assert document is not None
    assert (document.format, document.version) == ("catena-x", "SingleLevelBomAsPlanned 4.0.0")
    assert document.subject is not None
    assert document.subject.ref == PARENT
    (one,) = document.components
    assert (one.ref, one.quantity, one.pointer) == (CHILD, 20.0, "/childItems/0")
    assert one.supplier is not None
    assert one.supplier.name == "BPNL50096894aNXY"
    assert ("catena-x:validTo", "2024-07-01T16:10:00.000+01:00") in one.properties
    assert document.dependencies == ((PARENT, CHILD),)
    assert (document.violations, document.problems, document.unknown_keys) == ((), (), 0)


def test_the_published_part() -> None:
    document = read(published("PartTypeInformation-2.0.0.json"))
    assert document is not None
    (one,) = document.components
    assert (one.name, one.mpn) == ("Mirror left", "123-0.740-3434-A")
    assert one.ref == "5b54cdce-3a6f-82ab-5129-2d9afcbeeef7"
    assert ("catena-x:site", "BPNS1234567890ZZ production") in one.properties
    assert ("catena-x:classification", "GIN 20510-21513 1004712") in one.properties
    assert document.violations == ()


def test_other_units_are_no_count() -> None:
    document = read(bom(child(CHILD, 0.25, "unit:kilogram")))
    assert document is not None
    (one,) = document.components
    assert one.quantity is None
    assert ("catena-x:quantity", "0.25 unit:kilogram") in one.properties


def test_what_breaks_the_schema_is_listed() -> None:
    document = read(bom({"globalAssetId": "no id", "colour": "red"}, child(CHILD)))
    assert document is not None
    assert [one.pointer for one in document.violations] == ["/childItems/0"] * 3 + ["/childItems/0/globalAssetId"]
    assert document.unknown_keys == 1
    assert len(document.components) == 2
    empty = read(bom())
    assert empty is not None
    assert codes(empty) == ["empty-document"]
    nameless = read(json.dumps({"partTypeInformation": {}, "globalAssetId": PARENT}))
    assert nameless is not None
    assert (nameless.components, len(nameless.violations)) == ((), 2)


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(Unreadable, match="too many parts"):
        read(bom(*[child(CHILD)] * 3), limits=Limits(components=2))


def test_other_json_is_left_alone() -> None:
    assert read(json.dumps({"childItems": []})) is None
    assert read(json.dumps({"globalAssetId": PARENT, "note": "childItems"})) is None


@settings(max_examples=150, deadline=None)
@given(items=VALUES, described=VALUES, identity=VALUES)
def test_no_value_breaks_the_reader(items: Any, described: Any, identity: Any) -> None:
    for tree in (
        {"childItems": items, "globalAssetId": identity},
        {"partTypeInformation": described, "globalAssetId": identity},
    ):
        try:
            document = read(json.dumps(tree))
        except Unreadable:
            continue
        assert document is not None
        assert document.components or document.problems


def test_children_get_the_number_and_name_of_their_part(tmp_path: Path) -> None:
    from auditor import pipeline

    other = "5b54cdce-3a6f-82ab-5129-2d9afcbeeef7"
    (tmp_path / "bom.json").write_bytes(bom(child(CHILD.upper(), 3), child(other)))
    (tmp_path / "chip.json").write_bytes(part(CHILD, "FS32K144HAT0MLLT"))
    (tmp_path / "unit.json").write_bytes(part(PARENT, "EX-ECU-1", "Body controller"))
    paths = [str(tmp_path / name) for name in ("bom.json", "chip.json", "unit.json")]
    options = pipeline.Options(as_of=date(2026, 11, 24), ecus={"Body": paths}, base=tmp_path)
    report = pipeline.audit(paths, options).report
    found = {one.mpn or one.name: one for one in report.components}
    assert set(found) == {"FS32K144HAT0MLLT", other}  # joined; the other stays anonymous; the controller is no part
    chip = found["FS32K144HAT0MLLT"]
    assert (chip.kind, chip.quantity, chip.supplier and chip.supplier.name) == ("chip", 3.0, "BPNL00000000EXMP")
    assert any(one.stage == "owner" and one.country == "NL" for one in chip.origin)
