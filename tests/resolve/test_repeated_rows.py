"""A part number in several rows of one list is one component with everything the rows say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from auditor import knowledge, pipeline

HEAD = "Designator,Quantity,Manufacturer,MPN\n"


def read(*rows: str, folder: Path) -> list[object]:
    path = folder / "parts.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    found, _ = pipeline.inventory([str(path)], pipeline.Options(as_of=date(2026, 11, 24)), knowledge.load())
    return list(found.components)


def test_quantities_add_up_and_makers_contradict(tmp_path: Path) -> None:
    (one,) = read("U1,1,Texas Instruments,TDA4VM88TGBALFR", "U2,2,Huawei,TDA4VM88TGBALFR", folder=tmp_path)
    assert one.quantity == 3
    assert "manufacturer: declared 'Texas Instruments' and 'Huawei'" in one.contradictions
    assert [(row.stage, row.party) for row in one.claimed] == [("manufacturer", "huawei")]
    assert {vote.value for vote in one.evidence if vote.claim == "manufacturer"} == {"Texas Instruments", "Huawei"}


def test_rows_that_agree_only_add_up(tmp_path: Path) -> None:
    (one,) = read("U1,1,Texas Instruments,TDA4VM88TGBALFR", "U2,4,Texas Instruments,TDA4VM88TGBALFR", folder=tmp_path)
    assert (one.quantity, one.contradictions, one.claimed) == (5, (), ())


def listed(folder: Path, *components: dict[str, object]) -> pipeline.Inventory:
    path = folder / "bom.cdx.json"
    dependencies = [{"ref": one["bom-ref"], "dependsOn": [f"{one['bom-ref']}-part"]} for one in components]
    parts = [
        {"type": "library", "name": f"part of {one['bom-ref']}", "bom-ref": f"{one['bom-ref']}-part"}
        for one in components
    ]
    tree = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [*components, *parts],
        "dependencies": dependencies,
    }
    path.write_text(json.dumps(tree), encoding="utf-8")
    found, _ = pipeline.inventory([str(path)], pipeline.Options(as_of=date(2026, 11, 24)), knowledge.load())
    return found


@pytest.mark.parametrize(
    "said",
    [
        ({"type": "device", "name": "MCU"}, {"type": "device", "name": "MCU"}),
        ({"type": "library", "name": "hal", "version": "1.0"}, {"type": "library", "name": "hal", "version": "1.0"}),
        ({"name": "hal", "purl": "pkg:npm/hal@1.0"}, {"name": "hal", "purl": "pkg:pypi/hal@1.0"}),
        ({"name": "hal", "version": "1.0", "purl": "pkg:npm/hal@1.0"}, {"name": "hal", "version": "1.0"}),
    ],
)
def test_parts_of_one_name_stay_apart_with_their_dependencies(said: tuple[dict[str, str], ...], tmp_path: Path) -> None:
    nodes = [{"type": "library", **one, "bom-ref": ref} for ref, one in zip("ab", said, strict=True)]
    found = listed(tmp_path, *nodes)
    those = [one for one in found.components if one.name == said[0]["name"]]
    assert sorted(one.evidence[0].pointer for one in those) == ["/components/0", "/components/1"]
    assert len({one.id for one in found.components}) == 4
    names = {one.id: one.name for one in found.components}
    assert {(link.source, names[link.target]) for link in found.links} == {
        (one.id, f"part of {'ab'[one.evidence[0].pointer == '/components/1']}") for one in those
    }


def test_one_ref_twice_still_loses_no_part(tmp_path: Path) -> None:
    found = listed(tmp_path, *[{"type": "device", "name": "MCU", "bom-ref": "same"}] * 3)
    assert sum(one.name == "MCU" for one in found.components) == 3


def test_an_identifier_in_common_is_one_component(tmp_path: Path) -> None:
    for field in ({"purl": "pkg:npm/hal@1.0?arch=arm64"}, {"hashes": [{"alg": "SHA-256", "content": "ab" * 32}]}):
        nodes = [{"type": "library", "name": "hal", "version": "1.0", "bom-ref": ref, **field} for ref in "ab"]
        assert sum(one.name == "hal" for one in listed(tmp_path, *nodes).components) == 1


def test_a_word_is_no_part_number(tmp_path: Path) -> None:
    """Rules that ask for a part number see that there is none."""
    found = listed(tmp_path, {"type": "device", "name": "MCU", "bom-ref": "a"})
    (one,) = [one for one in found.components if one.name == "MCU"]
    assert one.mpn is None
