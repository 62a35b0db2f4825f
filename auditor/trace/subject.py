"""Which knowledge record a component is: a software record, a chip family, or only a maker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.knowledge.records import Chip, Era, Fact, Party, Software, sourced
from auditor.knowledge.spelling import version_key
from auditor.model import Component

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_MODULE = "autosar:"
_PROGRAM = "program:"
"""Key of what is known by its own word alone: anybody may call a program like a known project."""


@dataclass(frozen=True)
class Subject:
    """What knowledge has about one component."""

    software: Software | None = None
    era: Era | None = None
    """Span of versions under another owner or license that the component's version falls into."""
    version_matters: bool = False
    """The record changed hands and the version is not known: what it says is of low confidence."""
    chip: Chip | None = None
    party: Party | None = None
    """Maker of a chip, or of an AUTOSAR module."""
    maker: Fact | None = None
    """Why that party is the maker."""

    @property
    def maker_sources(self) -> tuple[str, ...]:
        """Where it says who the maker is."""
        return self.maker.sources if self.maker else ()

    def identity(self, knowledge: Knowledge) -> str | None:
        """Return `systems/freertos`, `chips/ti-tda4`, `parties/nxp`, None when nothing is on record."""
        record = self.software or self.chip or self.party
        return f"{knowledge.kind_of(record)}/{record.id}" if record else None


def find(component: Component, knowledge: Knowledge) -> Subject:
    """Find the records of a component."""
    if component.kind == "chip":
        return _chip(component, knowledge)
    if component.key.startswith(_MODULE):
        return _module(component, knowledge)
    # a library under terms of its own has `project#library` for a key
    key = next((one for one in (component.key, component.key.partition("#")[0]) if knowledge.software(one)), None)
    if key is None and not component.key.startswith(_PROGRAM):
        key = knowledge.software_key(name=component.name, purl=component.purl, soname=component.soname)
    software = knowledge.software(key) if key else None
    if software is None:
        return Subject()
    return Subject(
        software=software,
        era=era_of(software, component.version),
        version_matters=bool(software.history) and not version_key(component.version or ""),
    )


def _module(component: Component, knowledge: Knowledge) -> Subject:
    """Find whose an AUTOSAR module is by the vendor id in its key `autosar:<id>:<module>`."""
    vendor = knowledge.vendor_of_modules(component.key.removeprefix(_MODULE).partition(":")[0])
    return Subject(party=vendor, maker=knowledge.fact(vendor, "autosar-vendor-ids")) if vendor else Subject()


def era_of(software: Software, version: str | None) -> Era | None:
    """Return the span of versions a version falls into, None for the current one or an unknown version."""
    number = version_key(version or "")
    if not number:
        return None
    for era in software.history:
        if (not era.since or number >= version_key(era.since)) and number < version_key(era.below):
            return era
    return None


def _chip(component: Component, knowledge: Knowledge) -> Subject:
    """Find a chip's family by part number or compatible, else its maker by vendor prefix or by what is declared."""
    manufacturer = component.manufacturer.name if component.manufacturer else None
    number = component.mpn or (
        component.key.removeprefix("chip:mpn:") if component.key.startswith("chip:mpn:") else None
    )
    chip = knowledge.chip_by_mpn(number, manufacturer) if number else None
    compatibles = [vote.value for vote in component.evidence if vote.claim == "compatible"]
    if component.key.startswith("chip:") and not component.key.startswith("chip:mpn:"):
        compatibles.insert(0, component.key.removeprefix("chip:"))
    chip = chip or next((found for one in compatibles if (found := knowledge.chip_by_compatible(one))), None)
    if chip:
        vendor = knowledge.fact(chip, "vendor")
        prefix = _by_prefix(compatibles, knowledge)
        if vendor.basis == "stated" and prefix and prefix.party and prefix.party.id == chip.vendor:
            return Subject(chip=chip, party=prefix.party, maker=prefix.maker)
        return Subject(chip=chip, party=knowledge.party(chip.vendor), maker=vendor)
    by_prefix = _by_prefix(compatibles, knowledge)
    if by_prefix:
        return by_prefix
    declared = knowledge.party_by_name(manufacturer) if manufacturer else None
    if declared and not declared.distributor:
        return Subject(
            party=declared, maker=Fact(declared.id, "stated", "low", (f"declared:manufacturer {manufacturer}",))
        )
    return Subject()


def _by_prefix(compatibles: list[str], knowledge: Knowledge) -> Subject | None:
    """Find the maker that the vendor prefix of a compatible names."""
    for compatible in compatibles:
        prefix, comma, _ = compatible.partition(",")
        found = knowledge.vendor_of_prefix(prefix) if comma else None
        table = knowledge.store.prefixes
        if found and found.party and table:
            listed = table.source if prefix in table.prefixes and prefix not in table.stated else None
            fact = sourced(found.party.id, listed, f"rules/knowledge/dt-prefixes.yaml#{prefix}")
            return Subject(party=found.party, maker=fact)
    return None
