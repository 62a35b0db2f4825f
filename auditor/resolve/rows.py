"""Which rows of one document are about the same component: those that share an identifier, never a name alone."""

from __future__ import annotations

import re

import msgspec

from auditor.model import Component, Declared
from auditor.resolve.identity import autosar_vendor, component_id

INTERNAL_NUMBER = "part-list:part"
"""The property in which a part list gives its own number of a part."""


def bare(purl: str) -> str:
    """Return a package URL without version, qualifiers and subpath."""
    return re.split(r"[@?#]", purl, maxsplit=1)[0]


class Rows:
    """The rows of one document by the component they are about."""

    def __init__(self) -> None:
        self.homes: set[str] = set()
        self.names: set[tuple[str, str]] = set()
        self.identified: dict[tuple[str, str], str] = {}

    def home(self, key: str, declared: Declared, made: Component) -> tuple[str, bool]:
        """Return the key under which a row belongs that `key` was found for, and whether others stand there.

        A row with a name that was there before and no identifier in common with it is a component of its own,
        told apart by its ref, else by its place.
        """
        known = [(key, one) for one in _identifiers(declared, made)]
        name = (key, declared.name.casefold())
        home = next((self.identified[one] for one in known if one in self.identified), None)
        if home is None:
            home = f"{key}#{declared.ref or declared.pointer}" if name in self.names else key
            if home != key and home in self.homes:
                home = f"{home}#{declared.pointer}"
        further = home in self.homes
        self.names.add(name)
        self.homes.add(home)
        for one in known:
            self.identified.setdefault(one, home)
        return home, further


def _identifiers(declared: Declared, made: Component) -> list[str]:
    """Return what tells a component from others of its name."""
    found = [f"hash {value.lower()}" for _, value in declared.hashes]
    found += [f"number {value}" for name, value in declared.properties if name == INTERNAL_NUMBER]
    if declared.purl:
        found.append(bare(declared.purl))
    if declared.cpe:
        found.append(declared.cpe)
    if declared.mpn or autosar_vendor(declared):
        found.append(f"key {made.key}")
    return found


def told_apart(component: Component, suffix: str) -> Component:
    """Return a component with an id of its own beside the others of its name."""
    key = f"{component.key}{suffix}"
    own = component_id(component.kind, key, component.version, component.ecu)
    return msgspec.structs.replace(component, id=own)


def repeated(before: Component, made: Component) -> Component:
    """Return a further row of one document about a component: quantities add up, another maker contradicts."""
    counts = [one for one in (before.quantity, made.quantity) if one is not None]
    first, second = before.manufacturer, made.manufacturer
    troubles: tuple[str, ...] = ()
    if first and second and first.name.casefold() != second.name.casefold():
        troubles = (f"manufacturer: declared {first.name!r} and {second.name!r}",)
    return msgspec.structs.replace(
        made,
        quantity=sum(counts) if counts else None,
        manufacturer=first or second,
        supplier=before.supplier or made.supplier,
        declared_origin=before.declared_origin or made.declared_origin,
        declared_licenses=tuple(dict.fromkeys((*before.declared_licenses, *made.declared_licenses))),
        alternates=tuple(dict.fromkeys((*before.alternates, *made.alternates))),
        contradictions=tuple(dict.fromkeys((*made.contradictions, *troubles))),
    )
