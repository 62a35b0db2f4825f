"""The headings of a part list: which row has them, what the user calls them, what is wrong when there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.identify.documents import columns
from auditor.identify.documents.notes import Unreadable, shown
from auditor.identify.sample import Sample

HEADING_ROWS = 30
"""Rows in which the headings may stand; title lines of exports come before them."""
FEWEST, SHOWN = 3, 12
"""Cells that make a row of a table; headings that are listed when none is known."""
Table = Iterator[tuple[int, list[str]]]
"""(line, cells) of each row."""


def own_headings(sample: Sample) -> dict[str, str]:
    """Return the headings that the user of `part-list:FIELD=HEADING` has mapped, normalized, to their fields."""
    return columns.mapping(sample.declared.partition(":")[2])


def find_headings(table: Table, own: Mapping[str, str]) -> tuple[int, list[tuple[str | None, int]]] | None:
    """Return the line of the headings and the field of each column; `own` are headings the user has mapped.

    A part list has a part number or a name, and at least one more column that is about a part.
    """
    for _, (line, cells) in zip(range(HEADING_ROWS), table, strict=False):
        fields = [columns.heading_field(cell[:100], own) for cell in cells]
        known = {field for field, _ in fields if field}
        strong = known - {"name", "type", "number", "version", "package", "ecu", "license", "lifecycle"}
        if known & {"mpn", "part", "name"} and len(known) >= 2 and (strong - {"part"} or {"part", "name"} <= known):
            return line, fields
    return None


def unknown_headings(first: Sequence[tuple[int, list[str]]], own: Mapping[str, str]) -> Unreadable | None:
    """Say which headings a table has, what of a part list is missing and how to name it; None when it is no table.

    `first` are the first rows. The one with most known headings is meant, else the first of two rows with as many
    cells, three or more.
    """
    wide = [at for at, (_, cells) in enumerate(first) if sum(bool(cell.strip()) for cell in cells) >= FEWEST]
    alike = [at for at in wide if at + 1 < len(first) and len(first[at][1]) == len(first[at + 1][1])]
    if not alike:
        return None

    def known(at: int) -> list[str]:
        return [field for cell in first[at][1] if (field := columns.heading_field(cell[:100], own)[0])]

    at = max(alike, key=lambda one: len(known(one)))  # the first of equals
    line, cells = first[at]
    seen = [cell.strip() for cell in cells if cell.strip()]
    more = "" if len(seen) <= SHOWN else f" and {len(seen) - SHOWN} more"
    roles = sorted(set(known(at)))
    missing = [] if {"mpn", "part", "name"} & set(roles) else ["mpn, part or name"]
    missing += ["manufacturer, quantity, country or another"] if len(roles) < 2 or not missing else []
    message = (
        f"a table, but no part list: headings {', '.join(shown(one, 40) for one in seen[:SHOWN])}{more}; "
        f"known {', '.join(roles) or 'none'}; missing {' and '.join(missing)}; "
        "name them: --input-type 'part-list:mpn=HEADING,quantity=HEADING'"
    )
    return Unreadable("unrecognized", message, pointer=f"line {line}")
