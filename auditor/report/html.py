"""One HTML file: no network, no external script, light, dark and print."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from auditor.report import charts
from auditor.report.escape import terminal
from auditor.report.summary import SEVERITIES
from auditor.report.text import heading

if TYPE_CHECKING:
    from auditor.judgement import Finding
    from auditor.report import Style
    from auditor.report.schema import Report, ReportComponent

NAME = "html"
TITLE = "HTML report for reviews: one file, works offline and in print"
BINARY = False

JURISDICTIONS = ("home", "trusted", "outside", "restricted", "unknown")
SYMBOLS = {"critical": "✖", "high": "▲", "medium": "◆", "low": "●", "info": "○", "undetermined": "?"}
FIRST = 8
"""Findings under "fix first"."""


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
    return page.encode("utf-8", "backslashreplace")


def _shown(value: Any) -> Any:
    """Make every text harmless that a template prints; markup of our own is left alone."""
    return terminal(value) if type(value) is str else value


def context(report: Report, style: Style) -> dict[str, Any]:
    """Return what the template prints."""
    from markupsafe import Markup

    zh = style.language == "zh"
    live = [one for one in report.findings if one.state == "open" and one.status == "stable"]
    order = sorted(live, key=lambda one: (one.verdict != "fail", SEVERITIES.index(one.severity), one.rule, one.id))
    names = {one.id: f"{one.name} {one.version or ''}".strip() for one in report.components}
    concentration = report.summary.concentration
    stages = {"owner (party)": concentration.party, **concentration.stages}
    return {
        "report": report,
        "language": style.language,
        "words": ZH if zh else EN,
        "heading": heading(report),
        "severities": SEVERITIES[:4],
        "symbols": SYMBOLS,
        "jurisdictions": JURISDICTIONS,
        "findings": [_finding(one, names, zh) for one in order],
        "first": [_finding(one, names, zh) for one in order if one.verdict == "fail"][:FIRST],
        "layers": layers(report),
        "grid": grid(live),
        "flow": Markup(charts.flow(report)),  # noqa: S704 - made by us, every text escaped
        "bars": [
            (title, one.hhi, one.unknown, Markup(charts.bars(title, one.shares, one.unknown)))  # noqa: S704
            for title, one in stages.items()
        ],
        "knockout": knockout(report),
        "components": [_component(one, report) for one in report.components],
        "finding_names": names,
    }


def _finding(one: Finding, names: dict[str, str], zh: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "rule": one.rule,
        "title": one.title_zh if zh and one.title_zh else one.title,
        "message": one.message_zh if zh and one.message_zh else one.message,
        "remedy": one.remediation_zh if zh and one.remediation_zh else one.remediation,
        "word": one.severity if one.verdict == "fail" else "undetermined",
        "severity": one.severity,
        "verdict": one.verdict,
        "confidence": one.confidence,
        "ecus": ", ".join(one.ecus),
        "components": ", ".join(names.get(part, part) for part in one.components),
        "chain": one.chain,
        "missing": ", ".join(one.missing),
        "question": one.supplier_question,
    }


def jurisdiction(one: ReportComponent, report: Report) -> str:
    """Return home, trusted, outside, restricted or unknown, by facts that may decide."""
    codes = [
        entry.country
        for entry in one.origin
        if entry.stage in ("owner", "steward")
        and entry.country
        and (entry.basis != "stated" or report.run.accept_stated)
    ]
    if not codes:
        return "unknown"
    sets = (("restricted", report.run.restricted), ("home", report.run.home), ("trusted", report.run.trusted))
    found = {next((name for name, members in sets if code in members), "outside") for code in codes}
    return next(name for name in ("restricted", "outside", "trusted", "home") if name in found)


def layers(report: Report) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the layer by jurisdiction counts."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in report.components:
        counts[one.layer][jurisdiction(one, report)] += 1
    return [(layer, [(name, counts[layer][name]) for name in JURISDICTIONS]) for layer in sorted(counts)]


def grid(findings: list[Finding]) -> tuple[list[str], list[tuple[str, list[tuple[int, str, str]]]]]:
    """Return the controllers, and for each rule (count, word, id of the first finding) per controller."""
    ecus = sorted({ecu for one in findings for ecu in one.ecus})
    rows = []
    rules = sorted({(one.verdict != "fail", SEVERITIES.index(one.severity), one.rule) for one in findings})
    for undecided, rank, rule in rules:
        cells = []
        for ecu in ecus:
            here = [
                one
                for one in findings
                if one.rule == rule and ecu in one.ecus and (one.verdict != "fail") == undecided
                and SEVERITIES.index(one.severity) == rank
            ]  # fmt: skip
            cells.append((len(here), "undetermined" if undecided else SEVERITIES[rank], here[0].id if here else ""))
        rows.append((rule, cells))
    return ecus, rows


def knockout(report: Report) -> list[tuple[str, str, int, list[str]]]:
    """Return (party, country, components, controllers) of parties outside home, largest first: what they control."""
    names = {one.id: one.name for one in report.parties}
    parts: dict[tuple[str, str], list[ReportComponent]] = defaultdict(list)
    for one in report.components:
        for entry in one.origin:
            if entry.stage == "owner" and entry.party and entry.country and entry.country not in report.run.home:
                parts[(names.get(entry.party, entry.party), entry.country)].append(one)
    rows = [(name, code, len(found), sorted({one.ecu for one in found})) for (name, code), found in parts.items()]
    return sorted(rows, key=lambda row: (-len(row[3]), -row[2], row[0]))[:20]


def _component(one: ReportComponent, report: Report) -> dict[str, Any]:
    names = {party.id: party.name for party in report.parties}
    entry = next((entry for entry in one.origin if entry.stage in ("owner", "steward")), None)
    return {
        "ecu": one.ecu,
        "kind": one.kind,
        "name": one.name,
        "version": one.version or one.version_range or "",
        "seen": "both" if one.declared and one.observed else "declared" if one.declared else "observed",
        "party": names.get(entry.party or "", entry.party or "") if entry else "",
        "country": (entry.country or "") if entry else "",
        "jurisdiction": jurisdiction(one, report),
        "license": one.licenses.concluded or "",
        "evidence": len(one.evidence),
    }


EN = {
    "title": "Supply-chain audit", "verdict": "Verdict", "coverage": "Coverage", "first": "Fix first",
    "maps": "Heat maps", "layer": "Layer by jurisdiction", "grid": "Rules by controller", "flow": "Who controls what",
    "bars": "Concentration", "knockout": "Without X: what it controls here", "findings": "Findings",
    "components": "Components", "questions": "Questions for suppliers", "waivers": "Waivers", "rules": "Rules run",
    "inputs": "Inputs and sources", "filter": "Filter", "all": "all", "chain": "Evidence and reasons",
    "home": "home", "trusted": "trusted", "outside": "outside home", "restricted": "restricted", "unknown": "unknown",
    "critical": "critical", "high": "high", "medium": "medium", "low": "low", "info": "info",
    "undetermined": "undetermined", "pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE",
    "country": "country or region", "none": "none",
}  # fmt: skip
ZH = {
    "title": "供应链审计", "verdict": "结论", "coverage": "覆盖率", "first": "优先处理",
    "maps": "热力图", "layer": "层次与辖区", "grid": "规则与控制器", "flow": "由谁控制",
    "bars": "集中度", "knockout": "若失去某方:其控制的内容", "findings": "发现项",
    "components": "组件", "questions": "向供应商的提问", "waivers": "豁免", "rules": "已运行规则",
    "inputs": "输入与来源", "filter": "筛选", "all": "全部", "chain": "证据与理由",
    "home": "本土", "trusted": "可信", "outside": "境外", "restricted": "受限", "unknown": "未知",
    "critical": "严重", "high": "高", "medium": "中", "low": "低", "info": "提示",
    "undetermined": "无法判定", "pass": "通过", "fail": "不通过", "inconclusive": "无定论",
    "country": "国家/地区", "none": "无",
}  # fmt: skip
