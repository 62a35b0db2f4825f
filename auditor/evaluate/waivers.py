"""Waivers: accepted findings with an owner, a reason and an end.

A waiver ends on its `expires` day: from that day on the finding is open again. Waiver files are
named by the user and never read from inside an input.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from auditor.evaluate.errors import closest
from auditor.evaluate.naming import called
from auditor.evaluate.rules import check_keys, day, one_of
from auditor.evaluate.strict_yaml import MarkedFile, read
from auditor.judgement import Finding, WaiverRecord, WaiverUse
from auditor.model import Component, Inventory

REASONS = ("accepted-risk", "false-positive", "contract-in-place", "alternate-in-qualification", "out-of-scope")
_REQUIRED = ("rule", "reason", "owner", "expires")
_KEYS = (
    "rule", "component", "ecu", "input", "reason", "comment", "owner", "approved-by", "ticket", "created",
    "expires", "artifact",
)  # fmt: skip
MAX_WAIVERS = 10_000
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Waiver:
    """One accepted finding."""

    id: str
    """`rule component input ecu`, with the first digits of the artifact, as reports name it."""
    rule: str
    reason: str
    owner: str
    expires: date
    component: str | None = None
    """purl, CPE, part number, key, name or name@version."""
    ecu: str | None = None
    input: str | None = None
    """Path of the input, for findings about inputs and documents."""
    artifact: str | None = None
    """sha256 of a file of the component, or of the image it is in: the waiver ends when the bytes change."""
    created: date | None = None
    comment: str = ""
    approved_by: str = ""
    ticket: str = ""
    line: int = 0


def load(path: Path, rules: Sequence[str], *, as_of: date, max_days: int | None = None) -> tuple[Waiver, ...]:
    """Read a waiver file (`waivers: [...]`). Raises PolicyError.

    `rules` are the known rule ids; `max_days` bounds the time from `created` (else `as_of`) to `expires`.
    """
    return parsed(read(path), rules, as_of=as_of, max_days=max_days)


def parsed(marked: MarkedFile, rules: Sequence[str], *, as_of: date, max_days: int | None = None) -> tuple[Waiver, ...]:
    """Return the waivers of a file whose YAML was read; see `load`."""
    check_keys(marked, (), ("waivers",))
    entries = marked.value.get("waivers")
    if not isinstance(entries, list) or len(entries) > MAX_WAIVERS:
        raise marked.error(("waivers",), f"waivers must be a list of at most {MAX_WAIVERS}")
    found = [_one(marked, index, rules) for index in range(len(entries))]
    for index, waiver in enumerate(found):
        first = waiver.created or as_of
        if max_days is not None and (waiver.expires - first).days > max_days:
            message = f"the policy allows waivers of at most {max_days} days"
            raise marked.error(("waivers", index, "expires"), message)
    return tuple(found)


def _one(marked: MarkedFile, index: int, rules: Sequence[str]) -> Waiver:
    path: tuple[str | int, ...] = ("waivers", index)
    check_keys(marked, path, _KEYS)
    entry: dict[str, Any] = marked.value["waivers"][index]
    missing = [key for key in _REQUIRED if key not in entry]
    if missing:
        raise marked.error(path, f"the waiver lacks {', '.join(missing)}")
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise marked.error((*path, key), f"{key} must be text")
    one_of(marked, (*path, "reason"), REASONS)
    if entry["rule"] not in rules:
        message = f"no rule is called {entry['rule']!r}"
        raise marked.error((*path, "rule"), message, closest(entry["rule"], rules))
    if not {"component", "ecu", "input"} & set(entry):
        raise marked.error(path, "the waiver names no component, ecu or input: it would cover everything")
    if "artifact" in entry and not _SHA256.match(entry["artifact"]):
        raise marked.error((*path, "artifact"), "artifact is a sha256, 64 hexadecimal digits in lower case")
    expires = day(marked, (*path, "expires"))
    created = day(marked, (*path, "created")) if "created" in entry else None
    if created is not None and created >= expires:
        raise marked.error((*path, "expires"), f"the waiver ends on {expires}, before it begins on {created}")
    scope = [entry["rule"], *(entry[key] for key in ("component", "input", "ecu") if key in entry)]
    scope += [entry["artifact"][:12]] if "artifact" in entry else []
    return Waiver(
        id=" ".join(scope),
        rule=entry["rule"],
        reason=entry["reason"],
        owner=entry["owner"],
        expires=expires,
        component=entry.get("component"),
        ecu=entry.get("ecu"),
        input=entry.get("input"),
        artifact=entry.get("artifact"),
        created=created,
        comment=entry.get("comment", ""),
        approved_by=entry.get("approved-by", ""),
        ticket=entry.get("ticket", ""),
        line=marked.values[path].line,
    )


def apply(
    findings: Sequence[Finding], waivers: Sequence[Waiver], inventory: Inventory, as_of: date
) -> tuple[list[Finding], WaiverUse]:
    """Mark the findings that a waiver covers on `as_of`, and say which waivers ran out or matched nothing."""
    components = {one.id: one for one in inventory.components}
    inputs = {one.id: (one.path, one.sha256) for one in inventory.inputs}
    applied: dict[str, Waiver] = {}
    result: list[Finding] = []
    by_rule: dict[str, list[Waiver]] = {}
    for waiver in sorted(waivers, key=lambda one: (one.id, one.expires)):
        by_rule.setdefault(waiver.rule, []).append(waiver)
    for finding in findings:
        chosen = None
        for waiver in by_rule.get(finding.rule, ()):
            if not _covers(waiver, finding, components, inputs):
                continue
            if as_of < waiver.expires and (waiver.created is None or as_of >= waiver.created):
                chosen = waiver
        if chosen is None:
            result.append(finding)
        else:
            applied[chosen.id] = chosen
            result.append(msgspec.structs.replace(finding, state="waived", waiver=chosen.id))
    ended = {one.id for one in waivers if as_of >= one.expires}
    unused = {one.id for one in waivers} - set(applied) - ended
    last = {one.id: one for one in sorted(waivers, key=lambda one: one.expires)}
    use = WaiverUse(
        applied=tuple(sorted(applied)),
        expired=tuple(sorted(ended)),
        unused=tuple(sorted(unused)),
        ends=tuple((name, day) for day, name in sorted({(one.expires.isoformat(), one.id) for one in waivers})),
        records=tuple(_record(one) for _, one in sorted((last | applied).items())),
    )
    return result, use


def _record(one: Waiver) -> WaiverRecord:
    """Return what a report says about a waiver."""
    return WaiverRecord(
        one.id, one.reason, one.owner, one.expires.isoformat(), one.comment, one.approved_by, one.ticket,
        one.created.isoformat() if one.created else None,
    )  # fmt: skip


def _covers(
    waiver: Waiver, finding: Finding, components: dict[str, Component], inputs: dict[str, tuple[str, str]]
) -> bool:
    if waiver.ecu is not None and waiver.ecu not in finding.ecus:
        return False
    if waiver.input is not None and waiver.input not in [inputs[one][0] for one in finding.inputs if one in inputs]:
        return False
    mine = [components[one] for one in finding.components if one in components]
    if waiver.component is not None and not any(waiver.component in called(one) for one in mine):
        return False
    if waiver.artifact is None:
        return True
    votes = [vote for one in mine for vote in one.evidence]
    images = {*finding.inputs, *(vote.input for vote in votes)}
    hashes = {vote.artifact for vote in votes} | {inputs[one][1] for one in images if one in inputs}
    return waiver.artifact in hashes


def about_to_expire(waivers: Sequence[Waiver], as_of: date, days: int = 30) -> list[Waiver]:
    """Return the waivers that end within `days`, soonest first."""
    soon = [one for one in waivers if 0 < (one.expires - as_of).days <= days]
    return sorted(soon, key=lambda one: (one.expires, one.id))


def notes(waivers: Sequence[Waiver], use: WaiverUse, as_of: date, days: int = 30) -> list[str]:
    """Return what the verdict says about waivers: run out, covering nothing, about to run out."""
    ends = {one.id: one.expires for one in sorted(waivers, key=lambda one: one.expires)}
    lines = []
    for id_ in use.expired:
        ended = max(one.expires for one in waivers if one.id == id_ and one.expires <= as_of)
        after = "another one of its scope holds" if id_ in use.applied else "what it covered is open again"
        lines.append(f"the waiver {id_!r} ended on {ended}: {after}")
    lines += [f"the waiver {id_!r} covers nothing: auditor waiver prune drops it" for id_ in use.unused]
    soon = [
        one for one in about_to_expire(waivers, as_of, days) if one.id in use.applied and one.expires == ends[one.id]
    ]
    lines += [f"the waiver {one.id!r} ends in {(one.expires - as_of).days} days, on {one.expires}" for one in soon]
    return lines


def state(one: Waiver, as_of: date, days: int = 30) -> str:
    """Return expired, not-yet, soon (it ends within `days`) or active."""
    if as_of >= one.expires:
        return "expired"
    if one.created is not None and as_of < one.created:
        return "not-yet"
    return "soon" if (one.expires - as_of).days <= days else "active"
