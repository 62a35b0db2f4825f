"""A part number in several rows of one list is one component with everything the rows say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

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
