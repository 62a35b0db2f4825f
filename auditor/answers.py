"""Answers of suppliers (`--answers FILE`): the filled-in list of questions, read back as declared evidence.

A list is not signed: what it says may fill a gap, raise a concern and contradict, and clears nothing from
medium up (`auditor.evaluate.statements`). It is never observed and never stronger than a document.
An answer whose claim is `comment` or empty is kept with the component as a remark and has no effect.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from auditor import assertions
from auditor.assertions import CLAIMS, Assertion
from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.parts_export import cells_of
from auditor.report.escape import cell
from auditor.report.labels import table
from auditor.report.questions import COLUMNS, COMMENT

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge
    from auditor.model import Component, Inventory

WORKBOOK = b"PK\x03\x04"
"""How an XLSX begins."""
LARGEST = 16 << 20
MOST = 50_000
LONGEST = 4_096
"""Bytes of a list, rows of it, letters of a cell."""
NEEDED = ("component", "claim", "answer", "answered by", "answered on")
"""Columns of a list; only the cells `claim` and, of a remark, `component` may be empty."""

WRITTEN = "give the list that auditor report -o questions-csv=FILE or -o questions-xlsx=FILE wrote"


def load(path: Path) -> tuple[Assertion, ...]:
    """Read the CSV or XLSX of `auditor report -o questions-...=`, in English or Chinese, with its answers.

    Rows without an answer are left out. Raises PolicyError with the line.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise PolicyError(str(path), 0, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise PolicyError(str(path), 0, 0, f"larger than {LARGEST} bytes")
    return tuple(_rows(cells_of(path) if data.startswith(WORKBOOK) else _lines(data, path), path.name))


def _lines(data: bytes, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of a CSV."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), 0, 0, f"is no UTF-8 text: byte {error.start}; save it as CSV UTF-8") from None
    head = text.partition("\n")[0]
    # spreadsheets of many countries divide by something else than the comma
    divider = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=divider)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise PolicyError(path.name, reader.line_num, 1, f"no CSV: {error}") from None


def _rows(lines: Iterator[tuple[int, list[str]]], file: str) -> Iterator[Assertion]:
    head: list[str] | None = None
    for number, (line, cells) in enumerate(lines):
        if number > MOST:
            raise PolicyError(file, line, 1, f"more than {MOST} rows")
        if head is None:
            head = _head(cells, file)
            continue
        row = {name: _plain(value) for name, value in zip(head, cells, strict=False)}
        if row.get("answer"):
            yield _answer(row, file, line)
    if head is None:
        raise PolicyError(file, 1, 1, f"is empty: {WRITTEN}")


def _head(cells: Sequence[str], file: str) -> list[str]:
    chinese = {table("zh").words.get(name, name): name for name in COLUMNS}
    head = [chinese.get(value.strip(), value.strip()) for value in cells]
    if not set(NEEDED) & set(head):
        raise PolicyError(file, 1, 1, f"is no list of questions: {WRITTEN}")
    for name in NEEDED:
        if name not in head:
            raise PolicyError(file, 1, 1, f"the column {name!r} is missing", closest(name, head))
    return head


def _plain(value: str) -> str:
    """Return a cell without the apostrophe that keeps it from being a formula."""
    inner = value[1:]
    return (inner if value.startswith("'") and cell(inner) == value else value).strip()


def _answer(row: dict[str, str], file: str, line: int) -> Assertion:
    claim = row.get("claim") or COMMENT
    for name in NEEDED:
        free = name == "claim" or (name == "component" and claim == COMMENT)
        if not row.get(name) and not free:
            raise PolicyError(file, line, 1, f"an answer needs {name!r}")
    if claim not in (*CLAIMS, COMMENT):
        raise PolicyError(file, line, 1, f"nothing can claim {claim!r}", closest(claim, (*CLAIMS, COMMENT)))
    if len(max(row.values(), key=len)) > LONGEST:
        raise PolicyError(file, line, 1, f"a cell is longer than {LONGEST} letters")
    try:
        row["answered on"] = row["answered on"].removesuffix(" 00:00:00")  # a day that a spreadsheet made a time of
        date.fromisoformat(row["answered on"])
    except ValueError:
        raise PolicyError(file, line, 1, f"{row['answered on']!r} is no day like 2027-01-31") from None
    return Assertion(
        component=row["component"],
        claim=claim,
        value=row["answer"],
        who=row["answered by"],
        date=row["answered on"],
        source=f"{row.get('source') or 'no source given'}; not signed",
        ecu=row.get("ecu") or None,
        line=line,
        file=file,
        version=row.get("version"),
    )


def apply(
    inventory: Inventory, given: Sequence[Assertion], knowledge: Knowledge, as_of: date
) -> tuple[Inventory, tuple[str, ...]]:
    """Return the inventory with the answers as declared votes, and a line for each that is not used.

    Not used is what names no component, could mean several versions, or was answered after the `as_of` day.
    """
    assertions.check_countries(given, knowledge)
    lost = {one: reason for one in given if (reason := _unusable(one, inventory.components, as_of))}
    said = [one for one in given if one not in lost]
    known = {one.id: len(one.evidence) for one in inventory.components}
    changed, _ = assertions.apply(inventory, [one for one in said if one.claim != COMMENT], knowledge)
    remarks: dict[str, list[Assertion]] = {}
    for one in said:
        for part in assertions.meant(one, inventory.components) if one.claim == COMMENT else ():
            remarks.setdefault(part.id, []).append(one)
    components = tuple(_remarked(_declared(one, known[one.id]), remarks.get(one.id, ())) for one in changed.components)
    return msgspec.structs.replace(changed, components=components), tuple(lost.values())


def _unusable(said: Assertion, components: Sequence[Component], as_of: date) -> str:
    """Return why an answer cannot be used; nothing when it can."""
    unused = "its answer is not used"
    if date.fromisoformat(said.date) > as_of:
        return f"{said.file}:{said.line}: answered on {said.date}, after the day of the audit, {as_of}: {unused}"
    if not said.component:
        return f"{said.file}:{said.line}: an answer about no component is a remark and has no effect"
    mine = assertions.meant(said, components)
    if not mine:
        return f"{assertions.strange(said)}: {unused}"
    versions = sorted({one.version or "none" for one in mine})
    if len(versions) > 1:
        told = ", ".join(versions)
        return f"{said.file}:{said.line}: {said.component!r} is there in versions {told}; say which: {unused}"
    return ""


def _declared(one: Component, before: int) -> Component:
    """Mark the votes from the answers as what they are: a supplier's word."""
    if len(one.evidence) == before:
        return one
    votes = tuple(msgspec.structs.replace(vote, detector="answer", method="declared") for vote in one.evidence[before:])
    return msgspec.structs.replace(one, evidence=(*one.evidence[:before], *votes))


def _remarked(one: Component, remarks: Sequence[Assertion]) -> Component:
    """Keep the answers that claim nothing as remarks: weak votes that no fact is taken from."""
    votes = tuple(
        msgspec.structs.replace(assertions.vote(one, said), detector="answer", method="declared", grade="weak")
        for said in remarks
    )
    return msgspec.structs.replace(one, evidence=(*one.evidence, *votes)) if votes else one
