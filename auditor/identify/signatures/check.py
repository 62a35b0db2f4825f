"""Run the examples inside the signatures and look for patterns that nothing proves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from auditor.identify.signatures.index import Index, build
from auditor.identify.signatures.load import SignatureFault, load
from auditor.identify.signatures.match import Facts, Hit, find
from auditor.identify.signatures.record import Signature, Symbols, Test, Text


class Failure(msgspec.Struct, frozen=True, order=True):
    """A signature whose own example does not come out as it says."""

    signature: str
    example: int
    """Number of the example, from 1; 0 = the signature as a whole."""
    message: str


def check_signatures(folder: Path | None = None) -> list[Failure]:
    """Load and compile all signatures, run their examples; the shipped ones unless a folder is given."""
    try:
        signatures = load(folder)
        index = build(signatures)
    except SignatureFault as fault:
        return [Failure(fault.file, 0, fault.message)]
    failures = [failure for signature in signatures for failure in _check(index, signature)]
    return sorted(failures)


def _check(index: Index, signature: Signature) -> Iterator[Failure]:
    if not signature.tests:
        yield Failure(signature.id, 0, "has no example")
    for name in _unknown_references(index, signature):
        yield Failure(signature.id, 0, f"refers to {name!r}, which nothing is called")
    for number, test in enumerate(signature.tests, 1):
        message = run(index, signature, test)
        if message:
            yield Failure(signature.id, number, message)


def run(index: Index, signature: Signature, test: Test) -> str | None:
    """Run one example; return what is wrong, None when it comes out as expected."""
    data = (test.bytes or "").encode("latin-1")
    program = test.elf and bool(test.soname or test.file)
    facts = Facts(
        name=test.file or test.soname,
        elf=test.elf,
        program=program,
        bare_metal=test.bare_metal,
        soname=test.soname,
        symbols=frozenset(test.symbols),
        nodes=test.nodes,
    )
    hits = [hit for hit in find(index, facts, memoryview(data)) if hit.component == signature.id]
    strong = [hit for hit in hits if hit.grade != "weak"]
    if not test.match:
        return f"must not match, but did: {_show(strong)}" if strong else None
    if not hits:
        return "does not match"
    versions = sorted({hit.version for hit in hits if hit.version})
    expected = [test.version] if test.version else []
    if versions != expected:
        return f"expected version {test.version or 'none'}, got {', '.join(versions) or 'none'}"
    ranges = sorted({hit.range for hit in hits if hit.range})
    if test.range is not None and test.range not in ranges:
        return f"expected range {test.range}, got {', '.join(ranges) or 'none'}"
    if test.role and all(hit.role != test.role for hit in hits):
        return f"expected role {test.role}, got {_show(hits)}"
    return None


def _show(hits: list[Hit]) -> str:
    return ", ".join(f"{hit.method} {hit.grade} {hit.role} {hit.version or ''}".strip() for hit in hits)


def _unknown_references(index: Index, signature: Signature) -> Iterator[str]:
    known = {f"{other.id}/{entry.id}" for other in index.signatures for entry in _entries(other)}
    known |= set(index.by_id) | {f"{key}/name" for key in index.by_id}
    for entry in _entries(signature):
        for name in (*entry.requires, *entry.excludes):
            if name not in known and f"{signature.id}/{name}" not in known:
                yield name


def _entries(signature: Signature) -> list[Text | Symbols]:
    return [*signature.texts, *signature.symbols]
