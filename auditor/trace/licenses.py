"""Declared, observed and concluded license of a component."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.knowledge.licensing import ExpressionLimit, normalize
from auditor.knowledge.records import Software
from auditor.knowledge.spelling import beginnings
from auditor.limits import Limits
from auditor.model import Basis, Component, Licenses
from auditor.trace.services import METHOD
from auditor.trace.subject import Subject

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

RAISES = ("strong-copyleft", "network-copyleft", "proprietary", "source-available", "restricted-ai")
"""Categories that a document's word alone may raise a concern with; the others it could only clear one with."""

PACKAGE = re.compile(r"pkg:(?:deb|apk|opkg|rpm|alpm|yocto)/(?:[^/@?#]+/)?([^/@?#]+)")
"""A distribution's package URL, with the name of the package."""

MAX_SHOWN = 200
"""Characters of a license text as written that a report repeats."""


def trace(component: Component, subject: Subject, knowledge: Knowledge, limits: Limits) -> tuple[Licenses, list[str]]:
    """Return the licenses of a component and what contradicts in them.

    What was seen in the bytes comes first, then what was read about the software, then the document's word:
    it may decide (`derived`) where it states a license that asks much of its user, else it is only `stated`.
    What public data services say comes last and is `stated`.
    """
    troubles: list[str] = []
    declared = _joined([one.value for one in component.declared_licenses], knowledge, limits, troubles)
    observed = _joined(list(component.observed_licenses), knowledge, limits, troubles)
    known, basis, lines = _known(component, subject, knowledge)
    concluded: str | None = observed
    sources: tuple[str, ...] = ("observed in the image",)
    chosen: Basis | None = "derived" if observed else None
    if concluded is None and known and basis != "stated":
        concluded, sources, chosen = known, lines, basis
    if concluded is None and declared:
        raises = knowledge.license_category(declared) in RAISES
        concluded, sources, chosen = declared, ("declared:licenses",), "derived" if raises else "stated"
    if concluded is None and known:
        concluded, sources, chosen = known, lines, basis
    if concluded is None:
        concluded, sources = _looked_up(component, knowledge, limits)
        chosen = "stated"
    if declared and concluded and _differs(declared, concluded):
        how = "found" if observed else "known as"
        troubles.append(f"license: declared {declared[:MAX_SHOWN]}, {how} {concluded[:MAX_SHOWN]}")
    result = Licenses(
        declared=declared or _raw([one.value for one in component.declared_licenses]),
        observed=observed or _raw(list(component.observed_licenses)),
        concluded=concluded,
        category=knowledge.license_category(concluded) if concluded else None,
        basis=chosen if concluded else None,
        sources=sources if concluded else (),
    )
    return result, troubles


def _known(component: Component, subject: Subject, knowledge: Knowledge) -> tuple[str | None, Basis, tuple[str, ...]]:
    """Return the license on record for the version at hand; where it changed and the version is unknown, `stated`.

    Where the component is nothing but packages under another license than the main work, theirs counts.
    """
    software, era = subject.software, subject.era
    if software is None:
        return None, "stated", ()
    if of_packages := _of_packages(component, software):
        fact = knowledge.fact(software, "package-licenses")
        return of_packages, fact.basis, fact.sources
    if era and era.license:
        fact = knowledge.row(software, "history", era.license, era.source)
        return era.license, fact.basis, fact.sources
    if era and any(one.license for one in software.history):
        return None, "stated", ()
    fact = knowledge.fact(software, "license")
    changed = subject.version_matters and any(one.license for one in software.history)
    return software.license, "stated" if changed else fact.basis, fact.sources


def _of_packages(component: Component, software: Software) -> str | None:
    """Return the licenses of the packages that a component is, None when one of them is under the main license."""
    licenses = software.package_licenses or {}
    names = _packages(component) if licenses else set()
    found = set()
    for name in names:
        starts = (f"{start}*" for start in beginnings(name))
        pattern = next((one for one in (name, *starts) if one in licenses), None)
        if pattern is None:
            return None
        found.add(licenses[pattern])
    return _all_of(found)


def _packages(component: Component) -> set[str]:
    """Return the packages that a component is; without one its sonames, without one its name.

    A file that is no shared library stands for the main work.
    """
    votes = [vote for vote in component.evidence if vote.role == "self"]
    purls = {component.purl, *(vote.value for vote in votes if vote.claim == "purl")} - {None}
    packages = {found[1] for purl in purls if purl and (found := PACKAGE.match(purl))}
    if packages:
        return packages
    sonames = {component.soname, *(vote.value for vote in votes if vote.claim == "soname")} - {None}
    if sonames and any(".so" not in path for path in component.paths):
        return {component.key}
    return {name for name in sonames if name} or {component.name}


def _looked_up(component: Component, knowledge: Knowledge, limits: Limits) -> tuple[str | None, tuple[str, ...]]:
    """Return the license that public data services agree on, with address and day; nothing where they differ."""
    votes = [vote for vote in component.evidence if vote.method == METHOD and vote.claim == "license"]
    found = {_joined([vote.value], knowledge, limits, []) for vote in votes}
    if len(found) != 1:
        return None, ()
    return found.pop(), tuple(sorted({vote.pointer for vote in votes if vote.pointer}))


def _joined(values: list[str], knowledge: Knowledge, limits: Limits, troubles: list[str]) -> str | None:
    """Return several licenses as one expression, None when one of them is not understood."""
    found = []
    for value in dict.fromkeys(values):
        try:
            expression = normalize(value, knowledge, limits)
        except ExpressionLimit as error:
            troubles.append(f"license: {error}")
            return None
        if expression is None:
            return None
        found.append(expression)
    return _all_of(set(found))


def _all_of(expressions: set[str]) -> str | None:
    """Return an expression that asks for each of some, None without one."""
    parts = sorted(expressions)
    if len(parts) < 2:
        return parts[0] if parts else None
    return " AND ".join(f"({part})" if " OR " in part else part for part in parts)


def _raw(values: list[str]) -> str | None:
    """Return licenses as written, shortened, where they are no expression."""
    return "; ".join(sorted(dict.fromkeys(values)))[:MAX_SHOWN] or None


def _differs(declared: str, concluded: str) -> bool:
    """Tell whether two expressions name different licenses; an exception only one of them names is no difference."""
    return _bare(declared) != _bare(concluded)


def _bare(expression: str) -> str:
    """Return an expression in lower case without its exceptions."""
    return re.sub(r"\s+with\s+[\w.+-]+", "", expression.casefold())
