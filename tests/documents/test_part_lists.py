"""Part lists with English and Chinese headings, alternates, approved vendors and unknown cells."""

from __future__ import annotations

import csv
import io

from document_samples import codes, read
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Actor, DeclaredAlternate

ENGLISH = """\
Board rev B,,,,,,
,,,,,,
RefDes,Qty,MPN,Manufacturer,Country of Origin,Second Source,Alternate Qualified
"U1,U2",2,AB-1234,Example Semiconductors,DE,Other Devices: CD-77,yes
U3,1,XR-77,,unknown,,
C1-C4,four,CAP-100N,Capacitor Works,MY,"EF-1 (Third Maker); GH-2",
"""


def test_english_headings_below_title_rows():
    document = read(ENGLISH, "bom.csv")
    first, second, third = document.components
    assert (document.format, first.pointer, first.mpn, first.type) == ("part-list", "line 4", "AB-1234", "device")
    assert (first.quantity, first.designators) == (2.0, ("U1", "U2"))
    assert first.manufacturer == Actor(name="Example Semiconductors")
    assert first.country_of_origin == "DE"
    assert first.alternates == (DeclaredAlternate(mpn="CD-77", manufacturer="Other Devices", qualified=True),)
    assert (second.country_of_origin, second.unknowns, second.manufacturer) == (None, ("country",), None)
    assert third.alternates == (
        DeclaredAlternate(mpn="EF-1", manufacturer="Third Maker"),
        DeclaredAlternate(mpn="GH-2"),
    )
    assert third.quantity is None
    assert codes(document) == ["bad-quantity"]


def test_chinese_headings_in_gb_18030_with_numbered_sources():
    text = "位号;数量;型号;制造商;原产地;制造商2;型号2\nU1;1;AB-1;甲公司;马来西亚;乙公司;CD-2\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        (part,) = read(text.encode(encoding), "list.csv").components
        assert (part.mpn, part.manufacturer.name, part.country_of_origin) == ("AB-1", "甲公司", "马来西亚")
        assert part.alternates == (DeclaredAlternate(mpn="CD-2", manufacturer="乙公司"),)


def test_approved_vendors_are_qualified_sources():
    text = "Part Number\tName\tMPN\tManufacturer\tAVL\n100-1\tRegulator\tREG-5\tMaker One\tMaker One; Maker Two\n"
    (part,) = read(text, "avl.tsv").components
    assert part.alternates == (DeclaredAlternate(mpn="REG-5", manufacturer="Maker Two", qualified=True),)
    assert ("part-list:part", "100-1") in part.properties


def test_other_tables_and_texts_are_no_part_list():
    assert read("name,value\nspeed,3\n") is None
    assert read("date,open,close,volume\n2026-01-01,1,2,3\n") is None
    assert read("Dear all,\nplease find, attached,\nthe list\n") is None
    assert read(bytes(range(256)) * 20) is None


def test_headings_without_parts_are_said():
    assert codes(read("MPN,Manufacturer,Quantity\n")) == ["empty-document"]


CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


@given(st.lists(st.tuples(st.from_regex(r"[A-Z]{2}-[0-9]{3}", fullmatch=True), CELLS, CELLS), min_size=1, max_size=8))
def test_every_row_with_a_part_number_is_read(rows):
    lines = io.StringIO()
    csv.writer(lines).writerows([("MPN", "Manufacturer", "Comment"), *rows])
    document = read(lines.getvalue())
    assert [part.mpn for part in document.components] == [row[0] for row in rows]
