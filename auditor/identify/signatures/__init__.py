"""Signatures: what tells a component from its bytes, symbols and names; data in `rules/signatures`."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from auditor.identify.signatures.index import shipped
from auditor.identify.signatures.record import Signature

__all__ = ["component_key", "describe", "system_names", "warm"]


def warm() -> None:
    """Load or compile the database of all patterns: before a process locks itself in."""
    _ = shipped().engine


def describe(key: str) -> Signature | None:
    """Return the signature of a component key, None when no signature knows it."""
    return shipped().by_id.get(key)


def system_names(kinds: Collection[str]) -> list[str]:
    """Return the names of the components of some kinds that are looked for, sorted."""
    return sorted(signature.name for signature in shipped().signatures if signature.kind in kinds)


@cache
def component_key(subject: str) -> str | None:
    """Return the component key behind a vote's subject, None when no signature claims it.

    `soname:libssl.so.3` and `deb:libssl3` both belong to `openssl`; a key that is a component
    key already is returned as it is.
    """
    scheme, colon, name = subject.partition(":")
    index = shipped()
    if not colon:
        return subject if subject in index.by_id else None
    if scheme == "soname":
        return index.key_of_soname(name)
    if scheme in ("deb", "opkg", "apk", "rpm"):
        return index.key_of_package(name)
    return None
