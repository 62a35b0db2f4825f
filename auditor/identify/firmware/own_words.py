"""What a program or shared library that no signature gives a version says of itself.

Three things are taken for its own words, in this order: the folder of the sources it was compiled
from (`/build/gdb-XgwUeX/gdb-13.1/`), its own name with a version behind it (`memcached 1.6.18`),
and the version in its file name when the same text stands alone in it (`libgeos.so.3.11.1`).
Nothing is said when two of one sort differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from auditor.identify.elf_file import ET_REL, Elf
from auditor.identify.sample import Sample
from auditor.identify.signatures.match import quoted
from auditor.identify.tables import table
from auditor.model import Evidence

NAME = "own_words"
TITLE = "Own name with a version, source folder, version of the file name said in the file, without a signature"
CLAIMS = ("name", "version")

MAX_WORDS = 16 << 20
"""Bytes of read-only data that are looked at."""
MAX_PLACES = 256
"""Occurrences of a name that are looked at."""
_NUMBERED = re.compile(r"[-_.]?\d+(?:\.\d+)*$")
_TAIL = re.compile(r"\.so\.(\d+(?:\.\d+){2,3})$|-(\d+(?:\.\d+){1,3})\.so(?:\.\d+)*$")
_VERSION = re.compile(
    rb"(?: \([\w .-]{1,40}\))?(,? version:? v?| v|[ /_-])"
    rb"(\d{1,4}(?:\.\d{1,6}){1,3}(?:p\d{1,2}|[a-z])?)(?![\w+~]|\.\d|\.so|-[0-9a-z])"
)
_JOINED = re.compile(rb"[0-9A-Za-z_./-]")


class Tree(msgspec.Struct, frozen=True):
    """How the folders of one build system are called."""

    build: str
    pattern: str


class Words(msgspec.Struct, frozen=True):
    """`rules/detectors/own-words.yaml`."""

    protocols: frozenset[str]
    trees: tuple[Tree, ...]


@cache
def _words() -> tuple[frozenset[str], tuple[re.Pattern[bytes], ...]]:
    words: Words = table("own-words", Words)
    return words.protocols, tuple(re.compile(tree.pattern.encode()) for tree in words.trees)


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for name and version of a program or shared library by its own words."""
    elf: Elf | None = sample.elf
    if elf is None or elf.type == ET_REL or (elf.interpreter is None and elf.soname is None):
        return
    own = [hit for hit in sample.hits if hit.role == "self" and hit.grade != "weak"]
    section = elf.section(".rodata")
    if section is None or any(hit.version for hit in own):
        return
    said = _said(sample, elf, elf.content(section, MAX_WORDS))
    if said is None:
        return
    name, version, place = said
    known = [hit.component for hit in own if hit.method in ("soname", "file-name")]
    for claim, value in (("name", name), ("version", version)):
        if claim == "name" and known:
            continue
        yield sample.vote(
            known[0] if known else _subject(elf, name),
            claim,
            value,
            detector=NAME,
            method="string",
            grade="supporting",
            offset=section.offset + place,
        )


def _subject(elf: Elf, name: str) -> str:
    return f"soname:{elf.soname}" if elf.soname else f"program:{name}"


def _said(sample: Sample, elf: Elf, data: bytes) -> tuple[str, str, int] | None:
    """Return (name, version, offset in the data) of the first sort of words that agree; None without any."""
    stem = (elf.soname or sample.name).partition(".so")[0]
    short = _NUMBERED.sub("", stem) or stem
    for sort in (_trees(data, short), _named(data, short), _file_names(data, sample.name, elf)):
        found = {(name, version): place for name, version, place in reversed(list(sort))}
        if len(found) > 1:
            return None
        for (name, version), place in found.items():
            return (stem if elf.soname else name), version, place
    return None


def _trees(data: bytes, short: str) -> Iterator[tuple[str, str, int]]:
    """Yield the source folders; a program is not called after sources that have another name."""
    if b"/build" not in data and b"/usr/src/debug/" not in data:
        return
    bare = short.lower().removeprefix("lib")
    for pattern in _words()[1]:
        for match in pattern.finditer(data):
            groups = match.groupdict()
            name = (groups.get("name") or groups.get("other") or b"").decode()
            if bare in name or name.removeprefix("lib") in bare:
                yield name, match["version"].decode(), match.start()


def _named(data: bytes, short: str) -> Iterator[tuple[str, str, int]]:
    """Yield versions behind the program's own name, however it is written."""
    lower = data.lower()
    names = {short.lower(), short.lower().removeprefix("lib")}
    for name in sorted(names - _words()[0]):
        place = -1
        for _ in range(MAX_PLACES if len(name) > 1 else 0):
            place = lower.find(name.encode(), place + 1)
            if place < 0:
                break
            match = _VERSION.match(lower, place + len(name))
            if match is None or (place and _JOINED.match(lower, place - 1)):
                continue
            version = match[2].decode()
            if _is_version(version, match[1], name) and not _quoted(data, place, match.end()):
                yield short, version, place


def _is_version(version: str, between: bytes, name: str) -> bool:
    """Tell a version from an interface number, a protocol's version and an address."""
    spoken = b"v" in between
    numbers = version.count(".") + 1
    if numbers == 3:
        return True
    return spoken and (numbers == 4 or len(name) >= 4)


def _quoted(data: bytes, start: int, end: int) -> bool:
    match = re.compile(re.escape(data[start:end])).match(data, start)
    return match is not None and quoted(memoryview(data), start, match)


def _file_names(data: bytes, file: str, elf: Elf) -> Iterator[tuple[str, str, int]]:
    """Yield the version in the file's name or SONAME that stands alone in the data as well."""
    for name in (file, elf.soname or ""):
        match = _TAIL.search(name)
        if match is None:
            continue
        version = match[1] or match[2]
        for text in (b"\0%b\0", b"\0v%b\0"):
            place = data.find(text % version.encode())
            if place >= 0:
                yield name, version, place + 1
                return
