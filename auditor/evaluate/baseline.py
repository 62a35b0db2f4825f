"""Baselines: the findings and unknowns that stood on the day somebody looked.

A later run reports them as `baselined` and gates only on what is new: a fingerprint that is not
recorded, an unknown that became a failure or is about somebody else, or a severity that rose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from auditor.evaluate.errors import PolicyError
from auditor.evaluate.policy import SEVERITIES
from auditor.judgement import Finding
from auditor.model import Record, Severity

MAX_SIZE = 64 << 20
VERSION = "1.0"


class Judged(Protocol):
    """What a baseline is made of: a judgement, or the report of one."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings."""
        ...


class Entry(Record, frozen=True, rename="camel", omit_defaults=True):
    """One recorded finding."""

    fingerprint: str
    rule: str
    verdict: str
    severity: Severity
    component: str = ""
    """For people: the message on the day it was recorded."""
    named: str = ""
    """Of an unknown, whom the inputs named then: supplier, manufacturer, origin, controlling parties."""
    count: int = 1
    """How many findings had this fingerprint: parts of one name, version aside."""


class Baseline(Record, frozen=True, rename="camel", omit_defaults=True):
    """Recorded findings, sorted by fingerprint."""

    schema_version: str
    as_of: str
    """ISO day of the run that was recorded."""
    entries: tuple[Entry, ...]


def create(judgement: Judged, as_of: str) -> Baseline:
    """Record the open and baselined findings of a judgement; waived ones have their own file."""
    kept: dict[str, Entry] = {}
    for finding in judgement.findings:
        if finding.state != "waived":
            _keep(kept, finding)
    return Baseline(VERSION, as_of, tuple(kept[fingerprint] for fingerprint in sorted(kept)))


def _keep(kept: dict[str, Entry], finding: Finding) -> None:
    entry = Entry(finding.fingerprint, finding.rule, finding.verdict, finding.severity, finding.message, finding.named)
    other = kept.get(finding.fingerprint)
    worse = other is None or _rank(entry.verdict, entry.severity) > _rank(other.verdict, other.severity)
    chosen = entry if worse or other is None else other
    kept[finding.fingerprint] = msgspec.structs.replace(chosen, count=other.count + 1 if other else 1)


def _rank(verdict: str, severity: Severity) -> tuple[bool, int]:
    return verdict == "fail", SEVERITIES.index(severity)


def encode(baseline: Baseline) -> bytes:
    """Return the file, stable and readable."""
    return msgspec.json.format(msgspec.json.encode(baseline), indent=1) + b"\n"


def load(path: Path) -> Baseline:
    """Read a baseline file. Raises PolicyError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SIZE + 1)
    except OSError as error:
        raise PolicyError(str(path), 0, 0, f"cannot be read: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise PolicyError(str(path), 0, 0, f"is larger than {MAX_SIZE} bytes")
    try:
        found = msgspec.json.decode(data, type=Baseline)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise PolicyError(str(path), 0, 0, f"is not a baseline: {error}") from error
    if found.schema_version != VERSION:
        raise PolicyError(str(path), 0, 0, f"is a baseline of version {found.schema_version!r}, not {VERSION}")
    return found


def apply(findings: Sequence[Finding], baseline: Baseline | None) -> list[Finding]:
    """Mark the open findings that the baseline records with the same or a worse verdict and severity.

    Of several with one fingerprint no more than were recorded: one more of the same name is new.
    """
    if baseline is None:
        return list(findings)
    recorded = {entry.fingerprint: entry for entry in baseline.entries}
    left = {entry.fingerprint: entry.count for entry in baseline.entries}
    result = []
    for finding in findings:
        entry = recorded.get(finding.fingerprint)
        covered = entry is not None and finding.state == "open" and _no_worse(finding, entry)
        if covered and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            result.append(msgspec.structs.replace(finding, state="baselined"))
        else:
            result.append(finding)
    return result


def _no_worse(finding: Finding, entry: Entry) -> bool:
    if finding.verdict == "fail" and entry.verdict != "fail":
        return False
    if finding.verdict == entry.verdict == "undetermined" and finding.named != entry.named:
        return False
    return SEVERITIES.index(finding.severity) <= SEVERITIES.index(entry.severity)


def prune(baseline: Baseline, judgement: Judged) -> Baseline:
    """Drop the entries that no finding matches any more, and record what improved as it now is: a ratchet."""
    now = {one.fingerprint: one for one in create(judgement, baseline.as_of).entries}
    waived = {finding.fingerprint for finding in judgement.findings if finding.state == "waived"}
    kept = []
    for entry in baseline.entries:
        found = now.get(entry.fingerprint)
        if found is not None:
            better = _rank(found.verdict, found.severity) < _rank(entry.verdict, entry.severity)
            fewer = min(found.count, entry.count)
            kept.append(msgspec.structs.replace(found if better else entry, count=fewer))
        elif entry.fingerprint in waived:
            kept.append(entry)
    return msgspec.structs.replace(baseline, entries=tuple(kept))
