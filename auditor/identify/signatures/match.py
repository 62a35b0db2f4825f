"""Weigh what matched in one artifact: is it the component itself, or does it only carry its traces?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.identify.signatures.index import Index
from auditor.identify.signatures.pattern import fill, name_regex, version_of, whole
from auditor.identify.signatures.record import Name, Signature, Symbols, Text
from auditor.model import Grade, Role

SYSTEM_KINDS = frozenset({"os-kernel", "rtos", "hypervisor", "bootloader", "firmware"})
"""Kinds that are no part of a program which runs on an operating system."""
_QUOTING = (
    "needs?", "needed", "requires?", "required", "supports?", "supported", "unsupported:?", "expects?", "expected",
    "unlike", "than", "instead of", "at least", "for", "from", "upgraded? to", "tested (?:with|on)", "compatible with",
    "compiled for", "built for", "targets?", "not", "no", "uses?", "found", "flash(?:es|ing)?", "runs", "reports",
    "since", "peer", "remote", "host", "running(?! on\\b)", "says?", "said", "notices?", "licen[cs]es?", "licen[cs]ed",
)  # fmt: skip
_BEFORE = re.compile(
    (
        rf"\b(?:{'|'.join(_QUOTING)})[:,]?(?: (?:a|an|the|your|any|older|newer))?"
        r"[ *]{1,5}(?:[A-Z]\w{0,20} ){0,2}$"
    ).encode(),
    re.IGNORECASE,
)
_AFTER = re.compile(
    rb"[ -~]{0,24}\b(?:or (?:later|newer|higher|above|greater)|and (?:later|newer|above)|required|needed)\b"
)
LOOK = 64
"""Bytes before and behind a match that are looked at."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an artifact beside its bytes."""

    name: str = ""
    """File name without its folder."""
    elf: bool = False
    program: bool = False
    """It runs on an operating system: it has an interpreter, needs or is a shared library, or is a kernel module."""
    text: bool = False
    bare_metal: bool = False
    """It runs without an operating system of another: a linked ELF file without a loader, or a vector table."""
    soname: str = ""
    symbols: frozenset[str] = frozenset()
    """Defined symbols: exported ones, and the symbol table's when there is one."""
    nodes: tuple[str, ...] = ()
    """Symbol versions it defines."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One thing that was seen of one component."""

    component: str
    method: str
    """string, soname, file-name, symbol"""
    grade: Grade
    role: Role
    offset: int | None = None
    version: str | None = None
    range: str | None = None


@dataclass(slots=True)
class _Seen:
    """What matched of one signature, before it is weighed."""

    signature: Signature
    soname: list[tuple[Name, re.Match[str]]] = field(default_factory=list)
    file: list[tuple[Name, re.Match[str]]] = field(default_factory=list)
    texts: list[tuple[Text, re.Match[bytes], int]] = field(default_factory=list)
    symbols: list[Symbols] = field(default_factory=list)


def find(index: Index, facts: Facts, data: memoryview) -> list[Hit]:
    """Return all hits in one artifact, sorted."""
    seen: dict[int, _Seen] = {}

    def of(number: int) -> _Seen:
        return seen.setdefault(number, _Seen(index.signatures[number]))

    if facts.soname:
        for number, name, match in index.sonames.find(facts.soname):
            of(number).soname.append((name, match))
    for number, name, match in index.unnumbered.find(facts.soname) if facts.soname.endswith(".so") else ():
        of(number).file.append((name, match))
    for number, name, match in index.files.find(facts.name) if facts.elf or not facts.text else ():
        of(number).file.append((name, match))
    bare: list[tuple[str, int]] = []
    for position, found, offset in index.engine.matches(data):
        if position == len(index.texts):
            bare.append((found.group()[1:-1].decode("latin-1"), offset + 1))
            continue
        number, text = index.texts[position]
        if _counts(text, found, offset, facts, data):
            of(number).texts.append((text, found, offset))
    for number, entry in _symbols(index, facts.symbols):
        of(number).symbols.append(entry)
    present = set(_present(seen))
    bare = [row for row in bare if not _leaked(index, row[0], present)]
    hits: set[Hit] = set()
    for number in sorted(seen):
        hits.update(_weigh(seen[number], facts, present, bare, data))
    return sorted(hits, key=_order)


def _order(hit: Hit) -> tuple[str, str, str, str, int, str, str]:
    return (
        hit.component,
        hit.role,
        hit.grade,
        hit.method,
        -1 if hit.offset is None else hit.offset,
        hit.version or "",
        hit.range or "",
    )


def _counts(text: Text, match: re.Match[bytes], offset: int, facts: Facts, data: memoryview) -> bool:
    """Say whether a match may count at all where it stands."""
    if facts.text and not text.plain:
        return False
    if text.bare_metal and not facts.bare_metal:
        return False
    if text.offset is not None and offset != text.offset:
        return False
    return text.loose or whole(data, match, offset)


def _symbols(index: Index, names: frozenset[str]) -> Iterator[tuple[int, Symbols]]:
    """Yield the symbol entries that have enough hits."""
    counted: dict[int, tuple[int, Symbols, set[str]]] = {}
    for name in names & index.symbols.keys():
        for number, entry in index.symbols[name]:
            counted.setdefault(id(entry), (number, entry, set()))[2].add(name)
    if index.prefixes:
        for name in names:
            for prefix, number, entry in index.prefixes.get(name[:4], ()):
                if name.startswith(prefix):
                    counted.setdefault(id(entry), (number, entry, set()))[2].add(name)
    for number, entry, distinct in counted.values():
        if len(distinct) >= (entry.at_least or len(entry.names) or 1):
            yield number, entry


def _present(seen: dict[int, _Seen]) -> Iterator[str]:
    """Yield the ids that `requires` and `excludes` may name."""
    for found in seen.values():
        key = found.signature.id
        if found.soname or found.file:
            yield f"{key}/name"
        entries: list[Text | Symbols] = [*(text for text, _, _ in found.texts), *found.symbols]
        for entry in entries:
            if entry.id:
                yield f"{key}/{entry.id}"
            if entry.grade != "weak" and not entry.requires:
                yield key


def _allowed(entry: Text | Symbols, key: str, present: set[str]) -> bool:
    """Say whether what an entry requires is there, and nothing that excludes it."""

    def there(reference: str) -> bool:
        return reference in present or f"{key}/{reference}" in present

    return all(there(item) for item in entry.requires) and not any(there(item) for item in entry.excludes)


def quoted(data: memoryview, offset: int, match: re.Match[bytes]) -> bool:
    """Tell whether a text stands in a sentence about a system: "needs X 1.2", "X 1.2 or later".

    An image without an operating system of another has nothing but its texts to say what it is, and a message
    about somebody else's version is none of them.
    """
    before = bytes(data[max(0, offset - LOOK) : offset])
    end = offset + len(match.group())
    before = re.split(rb"[^\x20-\x7e]", before)[-1]
    return _BEFORE.search(before) is not None or _AFTER.match(bytes(data[end : end + LOOK])) is not None


def _weigh(
    seen: _Seen, facts: Facts, present: set[str], bare: list[tuple[str, int]], data: memoryview
) -> Iterator[Hit]:
    """Yield the hits of one component: in its own file, or traces of it in another."""
    signature = seen.signature
    key = signature.id
    texts = [row for row in seen.texts if _allowed(row[0], key, present)]
    symbols = [entry for entry in seen.symbols if _allowed(entry, key, present)]
    named = bool(seen.soname)
    if not named and seen.file and facts.elf:
        named = any(name.alone for name, _ in seen.file) or bool(texts or symbols)
    for text, match, offset in texts:
        if (text.own and not named) or (text.grade == "weak" and text.id):
            # a weak text with a name is only the partner of another
            continue
        grade, role = _say(text, named, facts, signature)
        if signature.kind in SYSTEM_KINDS and not named and quoted(data, offset, match):
            grade, role = "weak", "mention"
        span = fill(text.range, match) if text.range else None
        version = None if text.range else version_of(match, text.version)
        yield Hit(key, "string", grade, role, offset, version, span)
    for entry in symbols:
        if entry.grade == "weak" and entry.id:
            continue
        grade, role = _say(entry, named, facts, signature)
        yield Hit(key, "symbol", grade, role)
    if named:
        yield from _own(seen, facts, bare)
    elif seen.file and facts.elf:
        yield Hit(key, "file-name", "weak", "self")


def _say(entry: Text | Symbols, named: bool, facts: Facts, signature: Signature) -> tuple[Grade, Role]:
    """Return how sure a text or symbol set is, and whether it speaks of the file it stands in."""
    if named:
        return entry.grade, "self"
    if signature.kind in SYSTEM_KINDS:
        # a program that quotes an operating system is not one
        return ("weak", "mention") if facts.program else (entry.grade, "self")
    if entry.said_by == "self":
        return entry.grade, "self"
    if entry.said_by == "header" or entry.grade == "weak":
        return "weak", "mention"
    return "supporting", "mention"


def _own(seen: _Seen, facts: Facts, bare: list[tuple[str, int]]) -> Iterator[Hit]:
    """Yield what a component's own file says by its names, symbol versions and lone version texts."""
    signature = seen.signature
    for method, rows in (("soname", seen.soname), ("file-name", seen.file)):
        for name, match in rows:
            sure: Grade = "decisive" if method == "soname" else "supporting"
            yield Hit(signature.id, method, sure, "self")
            version = None if name.range else version_of(match, name.version)
            span = fill(name.range, match) if name.range else None
            if version or span:
                yield Hit(signature.id, method, name.grade, "self", None, version, span)
    if signature.bare:
        values = {value: offset for value, offset in reversed(bare) if _fits(value, signature.bare)}
        # two different ones: nobody knows which is the component's
        if len(values) == 1:
            ((value, offset),) = values.items()
            yield Hit(signature.id, "string", "supporting", "self", offset, value)
    yield from _bounds(signature, facts)


def _fits(value: str, pattern: str) -> bool:
    return name_regex(pattern).fullmatch(value) is not None


def _leaked(index: Index, value: str, present: set[str]) -> bool:
    """Say whether a lone version text is that of a library this file was compiled against."""
    return any(
        f"{signature.id}/{leaks.text}" in present
        and not {f"{signature.id}/name"} & present
        and _fits(value, leaks.versions)
        for signature, leaks in index.leaks
    )


def _bounds(signature: Signature, facts: Facts) -> Iterator[Hit]:
    """Yield the version that symbol versions and exported symbols bound."""
    if signature.nodes is not None:
        regex = name_regex(signature.nodes.pattern)
        found = [match for node in facts.nodes if (match := regex.fullmatch(node))]
        versions = {version.replace("_", ".") for match in found if (version := version_of(match, ""))}
        if versions:
            highest = max(versions, key=order)
            if signature.nodes.exact:
                yield Hit(signature.id, "symbol", "supporting", "self", None, highest)
            else:
                yield Hit(signature.id, "symbol", "supporting", "self", None, None, f">={highest}")
    for known, table in ((facts.nodes, signature.releases), (facts.symbols, signature.since)):
        if known and table:
            span = _span(frozenset(known), table)
            if span:
                yield Hit(signature.id, "symbol", "supporting", "self", None, None, span)


def _span(known: frozenset[str], table: dict[str, str]) -> str | None:
    """Return the range of releases that have what is there and lack what is not; None without a lower end."""
    low = max((version for name, version in table.items() if name in known), key=order, default=None)
    if low is None:
        return None
    later = [version for name, version in table.items() if name not in known and order(version) > order(low)]
    high = min(later, key=order, default=None)
    return f">={low}" if high is None else f">={low},<{high}"


def order(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for comparing."""
    return tuple(int(number) for number in _NUMBER.findall(version)[:8])
