"""One HTML file: no network, no external script, light, dark and print."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.report import accepted, chain_words, charts, maps, questions, vehicle_sections
from auditor.report.escape import script, terminal
from auditor.report.labels import Say, say, sentence
from auditor.report.summary import SEVERITIES
from auditor.report.text import GROUPED, heading

if TYPE_CHECKING:
    from markupsafe import Markup

    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Concentration, Report, ReportComponent

NAME = "html"
TITLE = "HTML report for reviews: one file, works offline and in print"
BINARY = False

SYMBOLS = {"critical": "✖", "high": "▲", "medium": "◆", "low": "●", "info": "○", "undetermined": "?"}
SIGNS = {"home": "●", "trusted": "◆", "outside": "▲", "restricted": "✖", "unknown": "?"}
FIRST = 8
"""Findings under "fix first"."""
ROWS = 200
"""Components or questions written as a table; the script shows the rest on request, filters and sorts them all."""
LEGEND = 12
"""Shares named under a bar."""
NAMES = 400
"""Components listed in a group of findings before the rest is only counted."""
_CODE = re.compile(r"<(style|script)>(.*?)</\1>", re.S)


def render(report: Report, style: Style) -> bytes:
    """Return the report as one UTF-8 HTML page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("auditor.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    page = environment.get_template("report.html.j2").render(context(report, style))
    return _sealed(page).encode("utf-8", "backslashreplace")


def _shown(value: Any) -> Any:
    """Make every text harmless that a template prints; markup of our own is left alone."""
    return terminal(value) if type(value) is str else value


def _sealed(page: str) -> str:
    """Put the digests of the page's own style and script into its content security policy: nothing else runs."""
    for kind, code in _CODE.findall(page):
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        page = page.replace(f"{kind}-src 'self'", f"{kind}-src 'sha256-{digest}'", 1)
    return page


def context(report: Report, style: Style) -> dict[str, Any]:
    """Return what the template prints."""
    from markupsafe import Markup

    speak = say(style.language)
    live = [one for one in report.findings if one.state == "open" and one.status == "stable"]
    order = sorted(live, key=lambda one: (one.verdict != "fail", SEVERITIES.index(one.severity), one.rule, one.id))
    names = {one.id: f"{one.name} {one.version or ''}".strip() for one in report.components}
    grouped = groups(order)
    shown = [_group(some, names, style) for some in grouped]
    concentration = report.summary.concentration
    stages = {"owner (party)": concentration.party, **concentration.stages}
    parties = {one.id: one.name for one in report.parties}
    rows = [_component(one, report, parties, speak) for one in report.components]
    return {
        "report": report,
        "vehicle": vehicle_sections.sections(report, speak),
        "language": style.language,
        "t": speak,
        "sentence": lambda text: sentence(text, style.language),
        "heading": heading(report, speak),
        "severities": SEVERITIES[:4],
        "symbols": SYMBOLS,
        "signs": SIGNS,
        "jurisdictions": maps.JURISDICTIONS,
        "findings": shown,
        "first": first(shown),
        "layers": maps.layers(report, order),
        "grid": maps.grid(order),
        "heat": heat,
        "flow": Markup(charts.flow(report, speak)),  # noqa: S704 - made by us, every text escaped
        "bars": [
            (title, one, Markup(charts.bars(speak(title), _named(one, parties), speak)), _legend(_named(one, parties)))  # noqa: S704
            for title, one in stages.items()
        ],
        "losses": maps.knockout(report),
        "total": len(report.ecus),
        "columns": COLUMNS,
        "rows": _paged(rows),
        "anchors": {one.id: some[0].id for some in grouped for one in some},
        "questions": _paged([_question(one, speak, style.language) for one in questions.grouped(report)]),
        "question_columns": QUESTION_COLUMNS,
        "titles": titles(report, style.language),
        "quiet": Counter(run.result for run in report.rules_run),
        "waivers": waivers(report, speak),
        "waiver_columns": WAIVER_COLUMNS,
        "sources": sources(report),
    }


def _named(one: Concentration, parties: dict[str, str]) -> Concentration:
    return msgspec.structs.replace(one, shares={parties.get(key, key): share for key, share in one.shares.items()})


def _legend(one: Concentration) -> str:
    ranked = sorted(one.shares.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = [f"{name} {share * (1 - one.unknown):.0%}" for name, share in ranked[:LEGEND]]
    return ", ".join(listed) + (f", … +{len(ranked) - LEGEND}" if len(ranked) > LEGEND else "")


def first(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what to do first: the worst rules that failed, each once with the number of its other findings."""
    by: dict[str, list[dict[str, Any]]] = {}
    for one in shown:
        if one["verdict"] == "fail":
            by.setdefault(one["rule"], []).append(one)
    return [{**some[0], "others": sum(one["count"] for one in some) - 1} for some in by.values()][:FIRST]


def heat(count: int) -> str:
    """Return the class that tints a cell by its count, in steps of four."""
    return f"h{min(4, count.bit_length() // 2 + 1)}" if count else "h0"


def groups(findings: list[Finding]) -> list[list[Finding]]:
    """Return the findings in their order; a rule with more than ten on one controller is one group."""
    by: dict[tuple[str, str, str, tuple[str, ...]], list[Finding]] = defaultdict(list)
    for one in findings:
        by[(one.verdict, one.severity, one.rule, one.ecus)].append(one)
    return [part for some in by.values() for part in ([some] if len(some) > GROUPED else [[one] for one in some])]


def _group(some: list[Finding], names: dict[str, str], style: Style) -> dict[str, Any]:
    one, zh = some[0], style.language == "zh"
    title = one.title_zh if zh and one.title_zh else one.title
    message = one.message_zh if zh and one.message_zh else one.message
    parts = list(dict.fromkeys(names.get(part, part) for each in some for part in each.components))
    return {
        "id": one.id,
        "rule": one.rule,
        "title": title,
        "message": message,
        "count": len(some),
        "remedy": one.remediation_zh if zh and one.remediation_zh else one.remediation,
        "word": one.severity if one.verdict == "fail" else "undetermined",
        "severity": one.severity,
        "verdict": one.verdict,
        "confidence": one.confidence,
        "ecus": ", ".join(one.ecus),
        "parts": parts[:NAMES],
        "more": max(0, len(parts) - NAMES),
        "chain": [chain_words.spoken(step, one, style.language) for step in one.chain],
        "missing": chain_words.missing(one, style.language),
        "question": one.supplier_question,
        "requirement": one.requirement,
    }


COLUMNS = (
    "ECU", "kind", "name", "version", "seen", "party", "country or region", "jurisdiction", "license", "evidence",
)  # fmt: skip


def _component(one: ReportComponent, report: Report, parties: dict[str, str], speak: Say) -> list[str]:
    """Return the cells of a component, in the order of COLUMNS, and the word of its jurisdiction."""
    entry = next((entry for entry in one.origin if entry.stage in ("owner", "steward")), None)
    where = maps.jurisdiction(one, report)
    return [
        one.ecu,
        speak(one.kind),
        one.name,
        one.version or one.version_range or "",
        speak("both" if one.declared and one.observed else "declared" if one.declared else "observed"),
        parties.get(entry.party or "", entry.party or "") if entry else "",
        (entry.country or "") if entry else "",
        f"{SIGNS[where]} {speak(where)}",
        one.licenses.concluded or "",
        str(len(one.evidence)),
        where,
    ]


QUESTION_COLUMNS = ("supplier", "question", "components")


def _question(one: questions.Asked, speak: Say, language: str) -> list[str]:
    """Return the cells of a question, in the order of QUESTION_COLUMNS, and no word of color."""
    more = len(one.components) - NAMES
    names = ", ".join(one.components[:NAMES]) + (f", … {more} {speak('more in the JSON report')}" if more > 0 else "")
    return [one.supplier or speak("not known"), sentence(one.text, language), names, ""]


def _paged(rows: list[list[str]]) -> tuple[list[list[str]], Markup, int]:
    """Return the rows that are written as a table, the others as data for the script, and how many these are."""
    from markupsafe import Markup

    rest = rows[ROWS:]
    return rows[:ROWS], Markup(script(rest)), len(rest)  # noqa: S704 - escaped for scripts


def titles(report: Report, language: str) -> dict[str, str]:
    """Return the title of each rule; where the report holds it in the language, in that language."""
    zh = language == "zh"
    return {one.id: one.title_zh if zh and one.title_zh else one.title for one in report.rules}


WAIVER_COLUMNS = ("ends", "state", "waiver", "reason", "owner", "comment")


def waivers(report: Report, speak: Say) -> list[tuple[str, ...]]:
    """Return (day it ends, state, waiver, reason, owner, comment), the soonest first; an unknown day comes last."""
    ends: dict[str, str] = {}
    for name, day in report.waivers.ends:
        ends.setdefault(name, day)
    used, known = report.waivers, accepted.records(report)
    states = (("applied", used.applied), ("expired", used.expired), ("unused", used.unused))
    rows = []
    for state, name in ((state, name) for state, names in states for name in names):
        one = known.get(name)
        said = " · ".join(filter(None, (one.comment, one.ticket, one.approved_by))) if one else ""
        day = one.expires if one else ends.get(name, "")
        rows.append((day, speak(state), name, speak(one.reason) if one else "", one.owner if one else "", said))
    return sorted(rows, key=lambda row: (not row[0], row))


def sources(report: Report) -> list[str]:
    """Return where the facts of this report stand: records of the knowledge, addresses with the day they were read."""
    found = {source for one in report.parties for source in one.sources}
    found |= {source for one in report.components for entry in one.origin for source in entry.evidence}
    return sorted(found)
