"""Part lists as XLSX workbooks: the first sheet with the headings of a part list (needs the extra `xlsx`)."""

from __future__ import annotations

import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from auditor.identify.documents import part_list, part_list_headings, xml_text
from auditor.identify.documents.notes import Notes, Unreadable
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "part-list-xlsx"
TITLE = "Part list (XLSX)"

WORKBOOK = "xl/workbook.xml"
MEMBERS = 2000
COLUMNS = 200
LONGEST_CELL = 32_767
"""Characters of a cell; the format's own limit."""


def sniff(sample: Sample) -> bool:
    """Tell whether the sample is a ZIP archive with a workbook."""
    if sample.head[:4] != b"PK\x03\x04" or sample.view.size > sample.limits.document_size:
        return False
    return WORKBOOK.encode() in bytes(sample.view.data[-65536:]) or WORKBOOK.encode() in sample.head


def read(sample: Sample) -> Document:
    """Read the workbook; raises Unreadable."""
    import mimetypes

    mimetypes.knownfiles.clear()  # the library has the system's lists read, which the sandbox refuses
    try:
        import openpyxl
    except ImportError as error:
        message = "XLSX needs the extra: pip install 'auditor[xlsx]', or save the list as CSV"
        raise Unreadable("unsupported-document", message) from error
    check_members(sample)
    try:
        book = openpyxl.load_workbook(io.BytesIO(sample.data), read_only=True, data_only=True)
        own = part_list_headings.own_headings(sample)
        for sheet in book.worksheets:
            if part_list_headings.find_headings(rows(sheet), own) is not None:
                found = part_list.read_rows(rows(sheet), sample, Notes())
                break
        else:
            tables = (itertools.islice(rows(sheet), part_list_headings.HEADING_ROWS) for sheet in book.worksheets)
            said = (part_list_headings.unknown_headings(list(first), own) for first in tables)
            no_table = Unreadable("damaged", "no sheet has the headings of a part list", pointer="line 1")
            raise next((one for one in said if one is not None), no_table)
    except Unreadable:
        raise
    except Exception as error:  # the library's errors share no base class
        raise Unreadable("damaged", f"the workbook cannot be read: {type(error).__name__}") from error
    return found


def check_members(sample: Sample) -> None:
    """Refuse a workbook that unpacks to more than document-size, or has a document type in a member."""
    most = sample.limits.document_size
    try:
        with zipfile.ZipFile(io.BytesIO(sample.data)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if len(members) > MEMBERS or size > most:
                message = f"{len(members)} members of {size} bytes exceed document-size"
                raise Unreadable("limit-document-size", message, limit="document-size", value=most)
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as stream:
                        xml_text.refuse_document_type(xml_text.decode(stream.read(most)))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Unreadable("damaged", "the workbook is no sound ZIP archive") from error


def rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells as text)."""
    for number, cells in enumerate(sheet.iter_rows(max_col=COLUMNS, values_only=True), 1):
        yield number, [as_text(cell) for cell in cells]


def as_text(value: Any) -> str:
    """Return a cell as text; whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:LONGEST_CELL]
