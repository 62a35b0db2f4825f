"""The records of `rules/knowledge`: what may stand in its files, typed and strict.

A record states plain values; `sources` says for each of its fields where the value comes from.
A field that no source names is `stated`: general knowledge that decides no rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from auditor.model import Basis, ComponentKind, Confidence

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._+-]*$", max_length=80)]
Text = Annotated[str, Meta(min_length=1, max_length=400)]

Governance = Literal["vendor", "foundation", "community", "state"]
AlternateKind = Literal[
    "register-compatible", "same-architecture", "pin-compatible", "functional-jedec", "functional", "marketed-against"
]


Ground = Literal["holders", "no-controller", "natural-persons", "state", "listed"]
"""Why a text supports that nobody owns a party: it names the largest holders and none of them controls; it says that
nobody controls; natural persons control; it is a state or a body of one; or it only says that the party's own shares
are listed, which is the weakest."""


class Entry(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything that is read from a knowledge file."""


class Source(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Where the values of some fields come from. Exactly one of url, derived-from, who is given."""

    fields: tuple[str, ...] = ()
    """Fields of the record this source supports; empty only inside a dated row, which it supports whole."""
    url: str | None = None
    """Address of a public text that states the value: basis `read`."""
    title: str | None = None
    read: Day | None = None
    """Day the text was read."""
    says: str | None = None
    """What the text says, in own words."""
    quote: Text | None = None
    """The few words of the text that say it, as they stand there: what a reader looks for."""
    ground: Ground | None = None
    """For `owners: []`: why the text supports it."""
    derived_from: tuple[str, ...] | None = None
    """Facts the value follows from, as `id.field`: basis `derived`."""
    who: str | None = None
    """Person or team that vouches for it, in an overlay: basis `user`."""
    day: Day | None = None
    confidence: Confidence | None = None

    @property
    def basis(self) -> Basis:
        """The basis that the shape of this source gives."""
        if self.url:
            return "read"
        return "derived" if self.derived_from is not None else "user"

    def text(self) -> str:
        """One line for reports: address and day, or what it follows from."""
        if self.url:
            return f"{self.url} (read {self.read})"
        if self.derived_from is not None:
            return "follows from " + ", ".join(self.derived_from)
        return f"{self.who}, {self.day}"


_DEFAULT_CONFIDENCE: dict[Basis, Confidence] = {"read": "high", "derived": "medium", "user": "high", "stated": "low"}


@dataclass(frozen=True)
class Fact:
    """A value with what it rests on."""

    value: Any
    basis: Basis
    confidence: Confidence
    sources: tuple[str, ...]


class Sourced(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A record with an id whose fields have sources."""

    id: Id
    name: Text
    sources: tuple[Source, ...] = ()
    note: str | None = None

    def source_of(self, field: str) -> Source | None:
        """The source of a field (YAML spelling), None when it is only stated."""
        return next((source for source in self.sources if field in source.fields), None)

    def fact(self, field: str, place: str = "", value: Any = None) -> Fact:
        """Return the value of a field with basis, confidence and sources.

        `place` is where the record stands (`rules/knowledge/...#id`), the first of the sources.
        `value` overrides the field's own, for rows of it that carry a source of their own.
        """
        return sourced(getattr(self, field.replace("-", "_")) if value is None else value, self.source_of(field), place)


def sourced(value: Any, source: Source | None, place: str) -> Fact:
    """Return a fact for a value that rests on `source`, or on nothing."""
    basis: Basis = source.basis if source else "stated"
    confidence = (source.confidence if source else None) or _DEFAULT_CONFIDENCE[basis]
    lines = (place, source.text()) if source else (place,)
    return Fact(value, basis, confidence, tuple(line for line in lines if line))


class Ownership(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Who owns a party, from a day until a day, both optional."""

    party: Id
    since: Day | None = None
    until: Day | None = None
    control: Literal["full", "joint", "none"] = "full"
    """full: decides; joint: decides with others; none: holds the shares, but somebody else exercises their votes."""
    source: Source | None = None


class Party(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A legal entity, or a project without one."""

    kind: Literal["company", "foundation", "association", "university", "state", "project"] = "company"
    names: tuple[str, ...] = ()
    """Other spellings: short names, former names, Chinese names."""
    zh: str | None = None
    """Chinese display name."""
    seat: CountryCode | None = None
    """Country or region of the head office."""
    incorporated: CountryCode | None = None
    owners: tuple[Ownership, ...] | None = None
    """Controlling owners, dated; empty = nobody controls it (listed, dispersed); absent = not known."""
    prefixes: tuple[str, ...] = ()
    """Device-tree vendor prefixes."""
    autosar_vendor_ids: tuple[int, ...] = ()
    """Ids in the published information of its AUTOSAR modules; ids that hobby code borrows are left out."""
    distributor: bool = False
    """Sells what others make: as a supplier it does not contradict a maker."""
    fab: tuple[CountryCode, ...] | None = None
    """Countries of its wafer fabs and foundries, over all products."""
    assembly: tuple[CountryCode, ...] | None = None


class Era(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """A span of versions under another steward, owner or license."""

    below: str
    """First version that is no longer part of it."""
    since: str | None = None
    """First version that is part of it."""
    steward: Id | None = None
    owner: Id | None = None
    license: str | None = None
    governance: Governance | None = None
    source: Source | None = None


class Software(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An operating system, stack, toolchain or open-source project. The id is the component key."""

    kind: ComponentKind = "library"
    names: tuple[str, ...] = ()
    governance: Governance | None = None
    steward: Id | None = None
    """Party that decides about it: releases, trademark, repository. `self`: the project's own people."""
    owner: Id | None = None
    """Party that owns it, where one does (copyright or product owner)."""
    maintainer: Id | None = None
    license: str | None = None
    """SPDX expression of the main work."""
    package_licenses: dict[str, str] | None = None
    """SPDX expressions of its packages and sonames that are not under the main license; patterns as `packages`."""
    repository: str | None = None
    purls: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """Package names of distributions, without ecosystem; a trailing `*` matches the rest, from a word's end."""
    sonames: tuple[str, ...] = ()
    history: tuple[Era, ...] = ()


class AlternatePart(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Another family that could take the place of a chip family."""

    chip: Id
    kind: AlternateKind
    source: Source | None = None


class Chip(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A chip family."""

    vendor: Id
    class_: str = msgspec.field(name="class")
    """Key of `chip-classes`."""
    parts: tuple[str, ...] = ()
    """Regular expressions that match the whole normalized part number (upper case, no blanks)."""
    compatibles: tuple[str, ...] = ()
    """Device-tree compatible strings, exact."""
    core: str | None = None
    machine: str | None = None
    """Id of the instruction set, see `isa.yaml`."""
    process: str | None = None
    use: str | None = None
    fab: tuple[CountryCode, ...] | None = None
    assembly: tuple[CountryCode, ...] | None = None
    test: tuple[CountryCode, ...] | None = None
    design: tuple[CountryCode, ...] | None = None
    lifecycle: Literal["preview", "active", "nrnd", "last-time-buy", "obsolete"] | None = None
    alternates: tuple[AlternatePart, ...] | None = None


class ChipClass(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a class of chips implies about second sources."""

    proprietary: bool
    """One maker's own design: another maker's part is a drop-in only where a family says so."""
    layer: str = "silicon"


class Country(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """A country or region of ISO 3166-1."""

    alpha2: CountryCode
    alpha3: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    name: Text
    zh: Text
    names: tuple[str, ...] = ()


class Machine(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An instruction set and who controls it."""

    number: int
    """ELF e_machine."""
    class_: Literal["single-vendor", "licensor", "multi"] = msgspec.field(name="class")
    owner: str | None = None
    country: CountryCode | None = None


class ModelFormat(Sourced, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An AI model format and the accelerator or run time it is bound to."""

    locks_into: str | None = None
    vendor: Id | None = None


class License(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """An SPDX license, its category and the other spellings it is met under."""

    id: str
    category: Literal[
        "permissive",
        "weak-copyleft",
        "strong-copyleft",
        "network-copyleft",
        "proprietary",
        "source-available",
        "restricted-ai",
        "public-domain",
    ]
    names: tuple[str, ...] = ()


class Compatibility(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Whether code under one license may be combined with code under another."""

    work: str
    """SPDX id of the component that links, or `proprietary`."""
    uses: str
    """SPDX id of what is linked in."""
    linkage: Literal["static", "dynamic", "any"]
    verdict: Literal["compatible", "incompatible", "conditional"]
    source: Source
    condition: str | None = None


class Listing(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """An entry of a restricted-party list, exactly as published."""

    id: Id
    list: Text
    authority: Text
    entry: Text
    """Name as published."""
    party: Id
    since: Day
    source: Source
    until: Day | None = None
    identifier: str | None = None


class Lifecycle(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """A release cycle of a product; dates are ISO days, `true`/`false` where no day is known."""

    product: str
    cycle: str
    lts: str
    release_date: str
    eol: str
    latest: str
    latest_date: str


class Conventions(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Spelling conventions: what is cut off names and part numbers before they are compared."""

    legal_forms: tuple[str, ...]
    country_phrases: tuple[str, ...]
    """Words before a country that say nothing, e.g. `made in`."""
    distributor_part_numbers: tuple[str, ...]
    """Regular expressions; group 1 is the maker's part number."""
    packing_suffixes: tuple[str, ...]
    """Regular expressions of reel, tray and finish marks at the end of a part number."""


class Prefixes(Entry, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """The device-tree vendor prefixes: who a prefix names."""

    source: Source
    stated: tuple[str, ...]
    """Prefixes that the source does not list yet."""
    license: str
    not_vendors: tuple[str, ...]
    deprecated: tuple[str, ...]
    prefixes: dict[str, str]
