"""The picture of an answer: what was removed, the parts it takes, the controllers and functions behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from auditor.whatif.answer import Answer

FILLS = {"stops": "#b3261e", "degrades": "#8a5a00", "unknown": "#5b5f66", "survives": "#1e6b34"}
SIGNS = {"stops": "✕", "degrades": "▼", "unknown": "?", "survives": "✓"}
WIDTH, ROW, BOX, GAP = 1080, 30, 230, 50
MOST = 40
"""Boxes in a column; the rest is counted in the last one."""


def svg(answer: Answer) -> str:
    """Return an SVG of four columns; color, word and sign say the same."""
    parts = [one for one in answer.parts if one.state in ("stops", "degrades")]
    columns = [
        ("removed", [(one, one, "") for one in answer.removed]),
        ("parts", [(one.id, one.name, one.state) for one in parts]),
        ("controllers", [(one.id, one.name, one.state) for one in answer.ecus]),
        ("functions", [(one.id, one.name, one.state) for one in answer.functions]),
    ]
    places: dict[tuple[int, str], float] = {}
    boxes = [box for index, (title, rows) in enumerate(columns) for box in _column(index, title, rows, places)]
    edges = [_edge(places, (0, removed), (1, one.id)) for removed in answer.removed for one in parts]
    edges += [_edge(places, (1, one.id), (2, one.ecu)) for one in parts]
    edges += [
        _edge(places, (2, ecu.id), (3, work.id))
        for work in answer.functions
        for ecu in answer.ecus
        if work.state != "survives"
        and any(ecu.name in cause or ecu.id == work.id for cause in work.because or (ecu.id,))
    ]
    height = 60 + ROW * max([1, *(min(len(rows), MOST + 1) for _, rows in columns)])
    lines = "".join(dict.fromkeys(filter(None, edges)))
    title = escape(f"What stops without {', '.join(answer.removed) or 'nothing'}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{title}</title>{lines}{"".join(boxes)}</svg>\n'
    )


def _column(
    index: int, title: str, rows: list[tuple[str, str, str]], places: dict[tuple[int, str], float]
) -> list[str]:
    left = 10 + index * (BOX + GAP)
    made = [f'<text x="{left}" y="24" font-weight="bold">{title}</text>']
    for number, (identity, name, state) in enumerate(rows[:MOST]):
        top = 40 + number * ROW
        places[index, identity] = top + 10
        fill = FILLS.get(state, "#24425c")
        label = f"{SIGNS[state]} {name} {state}" if state else name
        made.append(
            f'<g><title>{escape(label)}</title><rect x="{left}" y="{top}" width="{BOX}" height="22" rx="3" '
            f'fill={quoteattr(fill)}/><text x="{left + 6}" y="{top + 15}" fill="#ffffff">'
            f"{escape(_short(label))}</text></g>"
        )
    if len(rows) > MOST:
        made.append(f'<text x="{left}" y="{55 + MOST * ROW}">… and {len(rows) - MOST} more</text>')
    return made


def _edge(places: dict[tuple[int, str], float], start: tuple[int, str], end: tuple[int, str]) -> str:
    if start not in places or end not in places:
        return ""
    x1, x2 = (10 + column * (BOX + GAP) for column in (start[0], end[0]))
    y1, y2 = places[start], places[end]
    middle = x1 + BOX + GAP / 2
    path = f"M{x1 + BOX} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#7a7f87" stroke-opacity="0.6"/>'


def _short(label: str) -> str:
    return label if len(label) <= 34 else f"{label[:33]}…"
