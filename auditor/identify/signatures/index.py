"""All signatures, compiled and indexed for matching."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from auditor.identify.signatures import database
from auditor.identify.signatures.load import SignatureFault, load
from auditor.identify.signatures.pattern import (
    Expression,
    PatternFault,
    compile_bytes,
    compile_name,
)
from auditor.identify.signatures.record import Leaks, Name, Signature, Symbols, Text

BARE = r"{start}\d{1,4}\.\d{1,4}(?:\.\d{1,8}){0,2}[-+~._a-z0-9]{0,16}\x00"
"""A version alone between NULs: says nothing anywhere but in a component's own file."""
BUCKET = 3
"""Leading characters by which names are sorted into buckets."""

NameRow = tuple[re.Pattern[str], int, Name]


class Names:
    """Name patterns, found by the first characters of a name."""

    def __init__(self, rows: Iterable[tuple[int, str | Name]]) -> None:
        self._buckets: dict[str, list[NameRow]] = {}
        for index, item in rows:
            entry = Name(pattern=_glob(item)) if isinstance(item, str) else item
            row = (compile_name(entry.pattern), index, entry)
            literal = re.match(r"(?:[A-Za-z0-9_]|\\[.+-])*", entry.pattern)
            prefix = (literal.group() if literal else "").replace("\\", "")
            # the last literal character may carry a repeat, or the pattern may be an alternation
            safe = prefix if len(prefix) == len(entry.pattern.replace("\\", "")) else prefix[:-1]
            self._buckets.setdefault("" if "|" in entry.pattern else safe[:BUCKET], []).append(row)

    def find(self, name: str) -> list[tuple[int, Name, re.Match[str]]]:
        """Return (signature, entry, match) of all patterns that match the whole name."""
        found = []
        for size in range(min(BUCKET, len(name)) + 1):
            for regex, index, entry in self._buckets.get(name[:size], ()):
                match = regex.fullmatch(name)
                if match:
                    found.append((index, entry, match))
        return found


@dataclass(slots=True)
class Index:
    """What matching reads; built once per process."""

    signatures: tuple[Signature, ...]
    by_id: dict[str, Signature]
    texts: tuple[tuple[int, Text], ...]
    """(signature, text); the position is the id of the expression in the engine, BARE comes last."""
    engine: database.Engine
    sonames: Names
    files: Names
    symbols: dict[str, list[tuple[int, Symbols]]] = field(default_factory=dict)
    prefixes: dict[str, list[tuple[str, int, Symbols]]] = field(default_factory=dict)
    """First four characters -> (prefix, signature, entry)."""
    packages: dict[str, str] = field(default_factory=dict)
    globs: tuple[tuple[re.Pattern[str], str], ...] = ()
    leaks: tuple[tuple[Signature, Leaks], ...] = ()

    def key_of_package(self, name: str) -> str | None:
        """Return the component key a distribution's package name belongs to."""
        lower = name.lower()
        exact = self.packages.get(lower)
        if exact is not None:
            return exact
        return next((key for regex, key in self.globs if regex.match(lower)), None)

    def key_of_soname(self, soname: str) -> str | None:
        """Return the component key a SONAME belongs to; None when nobody or several claim it."""
        keys = {self.signatures[index].id for index, _, _ in self.sonames.find(soname)}
        return keys.pop() if len(keys) == 1 else None


def build(signatures: tuple[Signature, ...], cache_folder: Path | None = None, plain: bool = False) -> Index:
    """Compile signatures. Raises SignatureFault; `plain` leaves Hyperscan out."""
    texts: list[tuple[int, Text]] = []
    expressions: list[Expression] = []
    for number, signature in enumerate(signatures):
        for text in signature.texts:
            try:
                expressions.append(compile_bytes(text.pattern))
            except PatternFault as error:
                raise SignatureFault(signature.id, str(error)) from error
            texts.append((number, text))
        for pattern in (signature.bare, signature.leaks.versions if signature.leaks else ""):
            try:
                compile_name(pattern)
            except PatternFault as error:
                raise SignatureFault(signature.id, str(error)) from error
    expressions.append(compile_bytes(BARE))
    index = Index(
        signatures=signatures,
        by_id={signature.id: signature for signature in signatures},
        texts=tuple(texts),
        engine=database.Engine(expressions, cache_folder, plain),
        sonames=_names(signatures, "sonames"),
        files=_names(signatures, "files"),
        leaks=tuple((signature, signature.leaks) for signature in signatures if signature.leaks),
    )
    _add_symbols(index)
    _add_packages(index)
    return index


@cache
def shipped() -> Index:
    """Return the index of the shipped signatures; the database comes from the cache when it can."""
    return build(load(), database.cache_folder())


def _names(signatures: tuple[Signature, ...], attribute: str) -> Names:
    rows = []
    for number, signature in enumerate(signatures):
        for item in getattr(signature, attribute):
            try:
                Names([(number, item)])
            except PatternFault as error:
                raise SignatureFault(signature.id, str(error)) from error
            rows.append((number, item))
    return Names(rows)


def _glob(text: str) -> str:
    """Return a bounded regular expression for a glob with `*` and `?`."""
    return re.escape(text).replace(r"\*", "[!-~]{0,128}").replace(r"\?", "[!-~]")


def _add_symbols(index: Index) -> None:
    for number, signature in enumerate(index.signatures):
        for entry in signature.symbols:
            for name in entry.names:
                index.symbols.setdefault(name, []).append((number, entry))
            for prefix in entry.prefixes:
                if len(prefix) < 4:
                    raise SignatureFault(signature.id, f"the symbol prefix {prefix!r} is shorter than 4 characters")
                index.prefixes.setdefault(prefix[:4], []).append((prefix, number, entry))


def _add_packages(index: Index) -> None:
    globs: list[tuple[str, str]] = []
    for signature in index.signatures:
        for name in (signature.id, *signature.packages):
            if any(sign in name for sign in "*?["):
                globs.append((name.lower(), signature.id))
                continue
            other = index.packages.setdefault(name.lower(), signature.id)
            if other != signature.id:
                raise SignatureFault(signature.id, f"the package {name!r} belongs to {other!r} already")
    # the most specific glob first, so that `libssl1*` beats `libs*`
    globs.sort(key=lambda row: (-len(row[0]), row))
    index.globs = tuple((re.compile(fnmatch.translate(name)), key) for name, key in globs)
