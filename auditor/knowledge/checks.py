"""What `auditor knowledge verify` checks, and how many facts rest on which basis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.knowledge import derivation
from auditor.knowledge.material_records import Material
from auditor.knowledge.records import Chip, Ownership, Party, Software, Source, Sourced

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_NO_FACTS = {
    "id", "name", "names", "note", "sources", "class", "kind", "zh", "prefixes", "purls", "packages", "sonames",
    "parts", "distributor", "use", "number", "layer", "proprietary", "material", "stage", "unit", "year",
}  # fmt: skip
"""Fields that identify or describe a record: they say nothing about who controls it."""

_UNBOUNDED = re.compile(r"\)[*+{]|[*+}?][*+{]|\(\?[^:!=]|\.[*+].*\.[*+]")
_EASTMOST = timedelta(hours=14)
"""How far the day is ahead of UTC where it begins first."""

_COUNTRY_FIELDS = (
    "seat", "incorporated", "fab", "assembly", "test", "design", "country", "production", "percent",
)  # fmt: skip


class Trouble(msgspec.Struct, frozen=True):
    """Something in the knowledge that is wrong."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def fields_of(record: Sourced) -> list[str]:
    """Return the fields (YAML spelling) of a record that are facts and are filled."""
    found = []
    for info in msgspec.structs.fields(record):
        value = getattr(record, info.name)
        if (
            info.encode_name not in _NO_FACTS
            and value is not None
            and (value != () or info.encode_name in _KNOWN_EMPTY)
        ):
            found.append(info.encode_name)
    return found


_KNOWN_EMPTY = {"owners", "alternates"}
"""Fields where an empty list is a statement: there is none."""


def counts(knowledge: Knowledge) -> dict[str, dict[str, int]]:
    """Return per kind the number of facts per basis."""
    result: dict[str, dict[str, int]] = {}
    for kind, record in _sourced(knowledge):
        tally = result.setdefault(kind, {"read": 0, "derived": 0, "user": 0, "stated": 0})
        for field in fields_of(record):
            tally[knowledge.fact(record, field).basis] += 1
    rows = knowledge.table("license-compatibility").values()
    result["license-compatibility"] = {"read": len(rows), "derived": 0, "user": 0, "stated": 0}
    return result


def verify(knowledge: Knowledge, *, shipped: bool = True) -> list[Trouble]:
    """Return all troubles, sorted by place; `shipped` = False: the records that stand as shipped are left out."""
    troubles = []
    for _, record in _sourced(knowledge):
        place = knowledge.place(record)
        if not shipped and not knowledge.of_user(record):
            continue
        for message in (*_sources(record), *_references(record, knowledge), *_countries(record, knowledge)):
            troubles.append(Trouble(place, message))
    for row in knowledge.table("license-compatibility").values():
        place = f"rules/knowledge/license-compatibility.yaml#{row.work}/{row.uses}"
        troubles += [Trouble(place, message) for message in _source(row.source, whole=True)]
    for row in knowledge.table("listings").values():
        messages = [*_source(row.source, whole=True), *_party(row.party, knowledge)]
        troubles += [Trouble(f"rules/knowledge/listings.yaml#{row.id}", message) for message in messages]
    troubles += _names(knowledge)
    return sorted(troubles, key=lambda trouble: (trouble.place, trouble.message))


def _sourced(knowledge: Knowledge) -> Iterator[tuple[str, Sourced]]:
    for kind, table in sorted(knowledge.store.tables.items()):
        for record in table.values():
            if isinstance(record, Sourced):
                yield kind, record


def _sources(record: Sourced) -> Iterator[str]:
    """Check the sources of a record and of its rows."""
    known = {info.encode_name for info in msgspec.structs.fields(record)}
    seen: set[str] = set()
    for source in record.sources:
        yield from _source(source, whole=False)
        for field in source.fields:
            if field not in known:
                yield f"a source names the field {field!r}, which this record does not have"
            elif getattr(record, field.replace("-", "_"), None) is None and field != "class":
                yield f"a source supports {field!r}, but no value is given"
            if field in seen:
                yield f"two sources support {field!r}; keep the better one"
            seen.add(field)
        if isinstance(record, Party):
            yield from _nobody(record, source)
    for row in _rows(record):
        if row.source:
            yield from _source(row.source, whole=True)
        for day in (getattr(row, "since", None), getattr(row, "until", None)):
            if day and isinstance(record, Party) and not _is_day(day):
                yield f"{day!r} is no day"
        if isinstance(row, Ownership) and row.since and row.until and row.since > row.until:
            yield f"since {row.since!r} is after until {row.until!r}"


def _nobody(party: Party, source: Source) -> Iterator[str]:
    """Check what a text has to say before "nobody owns it" was read there: silence is no statement."""
    if "owners" not in source.fields or source.basis != "read" or party.owners != ():
        if source.ground is not None:
            yield "a ground belongs to the read source of 'owners: []'"
        return
    if source.ground is None:
        yield "'owners: []' was read: give the ground, or leave it without source where the text only names no owner"
    elif source.ground == "listed" and source.confidence not in ("low", "medium"):
        yield "that shares are listed says little about who holds them: confidence medium at most"


def _rows(record: Any) -> tuple[Any, ...]:
    """Return the dated or graded rows of a record."""
    owners = record.owners or () if isinstance(record, Party) else ()
    history = record.history if isinstance(record, Software) else ()
    alternates = record.alternates or () if isinstance(record, Chip) else ()
    controls = record.controls if isinstance(record, Material) else ()
    return (*owners, *history, *alternates, *controls)


def _source(source: Source, *, whole: bool) -> Iterator[str]:
    """Check one source: its shape, its days, its fields."""
    given = [source.url is not None, source.derived_from is not None, source.who is not None]
    if sum(given) != 1:
        yield "a source needs exactly one of url, derived-from, who"
    if source.url is not None:
        if not re.match(r"https?://[^/\s]+\.[^/\s]+|pkg:[a-z]+/[^\s@]+@[^\s@]+", source.url):
            yield f"{source.url!r} is neither a web address nor a package URL with a version"
        if not (source.title and source.read):
            yield "a text that was read needs title and day (read)"
    if source.who is not None and not source.day:
        yield "a user's fact needs the day"
    if bool(source.fields) == whole:
        yield "the source of a row names no fields" if whole else "a source names the fields it supports"
    for day in (source.read, source.day):
        if day and not _is_day(day):
            yield f"{day!r} is no day"
        elif day and date.fromisoformat(day) > (datetime.now(UTC) + _EASTMOST).date():
            yield f"{day!r} is a day to come"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _party(identity: str | None, knowledge: Knowledge) -> Iterator[str]:
    if identity and identity != "self" and knowledge.party(identity) is None:
        yield f"there is no party {identity!r}"


def _references(record: Sourced, knowledge: Knowledge) -> Iterator[str]:
    """Check that what a record names exists, that owners end, and that patterns are bounded."""
    if isinstance(record, Party):
        for owner in record.owners or ():
            yield from _party(owner.party, knowledge)
        yield from _cycle(record, knowledge)
    elif isinstance(record, Software):
        for identity in (record.steward, record.owner, record.maintainer):
            yield from _party(identity, knowledge)
        for era in record.history:
            yield from _party(era.steward, knowledge)
            yield from _party(era.owner, knowledge)
        of_packages = (record.package_licenses or {}).values()
        for license_text in (record.license, *of_packages, *(era.license for era in record.history)):
            if license_text and knowledge.license_category(license_text) is None:
                yield f"the license {license_text!r} has no category"
    elif isinstance(record, Chip):
        yield from _chip(record, knowledge)
    elif isinstance(record, Material):
        yield from _material(record)
    for one in record.sources:
        yield from derivation.troubles(one, one.fields, record, knowledge)
    for row in _rows(record):
        if row.source:
            yield from derivation.troubles(row.source, (), record, knowledge)


def _chip(chip: Chip, knowledge: Knowledge) -> Iterator[str]:
    """Check a chip family."""
    yield from _party(chip.vendor, knowledge)
    if knowledge.chip_class(chip.class_) is None:
        yield f"there is no chip class {chip.class_!r}"
    for alternate in chip.alternates or ():
        if knowledge.chip(alternate.chip) is None:
            yield f"there is no chip family {alternate.chip!r}"
    for pattern in chip.parts:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"the pattern {pattern!r} does not compile: {error}"
        if len(pattern) > 200 or _UNBOUNDED.search(pattern.replace("\\)", "").replace("\\(", "")):
            yield f"the pattern {pattern!r} is not bounded: no repeated groups, no flags"


def _material(record: Material) -> Iterator[str]:
    """Check the amounts of a material."""
    if record.id != f"{record.material}-{record.stage}":
        yield f"the id is the material and its stage: {record.material}-{record.stage}"
    if (record.production is None) == (record.percent is None):
        yield "either production with a total, or percent"
    if record.production is not None and record.total is None:
        yield "production needs the world total"
    if any(amount < 0 for amount in (record.production or record.percent or {}).values()):
        yield "an amount is negative"
    if sum(record.portions().values()) > 1.001:
        yield "the shares are more than the whole"
    for row in record.controls:
        for day in (row.since, row.suspended_from, row.suspended_until, row.ended):
            if day and not _is_day(day):
                yield f"{day!r} is no day"


def _cycle(party: Party, knowledge: Knowledge) -> Iterator[str]:
    """Check that owners of owners never lead back."""
    seen, pending = set(), [owner.party for owner in party.owners or ()]
    while pending:
        identity = pending.pop()
        if identity == party.id:
            yield "owns itself through its owners"
            return
        if identity not in seen:
            seen.add(identity)
            found = knowledge.party(identity)
            pending.extend(owner.party for owner in (found.owners if found else None) or ())


def _countries(record: Sourced, knowledge: Knowledge) -> Iterator[str]:
    """Check country codes against the table."""
    table = knowledge.table("countries")
    for field in _COUNTRY_FIELDS:
        value = getattr(record, field, None)
        for code in (value,) if isinstance(value, str) else value or ():
            if code not in table:
                yield f"{code!r} is no code of countries.yaml"


_IDENTIFIERS = {
    "parties": ("prefixes", "autosar_vendor_ids"),
    "chips": ("compatibles",),
    "projects": ("purls", "packages", "sonames"),
    "systems": ("purls", "packages", "sonames"),
}
"""Fields whose values lead to one record only."""


def _names(knowledge: Knowledge) -> list[Trouble]:
    """Report names and identifiers that two records claim."""
    troubles = []
    for folded, identities in knowledge.names_of_parties().items():
        if len(identities) > 1:
            place = knowledge.store.places["parties", identities[0]]
            troubles.append(Trouble(place, f"{folded!r} also names {', '.join(identities[1:])}"))
    claimed: dict[str, str] = {}
    for kind, attributes in _IDENTIFIERS.items():
        for record in knowledge.table(kind).values():
            for text in (f"{attribute}: {value}" for attribute in attributes for value in getattr(record, attribute)):
                if claimed.setdefault(text, record.id) != record.id:
                    troubles.append(Trouble(knowledge.place(record), f"{text} stands also in {claimed[text]!r}"))
    for identity in knowledge.table("systems").keys() & knowledge.table("projects").keys():
        troubles.append(Trouble(knowledge.store.places["systems", identity], f"{identity!r} is also a project"))
    return troubles
