"""Part lists as workbooks, as a spreadsheet library writes them."""

from __future__ import annotations

import io
import zipfile

import pytest
from document_samples import read

from auditor.identify.documents.notes import Unreadable
from auditor.limits import Limits

xlsxwriter = pytest.importorskip("xlsxwriter")
pytest.importorskip("openpyxl")


def workbook(*rows: tuple) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.add_worksheet("notes").write(0, 0, "see next sheet")
    sheet = book.add_worksheet("parts")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return stream.getvalue()


PARTS = (("Board", ""), ("位号", "数量", "型号", "制造商"), ("U1", 2, "AB-1", "甲公司"), ("U2", 1, 4711, "Maker"))


def test_the_sheet_with_headings_is_read():
    first, second = read(workbook(*PARTS), "parts.xlsx").components
    assert (first.mpn, first.quantity, first.manufacturer.name, first.pointer) == ("AB-1", 2.0, "甲公司", "line 3")
    assert second.mpn == "4711"


def test_workbooks_are_bounded_and_without_document_types():
    data = workbook(*PARTS)
    with pytest.raises(Unreadable) as caught:
        read(data, "parts.xlsx", Limits(document_size=len(data) + 10))
    assert caught.value.code == "limit-document-size"
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for member in old.infolist():
            body = old.read(member)
            if member.filename == "xl/sharedStrings.xml":
                body = body.replace(b"<sst", b'<!DOCTYPE x [<!ENTITY a "b">]><sst', 1)
            new.writestr(member, body)
    with pytest.raises(Unreadable) as caught:
        read(stream.getvalue(), "parts.xlsx")
    assert caught.value.code == "xml-dtd"


def test_a_workbook_without_parts_and_damage_are_said():
    with pytest.raises(Unreadable):
        read(workbook(("a", "b")), "other.xlsx")
    data = bytearray(workbook(*PARTS))
    for at in range(40, len(data) - 200, 97):
        data[at] ^= 0xFF
    with pytest.raises(Unreadable) as caught:
        read(bytes(data), "parts.xlsx")
    assert caught.value.code
