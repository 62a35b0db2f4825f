"""AUTOSAR modules by the symbols of ELF files and linker maps: module, vendor id, Adaptive clusters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from auditor.identify.elf_file import ET_REL
from auditor.identify.firmware import map_file
from auditor.identify.sample import Sample
from auditor.identify.tables import table
from auditor.model import Evidence, Grade

NAME = "autosar"
TITLE = "AUTOSAR Classic modules and vendor ids, AUTOSAR Adaptive clusters, by symbol"
CLAIMS = ("name", "kind", "layer", "module-vendor", "supplier", "cluster")

MAX_MODULES = 128
# <Module>_<vendor id>_..., the API infix of SWS_BSWGeneral
_INFIX = re.compile(r"^([A-Z][A-Za-z0-9]{1,30})_(\d{1,5})_[A-Za-z]")
_VERSION_INFO = re.compile(r"^([A-Z][A-Za-z0-9]{1,30})(?:_(\d{1,5})_[A-Za-z0-9_]{1,60})?_GetVersionInfo$")
_STANDARD = re.compile(r"^([A-Z][A-Za-z0-9]{1,30})_(?:Init|DeInit|MainFunction[A-Za-z0-9_]{0,40})$")
"""What SWS_BSWGeneral has every module call its initialisation and its cyclic function."""
LAYERED = 3
"""Modules with names of AUTOSAR's own whose standard functions have to stand together; drivers alone are anybody's."""
_ADAPTIVE = re.compile(r"^_ZNK?(?:St)?3ara(\d{1,2})([a-z][a-z0-9_]{0,30})")


class Vendor(msgspec.Struct, frozen=True):
    """Who uses a vendor id, and where that was read."""

    id: int
    name: str
    basis: str
    source: str
    placeholder: bool = False


class Module(msgspec.Struct, frozen=True):
    """A module of the basic software."""

    id: int
    name: str
    common: bool = False
    """Any driver or service may be called that, too."""


class Tables(msgspec.Struct, frozen=True):
    """`rules/detectors/autosar.yaml`."""

    vendors: tuple[Vendor, ...]
    placeholders: tuple[int, ...]
    modules: tuple[Module, ...]


@cache
def tables() -> Tables:
    """Return the vendor and module ids."""
    found: Any = table("autosar", Tables)
    assert isinstance(found, Tables)
    return found


def modules(symbols: Iterable[str]) -> dict[tuple[str, int | None], int]:
    """Count the symbols per (module, vendor id); None = the symbols do not say whose module it is."""
    known = {module.name: module.common for module in tables().modules}
    seen: dict[tuple[str, int | None], int] = {}
    standard: dict[str, int] = {}
    for symbol in symbols:
        match = _VERSION_INFO.match(symbol) or _INFIX.match(symbol)
        if match is not None and match[1] in known:
            key = (match[1], int(match[2]) if match[2] else None)
            seen[key] = seen.get(key, 0) + 1
            continue
        match = _STANDARD.match(symbol)
        if match is not None and match[1] in known:
            standard[match[1]] = standard.get(match[1], 0) + 1
    # a version query is a matter of configuration: most products are built without it
    if sum(not known[name] for name in standard) >= LAYERED:
        for name, count in standard.items():
            seen[name, None] = seen.get((name, None), 0) + count
    said = {name for name, vendor in seen if vendor is not None}
    return {key: count for key, count in seen.items() if key[1] is not None or key[0] not in said}


def clusters(symbols: Iterable[str]) -> set[str]:
    """Return the functional clusters in namespace `ara` that mangled C++ names (Itanium ABI) speak of."""
    found = set()
    for symbol in symbols:
        match = _ADAPTIVE.match(symbol)
        if match is not None and len(match[2]) >= int(match[1]) > 0:
            found.add(match[2][: int(match[1])])
    return found


def detect(sample: Sample) -> Iterable[Evidence]:
    """Vote for each AUTOSAR module among the symbols."""
    elf = sample.elf
    if elf is not None:
        # the Classic platform is one image; only Adaptive applications are programs of an operating system
        program = not elf.is_bare_metal and elf.type != ET_REL
        # such an application is C++, whose run-time library is needed by name
        if program and not (any("c++" in name for name in elf.needed) and elf.mentions(b"3ara")):
            return
        symbols, method = elf.symbols, "symbol"
    else:
        symbols, method = map_file.symbols(sample), "map"
    found = modules(symbols)
    # one name alone may be anybody's: two modules, or two symbols with the vendor's infix
    plenty = len({name for name, _ in found}) > 1
    for (name, vendor), count in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or 0))[:MAX_MODULES]:
        sure: Grade = "decisive" if plenty and vendor is not None else "supporting"
        if not plenty and count < 2:
            sure = "weak"
        yield from _votes(sample, name, vendor, method, sure)
    for cluster in sorted(clusters(symbols))[:MAX_MODULES]:
        for claim, value in (
            ("name", "AUTOSAR Adaptive Platform"),
            ("kind", "middleware"),
            ("layer", "middleware"),
            ("cluster", cluster),
        ):
            yield sample.vote(
                "autosar-adaptive", claim, value, detector=NAME, method=method, grade="supporting", role="mention"
            )


def _votes(sample: Sample, name: str, vendor: int | None, method: str, grade: Grade) -> Iterator[Evidence]:
    subject = f"autosar:{'unknown' if vendor is None else vendor}:{name}"
    facts: list[tuple[str, str, Grade]] = [
        ("name", name, grade),
        ("kind", "middleware", grade),
        ("layer", "middleware", grade),
    ]
    owner = next((entry for entry in tables().vendors if entry.id == vendor), None)
    if vendor is not None:
        unsure = vendor in tables().placeholders or (owner is not None and owner.placeholder)
        facts.append(("module-vendor", str(vendor), "weak" if unsure else grade))
        if owner is not None and not unsure:
            facts.append(("supplier", owner.name, "supporting" if grade == "decisive" else "weak"))
    for claim, value, sure in facts:
        yield sample.vote(subject, claim, value, detector=NAME, method=method, grade=sure)
