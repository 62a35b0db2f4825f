"""The records of `rules/signatures/*.yaml`: what tells one component from its bytes and names."""

from __future__ import annotations

from typing import Literal

import msgspec

from auditor.model import ComponentKind, Grade, Layer

SaidBy = Literal["self", "code", "header"]
"""Who a text speaks for.

`self`    only the component's own program or image carries it: it names the file it stands in.
`code`    compiled into whatever contains the component's code: in another file it is a static copy.
`header`  a macro expanded in whoever was compiled against it: in another file it names a build time.
"""


class _Strict(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Base: unknown keys are errors."""


class Text(_Strict, frozen=True):
    """A pattern on bytes, in the regex syntax common to Python and Hyperscan; `.` is no newline.

    `{x.y.z}` and its relatives (see `pattern.SHAPES`) stand for a version and become the group
    `version`. Every repeat is bounded. NUL is written `\\x00`.
    """

    pattern: str
    id: str = ""
    """Name other patterns refer to."""
    version: str = ""
    """Template with `{1}`, `{2}` ... for versions that stand in pieces; empty = the group `version`."""
    range: str = ""
    """Template of a version range (`>={1},<{2}`) for texts that only bound the version."""
    grade: Grade = "supporting"
    said_by: SaidBy = "code"
    own: bool = False
    """Counts only in a file that is the component's by SONAME or file name."""
    plain: bool = False
    """Counts in text files too."""
    requires: tuple[str, ...] = ()
    """Pattern ids (`id`, `component/id`) or component ids that must match in the same artifact."""
    excludes: tuple[str, ...] = ()
    """Pattern ids or component ids that cancel this match when they match in the same artifact."""
    offset: int | None = None
    """The only offset at which it counts, in bytes from the artifact's start."""
    bare_metal: bool = False
    """Counts only in a program for a bare controller: a linked ELF file without a loader, or a vector table."""
    loose: bool = False
    """What follows or precedes the match is not checked: the pattern states its own ends."""
    verified: bool = False
    """Matched in a real or purpose-built binary."""


class Name(_Strict, frozen=True):
    """A regular expression on a whole SONAME or file name."""

    pattern: str
    version: str = ""
    """Template with `{1}`, `{2}` ...; empty = the group `version`, else no version."""
    range: str = ""
    grade: Grade = "supporting"
    """How sure the version is."""
    alone: bool = False
    """The file name is distinctive enough to name the component without a second hint."""


class Symbols(_Strict, frozen=True):
    """Defined symbols of an ELF file."""

    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    at_least: int = 0
    """Distinct hits needed; 0 = every name (or one prefix hit)."""
    grade: Grade = "supporting"
    said_by: SaidBy = "code"
    id: str = ""
    excludes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    verified: bool = False


class Nodes(_Strict, frozen=True):
    """Symbol versions that the component's own library defines; the highest bounds its version."""

    pattern: str
    exact: bool = False
    """The project adds a node in every release: the highest one is the version."""


class Leaks(_Strict, frozen=True):
    """Users of the library carry its version as a lone text, because a macro hands it over."""

    text: str
    """Id of the text of this signature by which users are known."""
    versions: str
    """Pattern of the versions that then are not the user's own."""


class Test(_Strict, frozen=True):
    """One example: bytes (latin-1, escapes as in Python) or a name, and what must come of it."""

    __test__ = False

    bytes: str | None = None
    file: str = ""
    """File name of the artifact."""
    soname: str = ""
    symbols: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    elf: bool = True
    """The artifact counts as an ELF program; False = raw bytes."""
    bare_metal: bool = False
    """The artifact counts as a program for a bare controller."""
    match: bool = True
    version: str | None = None
    """The version expected; null = none may be claimed."""
    range: str | None = None
    role: Literal["self", "mention"] | None = None


class Signature(_Strict, frozen=True):
    """One component: how it is recognized and what is said about it."""

    id: str
    """Component key, one name space with `rules/knowledge`."""
    name: str
    kind: ComponentKind
    layer: Layer
    tests: tuple[Test, ...]
    aliases: tuple[str, ...] = ()
    """Other names people and tools use for it."""
    packages: tuple[str, ...] = ()
    """Source and binary package names (globs) of distributions; they join package votes."""
    sonames: tuple[str | Name, ...] = ()
    files: tuple[str | Name, ...] = ()
    symbols: tuple[Symbols, ...] = ()
    texts: tuple[Text, ...] = ()
    bare: str = ""
    """Pattern of the version that stands alone as a text in the component's own file."""
    leaks: Leaks | None = None
    nodes: Nodes | None = None
    releases: dict[str, str] = {}
    """Symbol version that its own library defines -> first release with it."""
    since: dict[str, str] = {}
    """Exported symbol -> first release that exports it."""
    purl: str = ""
    """Template with `{version}`."""
    cpe: str = ""
    """Vendor and product of a CPE 2.3 name: `openssl:openssl`."""
    license: str | None = None
    """SPDX expression of recent releases, stated; None = not said."""
    homepage: str = ""
    note: str = ""
