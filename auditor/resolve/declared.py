"""What the bills of materials say, and how it meets what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from auditor.declared import DESCRIPTIONS
from auditor.model import Comparison, Component, Declared, Document, Evidence
from auditor.resolve import observed, terms
from auditor.resolve.comparison import compare, same_version
from auditor.resolve.identity import LAYERS, component_id, declared_key, declared_kind
from auditor.resolve.rows import Rows, bare, repeated, told_apart

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

SOFTWARE = frozenset(
    (
        "os-kernel",
        "os-distribution",
        "rtos",
        "hypervisor",
        "bootloader",
        "firmware",
        "middleware",
        "library",
        "application",
        "ai-model",
    )
)

NUMBERED = re.compile("[0-9]")
"""What a chip's name needs to stand for its part number: `MCU` is a word."""
SHORTEST_NAME = 5
"""Characters of a device-tree part name that is long enough to be recognized in a part number."""


def as_component(declared: Declared, document: Document, ecu: str, knowledge: Knowledge) -> Component:
    """Make the component a document declares, with its place in the document as evidence."""
    kind = declared_kind(declared, knowledge)
    key = declared_key(declared, kind, knowledge)
    licenses = () if "license" in declared.unknowns else declared.licenses
    said = (
        ("name", declared.name),
        ("version", declared.version),
        ("purl", declared.purl),
        ("cpe", declared.cpe),
        ("mpn", declared.mpn),
        ("supplier", declared.supplier.name if declared.supplier else None),
        ("manufacturer", declared.manufacturer.name if declared.manufacturer else None),
        *(("license", one.value) for one in licenses),
    )
    votes = tuple(
        Evidence(
            subject=key,
            claim=claim,
            value=value,
            detector=document.format,
            method="declared",
            grade="supporting",
            path=document.path,
            artifact=document.sha256,
            pointer=declared.pointer,
            input=document.input,
        )
        for claim, value in said
        if value
    )
    return Component(
        id=component_id(kind, key, declared.version, ecu),
        key=key,
        kind=kind,
        layer=LAYERS.get(kind, "middleware"),
        name=declared.name,
        ecu=ecu,
        version=declared.version,
        purl=declared.purl,
        cpe=declared.cpe,
        mpn=declared.mpn or (declared.name if kind == "chip" and NUMBERED.search(declared.name) else None),
        declared=True,
        supplier=declared.supplier,
        manufacturer=declared.manufacturer,
        declared_licenses=licenses,
        declared_origin=knowledge.country(declared.country_of_origin) if declared.country_of_origin else None,
        alternates=declared.alternates,
        quantity=declared.quantity,
        evidence=votes,
    )


class Observed:
    """Indexes over the components that were seen, to find what a declaration is about."""

    def __init__(
        self,
        components: dict[str, Component],
        files: dict[str, list[Evidence]],
        hashes: dict[str, str],
        knowledge: Knowledge,
    ) -> None:
        """Take the observed components by key, the ELF files nobody owns, and the paths by sha256."""
        self.components = components
        self.files = {path.rsplit("/", 1)[-1]: path for path in sorted(files, reverse=True)}
        self.hashes = hashes
        self.knowledge = knowledge
        self.by_purl = {bare(part.purl): key for key, part in components.items() if part.purl}
        self.by_soname = {part.soname: key for key, part in components.items() if part.soname}
        self.by_soname |= {part.soname.partition(".so")[0]: key for key, part in components.items() if part.soname}
        self.by_name = {part.name.casefold(): key for key, part in components.items()}
        self.by_path = {path: key for key, part in components.items() for path in part.paths}
        self.by_family: dict[str, list[str]] = {}
        for key, part in components.items():
            if part.kind == "chip" and (family := self.family(part)) is not None:
                self.by_family.setdefault(family, []).append(key)

    def family(self, part: Component) -> str | None:
        """Return the id of the chip family of a component."""
        name = part.key.partition(":")[2]
        record = (
            self.knowledge.chip_by_mpn(name.removeprefix("mpn:"))
            if name.startswith("mpn:")
            else self.knowledge.chip_by_compatible(name)
        )
        return record.id if record is not None else None

    def match(self, declared: Declared, made: Component) -> str | None:
        """Return the key of the observed component: same key, purl, hash, SONAME, path or chip family.

        Of several releases of a package it is the one declared. An edit distance never counts as a match.
        """
        found = self._match(declared, made)
        if found is None or not declared.version:
            return found
        package = found.removesuffix(f"@{self.components[found].version}")
        release = f"{package}@{declared.version}"
        return release if release in self.components else package if package in self.components else found

    def _match(self, declared: Declared, made: Component) -> str | None:
        for own in (terms.declared_key(declared, made.key, self.knowledge), made.key):
            if own in self.components:
                return own
        if declared.purl and (key := self.by_purl.get(bare(declared.purl))):
            return key
        for algorithm, value in declared.hashes:
            if algorithm.upper().replace("-", "") == "SHA256" and (path := self.hashes.get(value.lower())):
                return self.by_path.get(path)
        if key := self.by_soname.get(declared.name) or self.by_name.get(declared.name.casefold()):
            return key
        for path in declared.paths:
            if key := self.by_path.get(path.lstrip("/")):
                return key
        return self.chip(made) if made.kind == "chip" else None

    def chip(self, made: Component) -> str | None:
        """Return the key of the observed chip of the same family, or whose device-tree name opens the part number."""
        if (family := self.family(made)) is not None and len(same := self.by_family.get(family, [])) == 1:
            return same[0]
        number = (made.mpn or made.name).casefold()
        same = [
            key
            for key, part in self.components.items()
            if part.kind == "chip"
            and len(name := key.rpartition(",")[2].casefold()) >= SHORTEST_NAME
            and number.startswith(name)
        ]
        return same[0] if len(same) == 1 else None

    def subject(self, declared: Declared) -> str | None:
        """Return the key of the observed firmware that bears the name of a document's subject."""
        key = self.by_name.get(declared.name.casefold())
        return key if key is not None and self.components[key].kind == "firmware" else None

    def program(self, made: Component) -> str | None:
        """Return the path of the ELF file nobody owns that bears the declared name."""
        return self.files.get(made.name) if made.kind in SOFTWARE else None


def merge(seen: Component, said: Component) -> Component:
    """Join what was seen with what was declared about it: bytes decide what it is, both are kept."""
    version = seen.version or said.version
    kind = seen.kind if seen.kind != "library" or said.kind not in SOFTWARE else said.kind
    key = said.key if said.kind == "chip" else seen.key
    return msgspec.structs.replace(
        seen,
        id=component_id(kind, key, version, seen.ecu),
        key=key,
        kind=kind,
        layer=seen.layer if kind == seen.kind else said.layer,
        version=version,
        name=said.name if said.kind == "chip" else seen.name,
        purl=seen.purl or said.purl,
        cpe=seen.cpe or said.cpe,
        mpn=seen.mpn or said.mpn,
        declared=True,
        supplier=said.supplier,
        manufacturer=said.manufacturer,
        declared_licenses=said.declared_licenses,
        declared_origin=said.declared_origin,
        alternates=said.alternates,
        quantity=said.quantity,
        evidence=seen.evidence + said.evidence,
        contradictions=tuple(dict.fromkeys(seen.contradictions + said.contradictions + differences(seen, said))),
    )


def differences(seen: Component, said: Component) -> tuple[str, ...]:
    """Return what the document says otherwise than the bytes, one line each."""
    if seen.version and said.version and not same_version(seen.version, said.version):
        return (f"version: declared {said.version}, observed {seen.version}",)
    return ()


def join(
    seen: dict[str, Component],
    documents: Iterable[Document],
    ecu: str,
    files: dict[str, list[Evidence]],
    hashes: dict[str, str],
    lists: Iterable[Component],
    knowledge: Knowledge,
) -> tuple[list[Component], list[Comparison], dict[tuple[str, str], str]]:
    """Join declared and observed components of one controller.

    `files` are the ELF files nobody owns, by path: those that a declaration names by file name
    become its own, the rest one component of unidentified executables. `lists` are the components
    that the build's own manifests declare. Returns the components,
    the comparison rows (empty unless both sides exist), and the component id of each
    (document sha256, ref).
    """
    index = Observed(seen, files, hashes, knowledge)
    left = dict(files)
    joined = dict(seen)
    pairs: dict[str, tuple[Component | None, Component | None]] = {key: (part, None) for key, part in seen.items()}
    refs: list[tuple[tuple[str, str], str]] = []
    documents = tuple(documents)
    for made in lists:
        home = made.key if made.key in seen else index.by_name.get(made.name.casefold(), made.key)
        joined[home] = merge(joined[home], made) if home in joined else made
        pairs[home] = (pairs.get(home, (None, None))[0], made)
    for document in documents:
        rows_of = Rows()
        for declared in document.components:
            made = as_component(declared, document, ecu, knowledge)
            key = index.match(declared, made)
            if key is None and (path := index.program(made)) in left:
                joined[made.key] = named(made, left.pop(path))
                pairs[made.key] = (joined[made.key], None)
            key = key or unused(made, joined)
            found, (key, further) = key, rows_of.home(key, declared, made)
            before = joined.get(key)
            if before is not None and further:
                made = repeated(before, made)
            whole = made if before is None else merge(before, made)
            joined[key] = whole if key == found else told_apart(whole, key.removeprefix(found))
            pairs[key] = (pairs.get(key, (None, None))[0], made)
            if declared.ref:
                refs.append(((document.sha256, declared.ref), key))
        if document.subject is not None and (key := index.subject(document.subject)) in joined:
            del joined[key], pairs[key]  # the controller itself is not one of its parts
    for key, project in terms.covered(joined):
        said = msgspec.structs.replace(project, kind=terms.KIND, version=None, declared_licenses=(), evidence=())
        joined[key] = merge(joined[key], said)
        pairs[key] = (pairs[key][0], said)
    for key, part in observed.unidentified(left, ecu, knowledge).items():
        joined[key], pairs[key] = part, (part, None)
    rows = []
    if (seen or files) and any(document.format not in DESCRIPTIONS for document in documents):
        chips = any(said is not None and said.kind == "chip" for _, said in pairs.values())
        for key, (one, other) in pairs.items():
            if key != observed.OWN_PROGRAM and comparable(joined[key], chips):
                rows.append(compare(joined[key], one, other, knowledge))
    return list(joined.values()), rows, {ref: joined[key].id for ref, key in refs}


def named(made: Component, votes: list[Evidence]) -> Component:
    """Return the component that an ELF file of the declared name is: seen, without a version of its own."""
    facts = [
        msgspec.structs.replace(votes[0], subject=made.key, claim="name", value=made.name, method="file-name"),
        *votes,
    ]
    return msgspec.structs.replace(
        made,
        version=None,
        purl=None,
        cpe=None,
        declared=False,
        observed=True,
        supplier=None,
        manufacturer=None,
        declared_licenses=(),
        paths=tuple(sorted({vote.path for vote in votes})),
        evidence=tuple(sorted(facts, key=observed.order)),
    )


def comparable(component: Component, chips: bool) -> bool:
    """Tell whether declared against observed says something: chips only when the documents list chips."""
    return component.kind in SOFTWARE or (chips and component.kind == "chip" and component.observed)


def unused(made: Component, joined: dict[str, Component]) -> str:
    """Return a key for a declaration: its own, or with its version when another version has it."""
    before = joined.get(made.key)
    if before is None or not before.version or not made.version or same_version(before.version, made.version):
        return made.key
    return f"{made.key}@{made.version}"
