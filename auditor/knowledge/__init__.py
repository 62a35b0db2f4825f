"""Who controls what: parties, software, chips, licenses, countries, each fact with its basis and source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor import compiled
from auditor.knowledge import store as _store
from auditor.knowledge.licensing import Categories
from auditor.knowledge.reading import KnowledgeError
from auditor.knowledge.records import (
    Chip,
    ChipClass,
    Country,
    Fact,
    License,
    Machine,
    Party,
    Software,
    Source,
    sourced,
)
from auditor.knowledge.spelling import Spelling, bare_purl, beginnings, by_name, repository_purl, version_key

if TYPE_CHECKING:
    from auditor.knowledge.checks import Trouble

__all__ = ["Chip", "Fact", "Knowledge", "KnowledgeError", "Party", "Prefix", "Software", "load", "version_key"]


_MATCHES_KEPT = 50_000
"""Part numbers whose families are remembered."""


@dataclass(frozen=True)
class Prefix:
    """A device-tree vendor prefix: the name the registry gives, and the party where one is on record."""

    prefix: str
    name: str
    party: Party | None
    source: str


class Knowledge:
    """The facts of the shipped folder and the user's overlays, with the indexes to find them by."""

    def __init__(self, store: _store.Store) -> None:
        if store.conventions is None or store.prefixes is None:
            raise KnowledgeError("rules/knowledge:1:1: conventions.yaml or dt-prefixes.yaml is missing")
        self.store = store
        self.digest = store.digest
        """sha256 (hex) over names and bytes of all files."""
        self.spelling = Spelling(store.conventions)
        self._matched: dict[str, tuple[Chip, ...]] = {}

    # ------------------------------------------------------------ records by id

    def party(self, identity: str) -> Party | None:
        """Return the party of an id."""
        found: Party | None = self.store.tables["parties"].get(identity)
        return found

    def software(self, key: str) -> Software | None:
        """Return the system or project of a component key (`linux`, `freertos`, `openssl`)."""
        found: Software | None = self.store.tables["systems"].get(key) or self.store.tables["projects"].get(key)
        return found

    def chip(self, identity: str) -> Chip | None:
        """Return the chip family of an id."""
        found: Chip | None = self.store.tables["chips"].get(identity)
        return found

    def chip_class(self, identity: str) -> ChipClass | None:
        """Return what a class of chips implies about second sources."""
        found: ChipClass | None = self.store.tables["chip-classes"].get(identity)
        return found

    def machine(self, number: int) -> Machine | None:
        """Return the instruction set of an ELF e_machine number."""
        return next((one for one in self.store.tables["isa"].values() if one.number == number), None)

    def table(self, kind: str) -> dict[str, Any]:
        """Return all records of a kind (`parties`, `systems`, `licenses` ...) by id."""
        return self.store.tables[kind]

    def place(self, record: Any) -> str:
        """Return where a record stands: `rules/knowledge/parties/chip-vendors.yaml#nxp`."""
        return self.store.places.get((self.kind_of(record), record.id), "")

    def of_user(self, record: Any) -> bool:
        """Tell whether a record stands in a file of the user's overlay."""
        return not self.place(record).startswith(f"{_store.SHIPPED}/")

    def kind_of(self, record: Any) -> str:
        """Return the table a record stands in."""
        if isinstance(record, Software):
            return "systems" if self.store.tables["systems"].get(record.id) is record else "projects"
        return next(kind for kind, kind_type in {**_store.FOLDERS, **_store.LISTS}.items() if type(record) is kind_type)

    def fact(self, record: Any, field: str) -> Fact:
        """Return a field of a record with its basis, confidence and sources."""
        found: Fact = record.fact(field, self.place(record))
        return found

    def row(self, record: Any, field: str, value: Any, source: Source | None) -> Fact:
        """Return a dated row's value: on its own source if it has one, else on that of the field."""
        return sourced(value, source or record.source_of(field), self.place(record))

    # ------------------------------------------------------------ by what inputs say

    def party_by_name(self, text: str) -> Party | None:
        """Return the party a name means, by equality after folding; None when nobody or several bear it."""
        found = self._party_names.get(self.spelling.party(text), ())
        return self.party(found[0]) if len(found) == 1 else None

    def country(self, text: str) -> str | None:
        """Return the alpha-2 code of a country or region as written (code, English, Chinese, common spelling)."""
        return self._country_names.get(self.spelling.country(text))

    def country_name(self, alpha2: str, language: str = "en") -> str:
        """Return the display name of a code, or the code itself."""
        row: Country | None = self.store.tables["countries"].get(alpha2)
        return alpha2 if row is None else row.zh if language == "zh" else row.name

    def software_key(
        self,
        name: str | None = None,
        purl: str | None = None,
        package: str | None = None,
        soname: str | None = None,
    ) -> str | None:
        """Return the component key of what a document or package database names, None when unknown.

        `package` is a distribution's package name (`libssl3`), `purl` a package URL (its version is ignored).
        """
        if purl:
            key = self._purls.get(bare_purl(purl))
            distribution = re.match(r"pkg:(?:deb|apk|opkg|rpm|alpm|yocto)/(?:[^/@?#]+/)?([^/@?#]+)", purl)
            if key or not distribution:
                return key or (self.software_key(name=name) if name and by_name(purl) else None)
            package = package or distribution[1]
        if soname:
            key = self._sonames.get(soname) or self._sonames.get(soname.partition(".so")[0])
            if key:
                return key
        if package:
            key = self._packages.get(package) or next(
                (self._package_starts[start] for start in beginnings(package) if start in self._package_starts), None
            )
            if key:
                return key
        return self._software_names.get(self.spelling.party(name)) if name else None

    def chip_by_mpn(self, mpn: str, manufacturer: str | None = None) -> Chip | None:
        """Return the family of a part number; None when none or the families of several vendors match it.

        `manufacturer`, as written in the document, decides between vendors when it names one of them.
        """
        found = self._families(self.spelling.part_number(mpn))
        maker = self.party_by_name(manufacturer) if manufacturer else None
        if maker and any(chip.vendor == maker.id for chip in found):
            found = tuple(chip for chip in found if chip.vendor == maker.id)
        return found[0] if len({chip.vendor for chip in found}) == 1 else None

    def _families(self, number: str) -> tuple[Chip, ...]:
        """Return the families whose patterns match a normalized part number; a part is asked about several times."""
        if number not in self._matched:
            if len(self._matched) >= _MATCHES_KEPT:
                self._matched.clear()
            families = (chip for chip, patterns in self._parts if any(one.fullmatch(number) for one in patterns))
            self._matched[number] = tuple(families)
        return self._matched[number]

    def chip_by_compatible(self, compatible: str) -> Chip | None:
        """Return the family of a device-tree compatible string."""
        return self._compatibles.get(compatible)

    def vendor_of_prefix(self, prefix: str) -> Prefix | None:
        """Return whom a device-tree vendor prefix (`fsl`) names; None for words that are no vendor."""
        table = self.store.prefixes
        assert table is not None
        party = self._prefix_parties.get(prefix)
        name = table.prefixes.get(prefix)
        if prefix in table.not_vendors or not (party or name):
            return None
        return Prefix(prefix, name or (party.name if party else ""), party, table.source.text())

    def vendor_of_modules(self, number: str) -> Party | None:
        """Return whose AUTOSAR modules carry a vendor id, as decimal digits; None when nobody's is on record."""
        return self._module_vendors.get(number)

    # ------------------------------------------------------------ licenses

    def license_id(self, text: str) -> str | None:
        """Return the SPDX id or expression that a license name as written stands for."""
        return self._license_names.get(text.strip().casefold())

    def license_category(self, expression: str) -> str | None:
        """Return the category of an SPDX expression, the most permissive of its choices; None when unknown."""
        return self._categories.of(expression, self)

    def keep(self) -> None:
        """Keep for the next run what was worked out in this one."""
        self._categories.keep()

    @cached_property
    def _categories(self) -> Categories:
        return Categories(self, compiled.folder())

    def license(self, identity: str) -> License | None:
        """Return the record of an SPDX id."""
        found: License | None = self.store.tables["licenses"].get(identity)
        return found

    # ------------------------------------------------------------ about itself

    @cached_property
    def date(self) -> str:
        """Day of the newest fact that was read, as ISO date."""
        days = [
            source.read
            for table in self.store.tables.values()
            for record in table.values()
            for source in getattr(record, "sources", ())
            if source.read
        ]
        return max(days, default="")

    def verify(self) -> list[Trouble]:
        """Return everything that is wrong: references, cycles, patterns, dates, sources, countries."""
        from auditor.knowledge.checks import verify

        return verify(self)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return per kind the number of facts per basis."""
        from auditor.knowledge.checks import counts

        return counts(self)

    def names_of_parties(self) -> dict[str, tuple[str, ...]]:
        """Return folded names and the ids of the parties that bear them."""
        return self._party_names

    # ------------------------------------------------------------ indexes

    @cached_property
    def _party_names(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, tuple[str, ...]] = {}
        for party in self.store.tables["parties"].values():
            for text in (party.name, *party.names, *((party.zh,) if party.zh else ())):
                folded = self.spelling.party(text)
                names[folded] = tuple(sorted({*names.get(folded, ()), party.id}))
        return names

    @cached_property
    def _country_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for row in self.store.tables["countries"].values():
            for text in (row.alpha2, row.alpha3, row.name, row.zh, *row.names):
                names[self.spelling.country(text)] = row.alpha2
        return names

    @cached_property
    def _software(self) -> tuple[Software, ...]:
        return (*self.store.tables["projects"].values(), *self.store.tables["systems"].values())

    @cached_property
    def _software_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for one in self._software:
            for text in (one.name, *one.names, one.id):
                names[self.spelling.party(text)] = one.id
        return names

    @cached_property
    def _purls(self) -> dict[str, str]:
        hosted = ((repository_purl(one.repository or ""), one.id) for one in self._software)
        return dict(hosted) | {bare_purl(purl): one.id for one in self._software for purl in one.purls}

    @cached_property
    def _packages(self) -> dict[str, str]:
        exact = {package: one.id for one in self._software for package in one.packages if not package.endswith("*")}
        return {**{one.id: one.id for one in self._software}, **exact}

    @cached_property
    def _package_starts(self) -> dict[str, str]:
        return {start[:-1]: one.id for one in self._software for start in one.packages if start.endswith("*")}

    @cached_property
    def _sonames(self) -> dict[str, str]:
        return {soname: one.id for one in self._software for soname in one.sonames}

    @cached_property
    def _parts(self) -> tuple[tuple[Chip, tuple[re.Pattern[str], ...]], ...]:
        chips = self.store.tables["chips"].values()
        return tuple((chip, tuple(re.compile(pattern) for pattern in chip.parts)) for chip in chips)

    @cached_property
    def _compatibles(self) -> dict[str, Chip]:
        return {text: chip for chip in self.store.tables["chips"].values() for text in chip.compatibles}

    @cached_property
    def _module_vendors(self) -> dict[str, Party]:
        parties = self.store.tables["parties"].values()
        return {str(number): party for party in parties for number in party.autosar_vendor_ids}

    @cached_property
    def _prefix_parties(self) -> dict[str, Party]:
        return {prefix: party for party in self.store.tables["parties"].values() for prefix in party.prefixes}

    @cached_property
    def _license_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for row in self.store.tables["licenses"].values():
            for text in (*row.names, row.id):
                names[text.casefold()] = row.id
        return names


def load(folders: Sequence[Path] = (), *, checked: bool = True) -> Knowledge:
    """Load the shipped knowledge and the user's `folders` on top. Raises KnowledgeError (`file:line:column: what`).

    What the folders bring is verified, unless the caller verifies it (`checked` = False).
    """
    from auditor.resources import folder

    knowledge = Knowledge(_store.read(folder("rules") / "knowledge", folders))
    if folders and checked:
        from auditor.knowledge.checks import verify

        for trouble in verify(knowledge, shipped=False):
            raise KnowledgeError(_store.located(str(trouble), folders))
    return knowledge
