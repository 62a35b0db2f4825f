"""Linker map files: what a build put into an image, symbol by symbol and archive by archive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from auditor.identify.sample import Sample
from auditor.identify.signatures.index import shipped
from auditor.identify.signatures.match import Facts, find
from auditor.model import Evidence
from auditor.unpack.view import LimitHit

NAME = "map_file"
TITLE = "Linker maps (GNU ld, lld; IAR, Arm, TASKING, Green Hills by their documented layout)"
CLAIMS = ("format", "archive", "symbols", "name", "kind", "layer", "version-range")

MAX_ARCHIVES = 256
MAX_SYMBOLS = 500_000

_SYMBOL = rb"([A-Za-z_$.][\w$.@]{0,255})"


class Layout(NamedTuple):
    """One linker's map: how to know it, where its symbols stand."""

    name: str
    mark: re.Pattern[bytes]
    symbols: re.Pattern[bytes]


LAYOUTS = (
    Layout(
        "gnu-ld",
        re.compile(rb"^(?:Archive member included |Linker script and memory map|Memory Configuration)", re.M),
        re.compile(rb"^ {16}0x[0-9a-f]{8,16} {16}" + _SYMBOL + rb"\r?$", re.M),
    ),
    Layout(
        "lld",
        re.compile(rb"\A +(?:VMA +LMA|Address) +Size +Align +Out +In +Symbol", re.M),
        re.compile(rb"^ *[0-9a-f]+ +(?:[0-9a-f]+ +)?[0-9a-f]+ +\d+ {17,}" + _SYMBOL + rb"\r?$", re.M),
    ),
    Layout(
        "arm",
        re.compile(rb"^(?:Component: A(?:rm|RM) [^\n]{0,80}armlink|Memory Map of the image)", re.M),
        re.compile(rb"^ {4}" + _SYMBOL + rb" +0x[0-9a-f]{8} +(?:Thumb Code|ARM Code|Data|Number) ", re.M),
    ),
    Layout(
        "iar",
        re.compile(rb"^#+\r?\n# IAR ELF Linker |^# IAR ELF Linker ", re.M),
        re.compile(
            rb"^" + _SYMBOL + rb"\s{1,160}0x[0-9a-f']{4,12}\s+(?:0x[0-9a-f']+\s+)?(?:Code|Data)\s+(?:Gb|Lc)\b", re.M
        ),
    ),
    Layout(
        "tasking",
        re.compile(
            rb"^\*+ *(?:Linked Files|Used Resources|Processed Files|Link Result|Locate Result) *\*+ *\r?$"
            rb"|TASKING [^\n]{0,80}[Ll]inker",
            re.M,
        ),
        # | name | address | space |; the tables of memories have numbers in the third column too
        re.compile(rb"^\| *" + _SYMBOL + rb" *\| *0x[0-9a-f]{4,16} *\|(?! *0x)[^|\n]{1,80}\|\r?$", re.M),
    ),
    Layout(
        "green-hills",
        re.compile(
            rb"\A[^\n]{0,80}(?:\r?\n){0,3}Load Map [A-Z][a-z]{2} "
            rb"|^(?:Global Symbols|Local Symbols|Symbols) \(sorted |^(?:Image|Module) Summary\r?$",
            re.M,
        ),
        # [section] address+size name; section address+size source name; name g|l address-end size memory ...:
        # what was deleted (D) or is undefined (U) is no part of the image
        re.compile(
            rb"^ +(?:[\w.$]{1,128} +)?[0-9a-f]{8}(?:\+[0-9a-f]{1,8})? +" + _SYMBOL + rb"\r?$"
            rb"|^ +[\w.$]{1,128} +[0-9a-f]{8}\+[0-9a-f]{6} +(?![DU] )\S{1,255} +" + _SYMBOL + rb"\r?$"
            rb"|^ *" + _SYMBOL + rb" +[gl] +[0-9a-f]{8}-[0-9a-f]{8} [0-9a-f]{6} \S{1,128} +(?![DU] )\S",
            re.M,
        ),
    ),
)
WORDS = (
    b"emory",
    b"Archive member",
    b"VMA",
    b"Address ",
    b"armlink",
    b"IAR ELF",
    b"TASKING",
    b"Linked",
    b"Processed",
    b"Used Resources",
    b"Link Result",
    b" Summary",
    b"Load Map",
    b"Symbols (sorted",
)
"""A map contains one of them before its mark; finding a word is faster than a pattern."""
_ARCHIVE = re.compile(rb"([^\s()/\\]{1,200}\.(?:a|lib))[(:]([^\s():]{1,200})\)?")
_FUNCTION_SECTION = re.compile(rb"^ \.text\.([A-Za-z_]\w{0,255})\r?$|^ \.text\.([A-Za-z_]\w{0,255}) +0x", re.M)


_ARM_SECTION = re.compile(rb"Code +RO +\d+ +(?:\* )?(?:i|\.text)\.([A-Za-z_]\w{0,255}) ")
_OBJECT = re.compile(rb"(?<![\w.-])([A-Za-z_][\w-]{0,80})(?:\.(?:c|cc|cpp|cxx|s|S))?\.(?:obj|o)(?![\w.])")
"""An object file, with or without the suffix of its source: `tasks.o`, `tasks.c.obj`."""


def layout(sample: Sample) -> Layout | None:
    """Return the layout of a map file, None when the artifact is none.

    A file that is not called a map has to say so within its first 4 KiB.
    """
    if sample.artifact.format not in ("", "text") or b"\0" in sample.head:
        return None
    called = sample.name.lower().endswith((".map", ".lst", ".mdf"))
    head = bytes(sample.view.data[: 1 << 16]) if called else sample.head
    if not any(word in head for word in WORDS):
        return None
    return next((candidate for candidate in LAYOUTS if candidate.mark.search(head)), None)


def symbols(sample: Sample) -> frozenset[str]:
    """Return the symbols that a map lists as part of the image; empty when the artifact is no map."""
    found = layout(sample)
    if found is None or sample.view.size > sample.limits.document_size:
        return frozenset()
    return frozenset(_symbols(_kept(sample), found))


def _kept(sample: Sample) -> bytes:
    """Return the text without the sections that the linker threw away."""
    text = sample.data
    start = text.find(b"\nDiscarded input sections")
    end = text.find(b"\nMemory Configuration", start)
    return text[:start] + text[end:] if 0 <= start < end else text


def _symbols(text: bytes, kind: Layout) -> Iterator[str]:
    for count, match in enumerate(kind.symbols.finditer(text)):
        if count >= MAX_SYMBOLS:
            return
        yield match[match.lastindex or 1].decode("ascii")
    if kind.name == "gnu-ld":  # static functions have no symbol line, only a section of their own
        for count, match in enumerate(_FUNCTION_SECTION.finditer(text)):
            if count >= MAX_SYMBOLS:
                return
            yield (match[1] or match[2]).decode("ascii")
    if kind.name == "arm":  # without --symbols a map has sections only, one a function
        for count, match in enumerate(_ARM_SECTION.finditer(text)):
            if count >= MAX_SYMBOLS:
                return
            yield match[1].decode("ascii")


def _objects(text: bytes) -> frozenset[str]:
    """Return the object files of a map as `name.o`; a signature lists them among its symbols."""
    found: set[str] = set()
    for count, match in enumerate(_OBJECT.finditer(text)):
        if count >= MAX_SYMBOLS:
            break
        found.add(f"{match[1].decode('ascii')}.o")
    return frozenset(found)


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the linker's format and the archives that went into the image."""
    found = layout(sample)
    if found is None:
        return
    if sample.view.size > sample.limits.document_size:
        raise LimitHit("document-size", sample.limits.document_size, "a linker map exceeds document-size")
    subject = f"file:{sample.artifact.path}"
    yield sample.vote(subject, "format", f"map-{found.name}", detector=NAME, method="map", grade="decisive")
    text = _kept(sample)
    names = frozenset(_symbols(text, found))
    yield sample.vote(subject, "symbols", str(len(names)), detector=NAME, method="map", grade="decisive")
    yield from _components(sample, names | _objects(text))
    archives = dict.fromkeys(match[1].decode("utf-8", "backslashreplace") for match in _ARCHIVE.finditer(text))
    for name in sorted(archives)[:MAX_ARCHIVES]:
        yield sample.vote(subject, "archive", name, detector=NAME, method="map", grade="decisive")


def _components(sample: Sample, names: frozenset[str]) -> Iterator[Evidence]:
    """Vote for the components whose symbols the map lists; they are in the image that was linked."""
    index = shipped()
    for hit in find(index, Facts(symbols=names), memoryview(b"")):
        signature = index.by_id[hit.component]
        facts = [("name", signature.name), ("kind", signature.kind), ("layer", signature.layer)]
        for claim, value in (*facts, ("version-range", hit.range)):
            if value:
                yield sample.vote(
                    hit.component, claim, value, detector=NAME, method="map", grade=hit.grade, role=hit.role
                )
