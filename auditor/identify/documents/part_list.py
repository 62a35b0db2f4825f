"""Part lists: tables (CSV, TSV) with headings in the languages of their makers, as ERP and layout tools write them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import Any, Literal

from auditor.identify.documents import columns, sniffing
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.documents.part_list_headings import (
    HEADING_ROWS,
    Table,
    find_headings,
    own_headings,
    unknown_headings,
)
from auditor.identify.sample import Sample
from auditor.model import Actor, Declared, DeclaredAlternate, Document

NAME = "part-list"
TITLE = "Part list (CSV, TSV)"

DELIMITERS = ",;\t|"
ENCODINGS = ("gb18030", "cp1252", "cp932", "cp949")
"""What tables that are not UTF-8 are written in, by the office programs of China, Western Europe, Japan and Korea."""
WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16."""
REPAIRS = 20
"""Quotes left open that are repaired in one table; behind the last of them quotes mean nothing."""
MANY = re.compile(r"[;；\n|]|\s/\s")
WITH_MAKER = re.compile(r"(?P<maker>[^:：(（]+)[:：]\s*(?P<mpn>\S.*)|(?P<part>[^(（]+)[(（](?P<by>[^)）]+)[)）]")


def sniff(sample: Sample) -> bool:
    """Tell whether one of the first rows has the headings of a part list."""
    return sniffing.may_be_table(sample) and find_headings(first_rows(sample), own_headings(sample)) is not None


def first_rows(sample: Sample) -> Table:
    """Yield the rows in the first 16 KiB; none when they are no text."""
    head = sample.view.head(16384)
    if b"\0" in head and head[:2] not in WIDE:
        return iter(())
    text = decode(head, whole=False)
    return iter(()) if text is None else rows(text, head_delimiter(text))


def no_part_list(sample: Sample) -> Unreadable | None:
    """Say what keeps a table that is an input of its own, and that nobody knows, from being a part list."""
    if sample.artifact.parent is not None or sample.artifact.path or sample.artifact.format not in ("", "text"):
        return None
    if not 0 < sample.view.size <= sample.limits.document_size:
        return None
    return unknown_headings(list(itertools.islice(first_rows(sample), HEADING_ROWS)), own_headings(sample))


def decode(data: bytes, whole: bool = True) -> str | None:
    """Decode a table: UTF-8, UTF-16 with a mark, else the encoding in which it has most headings; None: no text."""
    if data[:2] in WIDE:
        return data.decode("utf-16", "replace")
    found = _decoded(data, "utf-8-sig", whole)
    if found is not None:
        return found
    texts = [text for name in ENCODINGS if (text := _decoded(data, name, whole)) is not None]
    return max(texts, key=_headings_in, default=None)  # the first of equals


def _decoded(data: bytes, name: str, whole: bool) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        cut = not whole and error.start >= len(data) - 4
        return data[: error.start].decode(name) if cut else None


def _headings_in(text: str) -> int:
    """Return the most headings of part lists in one row."""
    head = text[:8192]
    table = itertools.islice(rows(head, head_delimiter(head)), HEADING_ROWS)
    return max((sum(bool(columns.heading_field(cell[:100], {})[0]) for cell in cells) for _, cells in table), default=0)


def head_delimiter(text: str) -> str:
    """Return the delimiter that occurs most in the first rows."""
    head = text[:8192]
    return max(DELIMITERS, key=lambda mark: (head.count(mark), -DELIMITERS.index(mark)))


def rows(text: str, delimiter: str, notes: Notes | None = None) -> Table:
    """Yield (line number, cells); stops at what is no table.

    A quote that is never closed would swallow every row behind it: its line is a problem `bad-line`, is taken
    without quoting, and reading goes on with the next line.
    """
    lines = list(io.StringIO(text, newline=""))
    start, repairs = 0, 0
    while start < len(lines):
        plain = repairs >= REPAIRS
        quoting: Literal[0, 3] = csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
        reader = csv.reader(itertools.islice(lines, start, None), delimiter=delimiter, quoting=quoting)
        while True:
            first, broken = start + reader.line_num, False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:  # a cell beyond the largest size
                broken = True
            last = start + reader.line_num
            if not broken and (last - first < 2 or not _open(lines[first:last], delimiter)):
                yield first + 1, cells
                continue
            if plain or last - first < 2:
                return
            if notes is not None:
                notes.add("bad-line", "a quote that is never closed", f"line {first + 1}")
            yield first + 1, lines[first].rstrip("\r\n").replace('"', "").split(delimiter)
            start, repairs = first + 1, repairs + 1
            break


def _open(lines: list[str], delimiter: str) -> bool:
    """Tell whether the quotes of a row over several lines do not close, or close in the middle of a cell."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) != 1
    except csv.Error:
        return True


def read(sample: Sample) -> Document:
    """Read the table; raises Unreadable."""
    limits = sample.limits
    if sample.view.size > limits.document_size:
        raise Unreadable(
            "limit-document-size", "exceeds document-size", limit="document-size", value=limits.document_size
        )
    text = decode(sample.data)
    if text is None:
        raise Unreadable("encoding", "the table is neither UTF-8, UTF-16 nor in an encoding of its makers", offset=0)
    notes = Notes()
    return read_rows(rows(text, head_delimiter(text), notes), sample, notes, text)


def read_rows(table: Table, sample: Sample, notes: Notes, text: str = "") -> Document:
    """Read rows of cells into a document."""
    own = own_headings(sample)
    first = list(itertools.islice(table, HEADING_ROWS))
    after = iter(first)
    found = find_headings(after, own)
    if found is None:
        no_table = Unreadable("damaged", "no row with the headings of a part list", pointer="line 1")
        raise unknown_headings(first, own) or no_table
    _, fields = found
    notes.unknown_keys = sum(field is None for field, _ in fields)
    components: list[Declared] = []
    last = 0
    for line, cells in itertools.chain(after, table):
        last = line
        if not any(cell.strip() for cell in cells):
            continue
        if len(components) >= sample.limits.components:
            most = sample.limits.components
            raise Unreadable(
                "limit-components", "too many rows", pointer=f"line {line}", limit="components", value=most
            )
        if len(cells) > len(fields):
            notes.add("extra-cells", f"{len(cells)} cells under {len(fields)} headings", f"line {line}")
        declared = part(dict(_grouped(fields, cells)), line, notes)
        if declared is not None:
            components.append(declared)
    if text and last + 1 < text.count("\n") and last + 1 < text.rstrip().count("\n"):
        notes.add("truncated", "the table cannot be read to its end", f"line {last + 1}")
    if not components:
        notes.add("empty-document", "the part list has headings and no part", "line 1")
    return Document(
        format=NAME,
        version="",
        subject=None,
        components=tuple(components),
        problems=notes.all(),
        unknown_keys=notes.unknown_keys,
    )


def _grouped(fields: list[tuple[str | None, int]], cells: list[str]) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield ((field, number), cell) for the cells that say something; the first column of a field wins."""
    seen = set()
    for key, cell in zip(fields, cells, strict=False):
        value = cell.strip()
        if key[0] and value and key not in seen:
            seen.add(key)
            yield (key[0], key[1]), value


def part(row: dict[tuple[str, int], str], line: int, notes: Notes) -> Declared | None:
    """Map one row; None for a row without any name (a subtotal, a comment)."""
    unknowns = tuple(sorted(key for (key, at), value in row.items() if at == 1 and columns.is_unknown(value)))
    first = {key: value for (key, at), value in row.items() if at == 1 and not columns.is_unknown(value)}
    # "Part Number" beside a maker is the maker's number, not the house's
    mpn = first.get("mpn") or (first.get("part") if "manufacturer" in first else None)
    name = mpn or first.get("name") or first.get("part")
    if name is None:
        notes.add("missing-name", "a row without part number and name", f"line {line}")
        return None
    quantity = columns.number(first["quantity"]) if "quantity" in first else None
    if "quantity" in first and quantity is None:
        notes.add("bad-quantity", f"{shown(first['quantity'])} is no quantity", f"line {line}")
    extra = [
        (f"part-list:{key}", first[key])
        for key in ("part", "name", "lifecycle", "package", "ecu", "approved_vendors")
        if key in first and first[key] != name
    ]
    return Declared(
        pointer=f"line {line}",
        name=name,
        version=first.get("version"),
        type=columns.component_type(first.get("type")) or ("library" if "purl" in first else "device"),
        purl=first.get("purl"),
        cpe=first.get("cpe"),
        mpn=mpn,
        supplier=_actor(first, "supplier"),
        manufacturer=_actor(first, "manufacturer"),
        licenses=columns.license_of(first.get("license")),
        country_of_origin=first.get("country"),
        quantity=quantity,
        designators=columns.split(first.get("designators", "")),
        alternates=alternates(row, mpn),
        properties=tuple(extra),
        unknowns=unknowns,
    )


def _actor(first: dict[str, str], role: str) -> Actor | None:
    name, country = first.get(role), first.get(f"{role}_country")
    return Actor(name=name or "", country=country) if name or country else None


def alternates(row: dict[tuple[str, int], str], mpn: str | None) -> tuple[DeclaredAlternate, ...]:
    """Return the second sources of a row: alternate columns, numbered makers and approved vendors."""
    found: dict[tuple[str, str | None], DeclaredAlternate] = {}

    def add(part: str, maker: str | None, qualified: bool | None) -> None:
        if part and not columns.is_unknown(part) and (part != mpn or maker):
            found.setdefault((part, maker), DeclaredAlternate(mpn=part, manufacturer=maker, qualified=qualified))

    for number in sorted({at for _, at in row}):
        qualified = columns.yes_or_no(row.get(("alternate_qualified", number)))
        maker = row.get(("alternate_manufacturer", number))
        for text in MANY.split(row.get(("alternate_mpn", number), "")):
            match = WITH_MAKER.fullmatch(text.strip())
            if match:
                add((match["mpn"] or match["part"]).strip(), (match["maker"] or match["by"]).strip(), qualified)
            else:
                add(text.strip(), maker, qualified)
        if number > 1 and (("mpn", number) in row or ("manufacturer", number) in row):
            add(row.get(("mpn", number), mpn or ""), row.get(("manufacturer", number)), qualified)
    main: Any = row.get(("manufacturer", 1), "")
    for text in MANY.split(row.get(("approved_vendors", 1), "")):
        match = WITH_MAKER.fullmatch(text.strip())
        if match:
            maker = (match["maker"] or match["by"]).strip()
            part = (match["mpn"] or match["part"]).strip()
            if part != mpn:
                add(part, maker, True)
        elif text.strip() and columns.normal(text) != columns.normal(main) and mpn:
            add(mpn, text.strip(), True)
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], key[1] or "")))
