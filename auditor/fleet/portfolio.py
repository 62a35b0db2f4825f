"""What a whole store says, as data and as one page."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import msgspec

from auditor.fleet.query import Answer, ask
from auditor.judgement import DISCLAIMER
from auditor.report.escape import json_text, terminal

MOST = 50
"""Rows of each list; totals count everything."""
STYLE = re.compile(r"<style>(.*?)</style>", re.S)
LISTS = {
    "states": "SELECT state, result, count(*) AS images FROM images GROUP BY ALL ORDER BY ALL",
    "exposure": "SELECT coalesce(country, 'unknown') AS country, images, components, parties, share FROM exposure "
    "ORDER BY components DESC, country",
    "parties": "SELECT party, any_value(party_name) AS name, any_value(country) AS country, "
    "count(DISTINCT image) AS images, count(*) AS components FROM components WHERE party IS NOT NULL "
    "GROUP BY party ORDER BY images DESC, components DESC, party",
    "rules": "SELECT rule, any_value(title) AS title, severity, verdict, count(DISTINCT image) AS images, "
    "count(*) AS findings FROM findings WHERE status = 'stable' GROUP BY rule, severity, verdict "
    "ORDER BY list_position(['critical', 'high', 'medium', 'low', 'info'], severity), images DESC, rule, verdict",
    "parts": "SELECT name, version, kind, any_value(party_name) AS party, any_value(country) AS country, "
    "count(DISTINCT image) AS images FROM components GROUP BY name, version, kind "
    "ORDER BY images DESC, name, version, kind",
    "notWhole": "SELECT sources[1] AS source, state, problems[1] AS problem FROM images "
    "WHERE state <> 'audited' ORDER BY source, image",
}
"""Name of a list in the data -> its query."""
TOTALS = (
    "SELECT (SELECT count(*) FROM images) AS images, (SELECT count(*) FROM sources) AS sources, "
    "(SELECT count(*) FROM components) AS components, (SELECT count(*) FROM findings) AS findings, "
    "(SELECT count(DISTINCT party) FROM components) AS parties, "
    "(SELECT coalesce(sum(critical), 0)::BIGINT FROM images) AS critical, "
    "(SELECT coalesce(sum(high), 0)::BIGINT FROM images) AS high, "
    "(SELECT coalesce(sum(undetermined), 0)::BIGINT FROM images) AS undetermined"
)
TITLES = {
    "states": "How the images ended",
    "exposure": "Exposure by country or region of control",
    "parties": "Parties in most images",
    "rules": "Rules that fired",
    "parts": "Parts in most images",
    "notWhole": "Images that are not whole",
}


def portfolio(base: Any) -> dict[str, Any]:
    """Return the totals and lists of a store; each list says how many rows it has and gives the first."""
    found: dict[str, Any] = {"schemaVersion": "1.0", "totals": _rows(ask(base, TOTALS))[0]}
    for name, sql in LISTS.items():
        rows = _rows(ask(base, sql))
        found[name] = {"count": len(rows), "rows": rows[:MOST]}
    return found | {"disclaimer": DISCLAIMER}


def _rows(answer: Answer) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def json(found: dict[str, Any]) -> bytes:
    """Return the portfolio as JSON."""
    return json_text(msgspec.json.format(msgspec.json.encode(found), indent=1).decode()).encode() + b"\n"


def html(found: dict[str, Any]) -> bytes:
    """Return the portfolio as one page that needs nothing else and runs nothing."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("auditor.fleet", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: terminal(value) if type(value) is str else "" if value is None else value,
    )
    page = environment.get_template("portfolio.html.j2").render(found=found, titles=TITLES)
    (style,) = STYLE.findall(page)[:1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return page.replace("style-src 'self'", f"style-src 'sha256-{digest}'", 1).encode("utf-8", "backslashreplace")
