"""Parts of a list: what is known about each line, through how many channels it is bought, and what the tree says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from auditor.model import Comparison, Component, Declared, Inventory
from auditor.trace.subject import Subject, find

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

Classification = Literal["known", "user-supplied", "unknown"]

APPROVED = "part-list:approved_vendors"
"""Property of a line that lists whom a part may be bought from."""

LIFECYCLE = "part-list:lifecycle"
"""Property of a line with the state of its life cycle."""

_ENDING = {
    "nrnd": "nrnd", "not recommended for new designs": "nrnd", "not for new designs": "nrnd",
    "不推荐用于新设计": "nrnd",
    "ltb": "last-time-buy", "last time buy": "last-time-buy", "最后采购": "last-time-buy", "最后购买": "last-time-buy",
    "eol": "end-of-life", "end of life": "end-of-life", "停产通知": "end-of-life",
    "obsolete": "obsolete", "discontinued": "obsolete", "停产": "obsolete", "已停产": "obsolete",
}  # fmt: skip
"""Words of that column to states near the end."""

_BETWEEN = re.compile(r"[;；\n|]|\s/\s")
"""Between the names of one cell; a comma belongs to a name (`Co., Ltd.`)."""

MAIN_CLASS = "soc"
"""Class of chips of which the device tree names the one it was written for."""

Lines = Mapping[tuple[str, str], Declared]


def lines_of(inventory: Inventory) -> Lines:
    """Return what documents declare, by (sha256 of the document, pointer)."""
    return {(document.sha256, one.pointer): one for document in inventory.documents for one in document.components}


def classify(subject: Subject, knowledge: Knowledge) -> Classification:
    """Tell whether a part is known from shipped facts, from what the user supplied, or not at all.

    Supplied by the user is a family or maker of the user's own overlay, and a maker that only the document names.
    """
    record = subject.chip or subject.party
    if record is None:
        return "unknown"
    by_word = subject.chip is None and any(line.startswith("declared:") for line in subject.maker_sources)
    return "user-supplied" if by_word or knowledge.of_user(record) else "known"


def channels(component: Component, lines: Lines) -> int | None:
    """Return through how many channels a part may be bought, by its approved vendors; None when nothing says so."""
    cells = _cells(component, lines, APPROVED)
    names = {one.strip().casefold() for cell in cells for one in _BETWEEN.split(cell) if one.strip()}
    return len(names) or None


def ending(component: Component, lines: Lines) -> str | None:
    """Return the state near its end that a list says a part is in; None when it says none, or that it is active.

    A list may raise this concern; that it says `active` clears nothing.
    """
    words = (re.sub(r"[\s_-]+", " ", cell).strip().casefold() for cell in _cells(component, lines, LIFECYCLE))
    return next((_ENDING[word] for word in words if word in _ENDING), None)


def _cells(component: Component, lines: Lines, name: str) -> list[str]:
    """Return what the lines of a component say under the heading of a property."""
    said = [lines.get((vote.artifact, vote.pointer or "")) for vote in component.evidence if vote.method == "declared"]
    return [value for line in said if line for key, value in line.properties if key == name]


def against_tree(components: Iterable[Component], knowledge: Knowledge) -> dict[str, tuple[Component, Component]]:
    """Return (as listed, as in the tree) of main chips that contradict each other, by the id of either.

    Contradicting are two families of the main class on one controller, one only listed and one only seen, when there
    is one of each: with more of them nothing says which belongs to which.
    """
    main: dict[str, list[Component]] = {}
    for one in components:
        chip = find(one, knowledge).chip if one.kind == "chip" else None
        if chip and chip.class_ == MAIN_CLASS:
            main.setdefault(one.ecu, []).append(one)
    found = {}
    for _, parts in sorted(main.items()):
        listed = [one for one in parts if one.declared and not one.observed]
        seen = [one for one in parts if one.observed and not one.declared]
        if len(listed) == 1 and len(seen) == 1 and len(parts) == 2:
            found[listed[0].id] = found[seen[0].id] = (listed[0], seen[0])
    return found


def contradiction(pair: tuple[Component, Component] | None) -> list[str]:
    """Return the line that names a contradiction between the list and the tree."""
    return [f"chip: the list names {pair[0].name}, the device tree {pair[1].name}"] if pair else []


def compared(rows: tuple[Comparison, ...], pairs: Mapping[str, tuple[Component, Component]]) -> tuple[Comparison, ...]:
    """Return the rows of declared against observed with those of contradicting main chips."""
    kept = [row for row in rows if row.component not in pairs]
    made = [
        Comparison(component=identity, class_="contradicting", declared=listed.name, observed=seen.name)
        for identity, (listed, seen) in pairs.items()
    ]
    return tuple(sorted((*kept, *made), key=lambda row: msgspec.structs.astuple(row)[:2])) if made else rows
