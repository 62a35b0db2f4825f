"""What documents say, as they say it: format-neutral, values as written."""

from __future__ import annotations

from auditor.record import Problem, Record


class Actor(Record, frozen=True, rename="camel", omit_defaults=True):
    """A legal entity as a document names it."""

    name: str
    country: str | None = None
    """As written in the document; `knowledge.countries` normalizes it."""
    url: str | None = None


class DeclaredLicense(Record, frozen=True, rename="camel", omit_defaults=True):
    """A license as a document names it."""

    value: str
    """SPDX id, expression or name, as written."""
    acknowledgement: str = "declared"
    """declared or concluded"""


class DeclaredAlternate(Record, frozen=True, rename="camel", omit_defaults=True):
    """A second source a part list or BOM names for a part."""

    mpn: str
    manufacturer: str | None = None
    qualified: bool | None = None


class Declared(Record, frozen=True, rename="camel", omit_defaults=True):
    """One component as a document declares it: format-neutral, values as written."""

    pointer: str
    """JSON pointer (`/components/17`) or `line 12`."""
    name: str
    version: str | None = None
    type: str = "library"
    """CycloneDX component type, or the nearest one."""
    ref: str | None = None
    """bom-ref or SPDXID."""
    parent: str | None = None
    """ref of the component it is nested in."""
    group: str | None = None
    purl: str | None = None
    cpe: str | None = None
    mpn: str | None = None
    hashes: tuple[tuple[str, str], ...] = ()
    """(algorithm, hex) pairs."""
    licenses: tuple[DeclaredLicense, ...] = ()
    supplier: Actor | None = None
    manufacturer: Actor | None = None
    publisher: Actor | None = None
    country_of_origin: str | None = None
    paths: tuple[str, ...] = ()
    """File paths the document gives as occurrences."""
    quantity: float | None = None
    designators: tuple[str, ...] = ()
    alternates: tuple[DeclaredAlternate, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    unknowns: tuple[str, ...] = ()
    """Elements declared unknown (NOASSERTION and its relatives), not missing."""


DESCRIPTIONS = frozenset({"arxml", "a2l", "odx", "slsa-provenance"})
"""Formats of documents that describe a controller: they declare what they name, and do not list all that is in it."""


class BuildStatement(Record, frozen=True, rename="camel", omit_defaults=True):
    """Who is said to have built a file, from what; nobody checked the signature."""

    pointer: str
    """JSON pointer of the subject."""
    subject: str
    """Name of the file, as written."""
    sha256: str | None = None
    """Hexadecimal, lower case."""
    builder: str | None = None
    """Address of what built it."""
    build_type: str | None = None
    source: str | None = None
    """Address of the first thing it was built from."""
    matches: str | None = None
    """Path of the input, or of the file inside it, that has the digest; absent when none has."""


class Document(Record, frozen=True, rename="camel", omit_defaults=True):
    """A bill of materials that was read."""

    format: str
    """cyclonedx-json, cyclonedx-xml, spdx-json, spdx-tag-value, part-list ..."""
    version: str
    subject: Declared | None
    """What the document is about (metadata.component, DESCRIBES)."""
    components: tuple[Declared, ...]
    dependencies: tuple[tuple[str, str], ...] = ()
    """(from ref, to ref) pairs."""
    elements: tuple[tuple[str, str], ...] = ()
    """(minimum element, present | declaredUnknown | missing) pairs."""
    violations: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknown_keys: int = 0
    statements: tuple[BuildStatement, ...] = ()
    path: str = ""
    """Inner path of the artifact it was read from."""
    sha256: str = ""
    input: str = ""
