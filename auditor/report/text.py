"""The report for a terminal: grouped findings with their chain, the controllers, the verdict line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.report import accepted, vehicle_sections
from auditor.report.escape import terminal
from auditor.report.labels import Say, say, sentence
from auditor.report.settings import told
from auditor.report.summary import SEVERITIES
from auditor.report.text_groups import listed
from auditor.report.width import columns, cut, padded, wrapped

if TYPE_CHECKING:
    from auditor.judgement import ChainStep, Finding
    from auditor.report import Style
    from auditor.report.schema import Report

NAME = "text"
TITLE = "Terminal report; color only as an addition to words"
BINARY = False

GROUPS, CHAINS = 9, 3
"""Rules that get lines of their own, and those of them that show the chain of their first finding."""
STEPS = 4
"""Steps of a chain that are shown; `auditor explain` shows all."""
SHOWN = 2
"""Findings of one rule that are listed before the rest is only counted."""
GROUPED = 10
"""More findings of one rule on one controller than this are one line."""
NAMES = 4
HINT = "first run? keep today's findings aside: auditor baseline create report.json -o auditor-baseline.json"
ACCEPT = "decided by people? auditor waiver add RULE --report report.json --reason accepted-risk --owner NAME --days 90"
WORD_ALONE = "on the supplier's word alone"
COLORS = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "info": "2", "unknown": "35"}


def render(report: Report, style: Style) -> bytes:
    """Return the report as UTF-8 text."""
    lines = [line.rstrip() for line in _lines(report, style)]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _lines(report: Report, style: Style) -> Iterator[str]:
    yield from wrapped(terminal(heading(report, say(style.language))), style.width, 2)
    if limits := isolation(report):
        yield limits
    if described := vehicle_sections.line(report, say(style.language)):
        yield _cut(terminal(described), style)
    yield ""
    yield from groups(report, style) if style.group_by == "rule" else listed(report, style)
    yield from extra(report, style)
    yield ""
    yield from table(report, style)
    yield ""
    yield from closing(report, style)


def groups(report: Report, style: Style) -> Iterator[str]:
    """Yield the open findings, most severe first, a group per rule; what goes beyond the space is counted."""
    grouped: dict[tuple[bool, int, str], list[Finding]] = {}
    for one in report.findings:
        if one.state == "open" and one.status == "stable":
            key = (one.verdict == "undetermined", SEVERITIES.index(one.severity), one.rule)
            grouped.setdefault(key, []).append(one)
    floor = SEVERITIES.index(report.run.fail_on) if report.run.fail_on in SEVERITIES else 0
    order = sorted(grouped, key=lambda key: (key[1] > floor, key))
    shown = [key for key in order if not (key[0] and key[1] > floor)][:GROUPS]
    chains = 0
    for key in sorted(shown):
        if key[0]:
            yield from undetermined(grouped[key], report, style)
        else:
            yield from group(grouped[key], report, style, with_chain=chains < CHAINS)
            chains += 1
    yield from beyond([key for key in sorted(grouped) if key not in shown], grouped, style)


def beyond(
    rest: list[tuple[bool, int, str]], grouped: dict[tuple[bool, int, str], list[Finding]], style: Style
) -> Iterator[str]:
    """Yield one line for further findings and one for further unknowns: counted, never hidden."""
    speak = say(style.language)
    for unknown, word, show in ((False, "also", "auditor explain RULE"), (True, "undecided", "--show undetermined")):
        keys = [key for key in rest if key[0] == unknown]
        if keys:
            count = sum(len(grouped[key]) for key in keys)
            rules = ", ".join(f"{key[2]} ({len(grouped[key])})" for key in keys)
            text = f"{count} more under {len(keys)} rule{'s' if len(keys) > 1 else ''} ({show}): {rules}"
            yield _cut(padded(speak(word), 10) + sentence(text, style.language), style)


def heading(report: Report, say: Say) -> str:
    """Return the first line: program, packs, jurisdictions, knowledge date, settings that differ from the packs'."""
    run = report.run
    packs = [one for one in run.packs if one.id != "base" or len(run.packs) == 1]
    parts = [f"{report.tool.name} {report.tool.version}", *(f"{say('pack')} {one.id} {one.version}" for one in packs)]
    parts.append(f"{say('home')} {','.join(run.home) or say('none')}")
    if run.trusted:
        parts.append(f"{say('trusted')} {','.join(run.trusted)}")
    if run.restricted:
        parts.append(f"{say('restricted')} {','.join(run.restricted)}")
    parts += [f"{say('knowledge')} {report.tool.knowledge_date or say('undated')}", f"{say('as of')} {run.as_of}"]
    parts += [say("offline" if run.offline else "online"), *told(run)]
    return " · ".join(parts)


def isolation(report: Report) -> str:
    """Return one line when the sandbox is not complete, else nothing."""
    state = report.run.isolation
    lacking = [name for name in ("landlockAbi", "seccomp", "rlimits") if not state.get(name)]
    return f"isolation: {', '.join(lacking)} not available here; inputs were read with less" if lacking else ""


def group(findings: list[Finding], report: Report, style: Style, *, with_chain: bool) -> Iterator[str]:
    """Yield one rule that fired: the first finding with its chain, then the others."""
    first = findings[0]
    speak = say(style.language)
    yield _title(first.severity, first.rule, f"{speak('confidence')} {speak(first.confidence)}", style)
    for ecu in sorted({one.ecus for one in findings}):
        here = [one for one in findings if one.ecus == ecu]
        name = terminal(", ".join(ecu)) or "-"
        if len(here) > GROUPED:
            yield _cut(f"  {name}  {len(here)} {speak('components')}: {_names(here, report)}", style)
        for one in here[: 1 if len(here) > GROUPED else SHOWN]:
            if len(here) <= GROUPED:
                yield from wrapped(f"  {name}  {terminal(_message(one, style))}", style.width, 4)
            if with_chain and one is findings[0]:
                yield from chain(one, style)
        if SHOWN < len(here) <= GROUPED:
            rest = f"… and {len(here) - SHOWN} more: {_names(here[SHOWN:], report)}"
            yield _cut(f"  {name}  {sentence(rest, style.language)}", style)


def chain(finding: Finding, style: Style) -> Iterator[str]:
    """Yield the steps from the bytes to the fix."""
    steps = [step for step in finding.chain if step.step not in ("rule", "clause", "fix")]
    remedy = finding.remediation_zh if style.language == "zh" else finding.remediation
    speak = say(style.language)
    for step in steps[:STEPS]:
        yield _cut(f"  ├ {padded(speak(step.step), 10)}{terminal(_step(step))}", style)
    if remedy:
        yield from wrapped(f"  └ {padded(speak('fix'), 10)}{terminal(remedy)}", style.width, 14)


def _step(step: ChainStep) -> str:
    return f"{step.value}   {step.source}" if step.source else step.value


def undetermined(findings: list[Finding], report: Report, style: Style) -> Iterator[str]:
    """Yield one rule that could not decide."""
    first, speak = findings[0], say(style.language)
    missing = sorted({fact for one in findings for fact in one.missing})
    facts = f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}"
    why = f" ({speak('not known')}: {facts})" if missing else ""
    several = f"{len(findings)} {speak('undecided')}: {_names(findings, report)}"
    text = _message(first, style) if len(findings) == 1 else several
    yield _title("unknown", first.rule, f"{speak('would be')} {speak(first.severity)}", style)
    yield from wrapped(f"  {terminal(text + why)}   auditor explain {first.rule}", style.width, 4)


def extra(report: Report, style: Style) -> Iterator[str]:
    """Yield what the user asked to see besides open findings."""
    speak, known = say(style.language), accepted.records(report)
    for state in ("waived", "baselined"):
        if state in style.show:
            for one in report.findings:
                if one.state == state:
                    yield _cut(f"{padded(speak(state), 9)}{one.rule}  {terminal(_message(one, style))}", style)
                    if state == "waived":
                        why = terminal(accepted.because(one, known, style.language))
                        yield from wrapped(f"{'':9}{why}", style.width, 9)
    if "passed" in style.show:
        for run in report.rules_run:
            if run.result in ("passed", "notApplicable"):
                yield f"{padded(speak(run.result), 14)}{run.id}  {run.count} {speak('looked at')}"
    if "undetermined" in style.show:
        for one in report.findings:
            if one.verdict == "undetermined" and one.state == "open":
                yield _cut(f"{padded(speak('unknown'), 9)}{one.rule}  {terminal(_message(one, style))}", style)


def table(report: Report, style: Style) -> Iterator[str]:
    """Yield the controllers with their counts."""
    speak = say(style.language)
    names = {name: terminal(name) for name in report.summary.by_ecu}
    wide = max([3, *(columns(name) for name in names.values())])
    titles = [speak(one) for one in ("components", *SEVERITIES[:4], "unknown", "waived")]
    yield f"{padded('ECU', wide)}  " + "  ".join(titles)
    for name, tally in sorted(report.summary.by_ecu.items()):
        counts = (
            tally.components,
            *(tally.by_severity[severity] for severity in SEVERITIES[:4]),
            tally.undetermined,
            tally.waived,
        )
        cells = [f"{count:>{columns(title)}}" for count, title in zip(counts, titles, strict=True)]
        yield f"{padded(names[name], wide)}  " + "  ".join(cells)


def closing(report: Report, style: Style) -> Iterator[str]:
    """Yield the verdict line with coverage, why, what to do next and the notes on law."""
    summary, verdict, speak = report.summary, report.verdict, say(style.language)
    tally = summary.by_severity
    counts = [f"{tally[severity]} {speak(severity)}" for severity in SEVERITIES if tally[severity]]
    word = speak(verdict.result.upper())
    counted = [one for one in report.findings if one.status == "stable" and one.state != "baselined"]
    unknowns = summary.baselined_unknowns + sum(one.verdict == "undetermined" for one in counted)
    if verdict.result == "pass" and unknowns:
        word += sentence(f" with {unknowns} accepted unknowns", style.language)
    total = len(report.components)
    known = round(summary.coverage.origin * total)
    parts = [
        ", ".join(counts) or speak("no findings"),
        f"{summary.undetermined} {speak('unknown')}",
        f"{summary.waived} {speak('waived')}",
        f"{summary.baselined} {speak('baselined')}",
        sentence(f"origin known for {known} of {total} ({summary.coverage.origin:.1%})", style.language),
        f"{summary.declared_only} {speak(WORD_ALONE)}",
    ]
    code = {"fail": "1;31", "pass": "1;32", "inconclusive": "1;33"}[verdict.result]
    first, *others = wrapped(f"{word}  {' · '.join(parts)}", style.width, 2)
    yield from (_paint(word, code, style) + first.removeprefix(word), *others)
    for reason in verdict.reasons:
        yield from wrapped(f"  {terminal(sentence(reason, style.language))}", style.width, 4)
    if verdict.result == "fail":
        hints = (*((HINT,) if not summary.baselined else ()), ACCEPT)
        yield from (line for hint in hints for line in wrapped(speak(hint), style.width, 2))
    for note in report.notes:
        yield from wrapped(speak(note), style.width)


def _names(findings: list[Finding], report: Report) -> str:
    names = {one.id: f"{one.name} {one.version or ''}".strip() for one in report.components}
    listed = sorted({terminal(names.get(one, one)) for finding in findings for one in finding.components})
    if not listed:
        return ", ".join(sorted({terminal(one.message) for one in findings})[:1])
    more = f", … {len(listed) - NAMES} more" if len(listed) > NAMES else ""
    return ", ".join(listed[:NAMES]) + more


def _message(finding: Finding, style: Style) -> str:
    return finding.message_zh if style.language == "zh" and finding.message_zh else finding.message


def _title(word: str, rule: str, note: str, style: Style) -> str:
    shown = padded(say(style.language)(word), 9)
    gap = " " * max(2, style.width - columns(shown + rule + note))
    return f"{_paint(shown, COLORS[word], style)}{rule}{gap}{note}"


def _paint(text: str, code: str, style: Style) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if style.color else text


def _cut(line: str, style: Style) -> str:
    return cut(line, style.width)
