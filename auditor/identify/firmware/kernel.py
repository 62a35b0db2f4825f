"""Linux kernel by its banner: the upstream version, not the name of the binary interface."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from auditor.identify.elf_file import ET_REL
from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence

NAME = "kernel"
TITLE = "Linux kernel banner: upstream version, release name, compiler"
CLAIMS = ("name", "kind", "layer", "version", "version-range", "release")

MIN_SIZE = 4096
MAX_BANNERS = 16
SEARCHED = frozenset({"", "elf", "linux_image", "region"})
"""Formats a kernel stands in; compressed ones are unpacked before."""

# linux_banner in init/version.c: release (builder@host) (compiler, linker) #build flags date
_BANNER = re.compile(
    rb"Linux version (\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)([!-~]{0,100}) "
    rb"\(([^@()\s]{1,200}@[^()\s]{0,200})\) \(([ -~]{1,400}?)\) #(\d{0,9}[ -~]{0,300})"
)
# a release such as 6.1.0-50-arm64: the third number is fixed, the second counts interface changes
_INTERFACE_NAME = re.compile(r"-\d{1,4}(?:-[\w.-]+)?$")


class Compiler(msgspec.Struct, frozen=True):
    """How a compiler names itself."""

    subject: str
    pattern: str


class Names(msgspec.Struct, frozen=True):
    """`rules/detectors/kernel-banners.yaml`."""

    distributions: tuple[str, ...]
    compilers: tuple[Compiler, ...]


class Banner(NamedTuple):
    """One banner, taken apart."""

    release: str
    version: str | None
    """Upstream version; None when the release only names a binary interface."""
    version_range: str | None
    compiler: tuple[str, str] | None
    """Subject and version."""
    offset: int


def upstream(base: str, suffix: str) -> tuple[str | None, str | None]:
    """Return (version, range) that a release name proves; a binary interface name proves the series only."""
    if base.endswith(".0") and base.count(".") == 2 and _INTERFACE_NAME.match(suffix):
        major, minor, _ = base.split(".")
        return None, f">={major}.{minor},<{major}.{int(minor) + 1}"
    return base, None


def banners(data: memoryview | bytes) -> Iterator[Banner]:
    """Yield the banners in some bytes; texts that only mention a version are none."""
    for count, match in enumerate(_BANNER.finditer(data)):
        if count >= MAX_BANNERS:
            return
        # the builder may be any bytes; the pattern keeps the rest to ASCII
        base, suffix, _, compiler, build = (part.decode("latin-1") for part in match.groups())
        version, version_range = upstream(base, suffix)
        names: Names = table("kernel-banners", Names)
        for pattern in names.distributions:
            named = re.search(pattern, build)
            if named is not None:
                version, version_range = named[1], None
        tools = ((entry.subject, re.search(entry.pattern, compiler)) for entry in names.compilers)
        tool = next(((subject, found[1]) for subject, found in tools if found), None)
        yield Banner(base + suffix, version, version_range, tool, match.start())


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for the Linux kernel an image carries."""
    if sample.artifact.format not in SEARCHED or sample.view.size < MIN_SIZE:
        return
    elf = sample.elf
    if elf is not None and (elf.interpreter or elf.needed or elf.soname or elf.type == ET_REL):
        return
    if sample.artifact.understood * 10 > sample.view.size * 9 and not sample.artifact.format:
        return  # nearly all of it comes as artifacts of their own
    seen: set[tuple[str, str]] = set()
    for banner in banners(sample.view.data):
        facts = [
            ("name", "Linux"),
            ("kind", "os-kernel"),
            ("layer", "kernel"),
            ("release", banner.release),
            ("version", banner.version),
            ("version-range", banner.version_range),
        ]
        for claim, value in facts:
            if value and (claim, value) not in seen:
                seen.add((claim, value))
                yield sample.vote(
                    "linux", claim, value, detector=NAME, method="banner", grade="decisive", offset=banner.offset
                )
        if banner.compiler and ("toolchain", banner.compiler[1]) not in seen:
            seen.add(("toolchain", banner.compiler[1]))
            for claim, value in (("kind", "toolchain"), ("version", banner.compiler[1])):
                yield sample.vote(
                    banner.compiler[0],
                    claim,
                    value,
                    detector=NAME,
                    method="banner",
                    grade="decisive",
                    role="mention",
                    offset=banner.offset,
                )
