"""Facts whose values come from a closed list, and the check that a rule compares them with values of it.

A condition such as `component.license.category == 'copyleft'` is well typed and never true: a rule
with a misspelled value would pass over everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from auditor.evaluate import tokens
from auditor.model import ComponentKind, Grade, Layer


@dataclass(frozen=True)
class OneOf:
    """The values a fact can have."""

    values: tuple[str, ...]


Jurisdiction = Annotated[str, OneOf(("home", "trusted", "outside", "restricted"))]
Kind = Annotated[str, OneOf(get_args(ComponentKind))]
ComponentLayer = Annotated[str, OneOf(get_args(Layer))]
EvidenceGrade = Annotated[str, OneOf(get_args(Grade))]
Governance = Annotated[str, OneOf(("vendor", "foundation", "community", "state"))]
Linkage = Annotated[str, OneOf(("dynamic", "static"))]
LinkType = Annotated[str, OneOf(("contains", "runs-on", "links", "builds", "trained-on", "supplied-by"))]
Asil = Annotated[str, OneOf(("QM", "A", "B", "C", "D"))]
LifeCycle = Annotated[str, OneOf(("preview", "active", "nrnd", "last-time-buy", "end-of-life", "obsolete"))]
Qualification = Annotated[str, OneOf(("qualified", "in-qualification", "planned"))]
ExportControl = Annotated[str, OneOf(("in-force", "suspended", "none"))]
Stack = Annotated[str, OneOf(("modular", "end-to-end"))]
LicenseCategory = Annotated[
    str,
    OneOf(
        (
            "permissive", "weak-copyleft", "strong-copyleft", "network-copyleft", "proprietary", "source-available",
            "restricted-ai", "public-domain",
        )
    ),
]  # fmt: skip
SourcingCode = Annotated[
    str,
    OneOf(
        (
            "one-maker-exists", "one-maker-qualified", "one-fab-country", "one-assembly-country", "one-owner",
            "one-channel", "several-owners",
        )
    ),
]  # fmt: skip
ComparisonState = Annotated[
    str,
    OneOf(
        (
            "confirmed", "version-unknown", "version-differs", "license-differs", "supplier-differs", "contradicting",
            "only-declared", "only-observed", "none",
        )
    ),
]  # fmt: skip


def values(path: tuple[str, ...], records: dict[str, type[msgspec.Struct]]) -> tuple[str, ...]:
    """Return the values that the fact at a path of names can have; empty = any."""
    declared: Any = records.get(path[0])
    for name in path[1:]:
        if not (isinstance(declared, type) and issubclass(declared, msgspec.Struct)):
            return ()
        declared = _inner(get_type_hints(declared, include_extras=True).get(name))
    return allowed(declared)


def allowed(declared: Any) -> tuple[str, ...]:
    """Return the closed list behind an annotation, through `| None` and `tuple[..., ...]`; empty = none."""
    inner = _inner(declared)
    found = get_args(inner)[1:] if get_origin(inner) is Annotated else ()
    return next((one.values for one in found if isinstance(one, OneOf)), ())


def _inner(declared: Any) -> Any:
    while get_origin(declared) is not Annotated:
        parts = [one for one in get_args(declared) if one is not type(None) and one is not Ellipsis]
        if not parts:
            return declared
        declared = parts[0]
    return declared


def strangers(text: str, records: dict[str, type[msgspec.Struct]]) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield (offset, value, values allowed) of texts that a fact of a closed list is compared with in vain."""
    words = tokens.words(text)
    at = {token.start: index for index, token in enumerate(words)}
    ends = {token.start + len(token.text): index for index, token in enumerate(words)}
    for chain in tokens.chains(text):
        known = values(chain.names, records)
        if not known:
            continue
        before, after = at[chain.start], ends[chain.end]
        for token in (*_left(words, before), *_right(words, after)):
            value = token.text[1:-1]
            if token.text[0] in "'\"" and value not in known:
                yield token.start, value, known


def _left(words: list[tokens.Token], chain: int) -> list[tokens.Token]:
    """Return the text compared with the path that begins at a word: `'x' == path`, `'x' in path`."""
    if chain >= 2 and words[chain - 1].text in ("==", "!=", "in") and words[chain - 2].kind == "string":
        return [words[chain - 2]]
    return []


def _right(words: list[tokens.Token], chain: int) -> list[tokens.Token]:
    """Return the texts compared with the path that ends at a word: `path == 'x'`, `path in ['x', 'y']`."""
    following = words[chain + 1 :]
    if len(following) < 2 or following[0].text not in ("==", "!=", "in"):
        return []
    if following[0].text != "in":
        return [following[1]] if following[1].kind == "string" else []
    if following[1].text != "[":
        return []
    end = next((index for index, token in enumerate(following) if token.text == "]"), 0)
    return [token for token in following[2:end] if token.kind == "string"]
