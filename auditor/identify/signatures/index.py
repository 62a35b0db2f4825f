"""All signatures, compiled and indexed for matching."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path

import msgspec

from auditor import compiled
from auditor.identify.signatures import database, pattern, record
from auditor.identify.signatures import load as reading
from auditor.identify.signatures.load import SignatureFault, load
from auditor.identify.signatures.pattern import Expression, PatternFault, compile_bytes, compile_name, name_regex
from auditor.identify.signatures.record import Leaks, Name, Signature, Symbols, Text

BARE = r"{start}\d{1,4}\.\d{1,4}(?:\.\d{1,8}){0,2}[-+~._a-z0-9]{0,16}\x00"
"""A version alone between NULs: says nothing anywhere but in a component's own file."""
BUCKET = 8
"""Leading characters by which names are sorted into buckets."""

NameRow = tuple[str, int, Name]


class Names:
    """Name patterns, found by the first characters of a name."""

    def __init__(self, rows: Iterable[tuple[int, str | Name]]) -> None:
        self._buckets: dict[str, list[NameRow]] = {}
        for index, item in rows:
            entry = Name(pattern=_glob(item)) if isinstance(item, str) else item
            row = (entry.pattern, index, entry)
            literal = re.match(r"(?:[A-Za-z0-9_]|\\[.+-])*", entry.pattern)
            prefix = (literal.group() if literal else "").replace("\\", "")
            # the last literal character may carry a repeat, or the pattern may be an alternation
            safe = prefix if len(prefix) == len(entry.pattern.replace("\\", "")) else prefix[:-1]
            self._buckets.setdefault("" if "|" in entry.pattern else safe[:BUCKET], []).append(row)

    def find(self, name: str) -> list[tuple[int, Name, re.Match[str]]]:
        """Return (signature, entry, match) of all patterns that match the whole name."""
        found = []
        for size in range(min(BUCKET, len(name)) + 1):
            for text, index, entry in self._buckets.get(name[:size], ()):
                match = name_regex(text).fullmatch(name)
                if match:
                    found.append((index, entry, match))
        return found


class Prepared(msgspec.Struct, frozen=True):
    """Signatures that were checked, and their expressions: what the cache holds."""

    signatures: tuple[Signature, ...]
    expressions: tuple[Expression, ...]
    """One per text in the order of the signatures, BARE comes last."""


@dataclass
class Index:
    """What matching reads; built once per process."""

    signatures: tuple[Signature, ...]
    by_id: dict[str, Signature]
    texts: tuple[tuple[int, Text], ...]
    """(signature, text); the position is the id of the expression in the engine, BARE comes last."""
    expressions: tuple[Expression, ...]
    cache_folder: Path | None
    plain: bool
    """Leave Hyperscan out."""
    sonames: Names
    files: Names
    unnumbered: Names
    """SONAMEs without the number of their interface, as Android builds libraries; no more than file names."""
    symbols: dict[str, list[tuple[int, Symbols]]] = field(default_factory=dict)
    prefixes: dict[str, list[tuple[str, int, Symbols]]] = field(default_factory=dict)
    """First four characters -> (prefix, signature, entry)."""
    packages: dict[str, str] = field(default_factory=dict)
    globs: tuple[tuple[str, str, str], ...] = ()
    """(literal beginning, glob, signature's id), the most specific first."""
    leaks: tuple[tuple[Signature, Leaks], ...] = ()

    @cached_property
    def engine(self) -> database.Engine:
        """The expressions ready for searching; who only asks for names never needs it."""
        return database.Engine(self.expressions, self.cache_folder, self.plain)

    def key_of_package(self, name: str) -> str | None:
        """Return the component key a distribution's package name belongs to."""
        lower = name.lower()
        exact = self.packages.get(lower)
        if exact is not None:
            return exact
        found = (key for start, glob, key in self.globs if lower.startswith(start) and fnmatchcase(lower, glob))
        return next(found, None)

    def key_of_soname(self, soname: str) -> str | None:
        """Return the component key a SONAME belongs to; None when nobody or several claim it."""
        keys = {self.signatures[index].id for index, _, _ in self.sonames.find(soname)}
        return keys.pop() if len(keys) == 1 else None


def prepare(signatures: tuple[Signature, ...]) -> Prepared:
    """Check the patterns of signatures. Raises SignatureFault."""
    expressions: list[Expression] = []
    for signature in signatures:
        try:
            expressions += [compile_bytes(text.pattern) for text in signature.texts]
            for item in (*signature.sonames, *signature.files):
                compile_name(_glob(item) if isinstance(item, str) else item.pattern)
            leaks = signature.leaks.versions if signature.leaks else ""
            for text in (signature.bare, leaks, signature.nodes.pattern if signature.nodes else ""):
                compile_name(text)
        except PatternFault as error:
            raise SignatureFault(signature.id, str(error)) from error
    return Prepared(signatures, (*expressions, compile_bytes(BARE)))


def build(signatures: tuple[Signature, ...], cache_folder: Path | None = None, plain: bool = False) -> Index:
    """Compile signatures. Raises SignatureFault; `plain` leaves Hyperscan out."""
    return _index(prepare(signatures), cache_folder, plain)


@cache
def shipped() -> Index:
    """Return the index of the shipped signatures; what takes time to compute comes from the cache when it can."""
    root = compiled.folder()
    code = [module.__file__ for module in (pattern, record, reading)] + [__file__]
    name = f"signatures-{compiled.key(reading.digest(), sys.version, code=filter(None, code))}.msgpack"
    prepared = compiled.load(name, Prepared, root)
    if prepared is None:
        prepared = prepare(load())
        compiled.keep(name, prepared, root)
    return _index(prepared, root)


def _index(prepared: Prepared, cache_folder: Path | None, plain: bool = False) -> Index:
    signatures = prepared.signatures
    index = Index(
        signatures=signatures,
        by_id={signature.id: signature for signature in signatures},
        texts=tuple((number, text) for number, signature in enumerate(signatures) for text in signature.texts),
        expressions=prepared.expressions,
        cache_folder=cache_folder,
        plain=plain,
        sonames=_names(signatures, "sonames"),
        files=_names(signatures, "files"),
        unnumbered=Names(_unnumbered(signatures)),
        leaks=tuple((signature, signature.leaks) for signature in signatures if signature.leaks),
    )
    _add_symbols(index)
    _add_packages(index)
    return index


def _names(signatures: tuple[Signature, ...], attribute: str) -> Names:
    return Names(
        (number, item) for number, signature in enumerate(signatures) for item in getattr(signature, attribute)
    )


def _unnumbered(signatures: tuple[Signature, ...]) -> Iterator[tuple[int, str]]:
    """Yield (signature, SONAME) for plain SONAMEs `libx.so.N`, cut behind `.so`."""
    for number, signature in enumerate(signatures):
        names = {item.partition(".so.")[0] for item in signature.sonames if isinstance(item, str) and ".so." in item}
        yield from ((number, f"{name}.so") for name in sorted(names))


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
    index.globs = tuple((re.split(r"[*?\[]", name, maxsplit=1)[0], name, key) for name, key in globs)
