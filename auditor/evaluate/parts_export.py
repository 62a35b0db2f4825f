"""A purchasing (ERP) export as a vehicle file: one part list per controller, spend, stocks and times beside it.

The export is a table (CSV, TSV or XLSX) with any headings; a mapping file in strict YAML says which column is what:

    vehicle: My vehicle
    currency: EUR
    decimal: ","              # how the export writes fractions; default a point
    columns: {ecu: Steuergerät, mpn: Teilenummer, spend: Umsatz p.a.}

Several rows of one part add up their spend; of stocks the smallest counts, of times to switch the longest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.strict_yaml import MarkedFile, read
from auditor.limits import Limits

LISTED = {
    "mpn": "MPN", "part": "Part Number", "name": "Name", "manufacturer": "Manufacturer", "supplier": "Supplier",
    "quantity": "Quantity", "country": "Country of Origin", "alternate-mpn": "Alternate MPN",
    "alternate-manufacturer": "Alternate Manufacturer", "alternate-qualified": "Alternate Qualified",
    "approved-vendors": "AVL", "lifecycle": "Lifecycle",
}  # fmt: skip
"""Field of the mapping -> heading of the part lists that are written."""
TERMS = ("spend", "stock-weeks", "switch-weeks")
OTHERS = ("ecu", "domain", "asil")
KEYS = ("vehicle", "currency", "decimal", "columns")
TITLES = 30
"""Rows in which the headings may stand."""


@dataclass
class _Controller:
    id: str
    name: str
    domain: str = ""
    asil: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Export:
    """What an export became."""

    vehicle: str
    """Text of the vehicle file."""
    lists: dict[str, str]
    """Path beside the vehicle file -> text of a part list."""
    left_out: tuple[str, ...] = ()
    """A line per row that says something of a part without naming it or its controller."""


def convert(export: Path, mapping: Path) -> Export:
    """Convert an export. Raises PolicyError (file, line, column) for a mapping that does not fit it, or no table."""
    marked = read(mapping)
    columns = _mapping(marked)
    table = cells_of(export)
    places = _places(marked, table, columns)
    controllers: dict[str, _Controller] = {}
    terms: dict[str, dict[str, float]] = {}
    point = marked.value.get("decimal", ".")
    left_out: list[str] = []
    for line, cells in table:
        row = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
        part = row.get("mpn") or row.get("part") or row.get("name") or ""
        if not row["ecu"] or not part:
            left_out += _left_out(row, part, f"{export.name}: line {line}")
            continue
        one = controllers.setdefault(row["ecu"], _Controller(_slug(row["ecu"], controllers), row["ecu"]))
        one.domain, one.asil = one.domain or row.get("domain", ""), one.asil or row.get("asil", "")
        one.rows.append([row.get(name, "") for name in LISTED if name in columns])
        for name in TERMS:
            if row.get(name):
                _add(terms.setdefault(part, {}), name, _number(row[name], point, f"{export.name}: line {line}"))
    if not controllers:
        raise PolicyError(export.name, 1, 1, "no row has a controller and a part")
    headings = [heading for name, heading in LISTED.items() if name in columns]
    lists = {f"parts/{one.id}.csv": _csv([headings, *one.rows]) for one in controllers.values()}
    return Export(_vehicle(marked.value, list(controllers.values()), terms), lists, tuple(left_out))


def _left_out(row: dict[str, str], part: str, place: str) -> list[str]:
    """Return what to say of a row without a controller or a part; nothing of a blank one or a heading."""
    said = [f"{name} {row[name]}" for name in ("manufacturer", "supplier", *TERMS) if row.get(name)]
    if part:
        said.insert(0, part)
    if not said:
        return []
    missing = "no controller" if part else "no part number or name"
    return [f"{place}: {missing}: the row ({', '.join(said)}) is left out; complete it in the export if it is a part"]


def _mapping(marked: MarkedFile) -> dict[str, str]:
    """Check the mapping and return field -> heading."""
    value = marked.value
    if not isinstance(value, dict) or not isinstance(value.get("columns"), dict):
        raise marked.error((), "a mapping file needs columns: field to heading")
    for key in value:
        if key not in KEYS:
            raise marked.error((key,), f"unknown key {key!r}", closest(key, KEYS), key=True)
    known = (*LISTED, *TERMS, *OTHERS)
    columns: dict[str, str] = value["columns"]
    for name, heading in columns.items():
        if name not in known:
            raise marked.error(("columns", name), f"unknown field {name!r}", closest(name, known), key=True)
        if not isinstance(heading, str):
            raise marked.error(("columns", name), "a heading is text")
    if "ecu" not in columns or not {"mpn", "part", "name"} & set(columns):
        raise marked.error(
            ("columns",), "the columns of the controller (ecu) and of the part (mpn, part or name) are needed"
        )
    if value.get("decimal", ".") not in (".", ","):
        raise marked.error(("decimal",), "decimal is a point or a comma")
    return columns


def cells_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of an export; raises PolicyError when it is no table or too large."""
    from auditor.identify.documents import part_list, part_list_xlsx
    from auditor.identify.documents.notes import Unreadable
    from auditor.identify.sample import Sample
    from auditor.model import Artifact
    from auditor.unpack.view import View

    limits = Limits()
    try:
        with path.open("rb") as file:
            data = file.read(limits.document_size + 1)
    except OSError as error:
        raise PolicyError(str(path), 0, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > limits.document_size:
        raise PolicyError(path.name, 1, 1, f"larger than {limits.document_size} bytes")
    sample = Sample(Artifact(hashlib.sha256(data).hexdigest(), path.name, "file", len(data)), View(data), limits)
    if not part_list_xlsx.sniff(sample):
        text = part_list.decode(data)
        if text is None:
            raise PolicyError(path.name, 1, 1, "neither UTF-8, UTF-16 nor GB 18030")
        yield from part_list.rows(text, part_list.head_delimiter(text))
        return
    try:
        part_list_xlsx.check_members(sample)
        yield from _sheet(data)
    except Unreadable as error:
        raise PolicyError(path.name, 1, 1, str(error)) from None


def _sheet(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet of a workbook."""
    from auditor.identify.documents import part_list_xlsx
    from auditor.identify.documents.notes import Unreadable

    try:
        import openpyxl
    except ImportError:
        raise Unreadable("unsupported-document", "XLSX needs the extra: pip install 'auditor[xlsx]'") from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        yield from part_list_xlsx.rows(book.worksheets[0])
    except Exception as error:  # the library's errors share no base class
        raise Unreadable("damaged", f"the workbook cannot be read: {type(error).__name__}") from None


def _places(marked: MarkedFile, table: Iterator[tuple[int, list[str]]], columns: dict[str, str]) -> dict[str, int]:
    """Find the row of the headings and return field -> position; raises PolicyError for a heading that is not there."""
    best: list[str] = []
    for _, (_, cells) in zip(range(TITLES), table, strict=False):
        headings = [cell.strip() for cell in cells]
        if all(heading in headings for heading in columns.values()):
            return {name: headings.index(heading) for name, heading in columns.items()}
        best = max(best, headings, key=lambda row: sum(heading in row for heading in columns.values()))
    name = next(name for name, heading in columns.items() if heading not in best)
    message = f"the export has no column {columns[name]!r}"
    raise marked.error(("columns", name), message, closest(columns[name], [one for one in best if one]))


def _number(text: str, point: str, place: str) -> float:
    plain = re.sub(r"[\s'\u00a0\u202f]", "", text)
    thousands = "." if point == "," else ","
    plain = plain.replace(thousands, "").replace(point, ".")
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", plain):
        raise PolicyError(place, 0, 0, f"{text[:40]!r} is no number")
    return float(plain)


def _add(terms: dict[str, float], name: str, value: float) -> None:
    if name not in terms:
        terms[name] = value
    elif name == "spend":
        terms[name] += value
    else:
        terms[name] = (min if name == "stock-weeks" else max)(terms[name], value)


def _slug(name: str, taken: dict[str, _Controller]) -> str:
    """Return an id of letters, digits and dashes that no other controller has."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "ecu"
    ids = {one.id for one in taken.values()}
    return base if base not in ids else next(f"{base}-{n}" for n in range(2, len(ids) + 3) if f"{base}-{n}" not in ids)


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _vehicle(said: dict[str, Any], controllers: list[_Controller], terms: dict[str, dict[str, float]]) -> str:
    import yaml

    ecus = []
    for one in controllers:
        ecu: dict[str, Any] = {"id": one.id, "name": one.name}
        ecu |= {name: value for name, value in (("domain", one.domain), ("asil", one.asil)) if value}
        ecus.append(ecu | {"inputs": [f"parts/{one.id}.csv"]})
    made: dict[str, Any] = {"vehicle": said.get("vehicle", "Vehicle")}
    made |= {"currency": said["currency"]} if said.get("currency") else {}
    made |= {"ecus": ecus, "parts": [{"part": part, **terms[part]} for part in sorted(terms)]}
    text: str = yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=120)
    return text
