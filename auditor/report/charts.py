"""Inline SVG pictures of the HTML report: flow, bars. Pure functions from figures to markup."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.report.escape import xml

if TYPE_CHECKING:
    from auditor.report.labels import Say
    from auditor.report.schema import Concentration, Report, ReportComponent

WIDTH, BAR, GAP = 760, 14, 6
BROAD, TALL = 1160, 24
"""Size of a concentration bar."""
TALLEST = 420
"""Height of all components together, so that a thousand take no more room than a hundred."""
LARGEST = 14
"""Nodes of a column; the rest is one node."""
REST = "others"


def flow(report: Report, say: Say) -> str:
    """Return a Sankey picture: kind of component to controlling party to country or region."""
    names = {one.id: one.name for one in report.parties}
    rows = [(say(one.kind), *_control(one, names, say)) for one in report.components]
    if not rows:
        return ""
    columns = [_fold([row[index] for row in rows]) for index in range(3)]
    folded = [tuple(columns[index].get(row[index], say(REST)) for index in range(3)) for row in rows]
    heights = [Counter(row[index] for row in folded) for index in range(3)]
    unit = min(6.0, TALLEST / len(rows))
    places = [_stack(column, unit) for column in heights]
    height = max(max((top + size for top, size in column.values()), default=0) for column in places) + 10
    label = xml(say("Flow of components to parties and countries or regions"))
    parts = [f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}">']
    parts += _bands(folded, places, unit)
    for index, column in enumerate(places):
        left = index * (WIDTH - 180) / 2
        for name, (top, size) in column.items():
            count = heights[index][name]
            label = xml(f"{name} ({count})")
            parts.append(f'<rect class="node" x="{left:.0f}" y="{top:.1f}" width="10" height="{size:.1f}"/>')
            parts.append(f'<text x="{left + 14:.0f}" y="{top + size / 2 + 4:.1f}">{label}</text>')
    return "".join([*parts, "</svg>"])


def _control(one: ReportComponent, names: dict[str, str], say: Say) -> tuple[str, str]:
    for stage in ("owner", "steward", "hq"):
        for entry in one.origin:
            if entry.stage == stage and (entry.party or entry.country):
                return names.get(entry.party or "", entry.party or say("unknown party")), entry.country or say(
                    "unknown"
                )
    return say("unknown party"), say("unknown")


def _fold(values: Sequence[str]) -> dict[str, str]:
    """Keep the largest values; the rest becomes one."""
    ranked = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: name for name, _ in ranked[:LARGEST]}


def _stack(counts: Counter[str], unit: float) -> dict[str, tuple[float, float]]:
    top, placed = 4.0, {}
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        size = max(2.0, count * unit)
        placed[name] = (top, size)
        top += max(size, BAR) + GAP
    return placed


def _bands(rows: Sequence[tuple[str, ...]], places: list[dict[str, tuple[float, float]]], unit: float) -> list[str]:
    parts = []
    for index in (0, 1):
        used: dict[tuple[int, str], float] = defaultdict(float)
        for (source, target), count in sorted(Counter((row[index], row[index + 1]) for row in rows).items()):
            size = max(1.0, count * unit)
            left, right = index * (WIDTH - 180) / 2 + 10, (index + 1) * (WIDTH - 180) / 2
            one = places[index][source][0] + used[(0, source)] + size / 2
            other = places[index + 1][target][0] + used[(1, target)] + size / 2
            used[(0, source)] += size
            used[(1, target)] += size
            middle = (left + right) / 2
            title = xml(f"{source} → {target}: {count}")
            parts.append(
                f'<path class="band" d="M{left:.0f} {one:.1f}C{middle:.0f} {one:.1f} {middle:.0f} {other:.1f} '
                f'{right:.0f} {other:.1f}" stroke-width="{size:.1f}"><title>{title}</title></path>'
            )
    return parts


def bars(title: str, one: Concentration, say: Say) -> str:
    """Return one stacked bar of shares (of the known) with the unknown part at the end."""
    known = 1 - one.unknown
    left, parts = 0.0, []
    ranked = sorted(one.shares.items(), key=lambda pair: (-pair[1], pair[0]))
    for number, (name, share) in enumerate(ranked[:8]):
        width = share * known * BROAD
        label = xml(f"{name} {share * known:.0%}")
        text = f'<text x="{left + 6:.1f}" y="17">{label}</text>' if width > 8 * len(name) + 40 else ""
        shape = f'<rect class="share s{number}" x="{left:.1f}" width="{width:.1f}" height="{TALL}"/>'
        parts.append(f"<g><title>{label}</title>{shape}{text}</g>")
        left += width
    rest = BROAD - left
    if rest > 0.5:
        label = xml(f"{say('unknown or smaller')} {rest / BROAD:.0%}")
        text = f'<text x="{left + 6:.1f}" y="17">{label}</text>' if rest > 180 else ""
        shape = f'<rect class="unknown" x="{left:.1f}" width="{rest:.1f}" height="{TALL}"/>'
        parts.append(f"<g><title>{label}</title>{shape}{text}</g>")
    return f'<svg class="bar" viewBox="0 0 {BROAD} {TALL}" role="img" aria-label="{xml(title)}">{"".join(parts)}</svg>'
