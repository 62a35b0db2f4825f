"""The elements of an SPDX 3 document, wherever they stand: in the graph, or whole inside other elements."""

from __future__ import annotations

from typing import Any

from auditor.identify.documents.notes import Notes, shown
from auditor.identify.documents.spdx3_rules import KINDS, identity, kind_of

WHOLE = frozenset(KINDS) | {"CreationInfo", "SpdxDocument", "Bom", "Bundle", "software_Sbom", "software_Snippet"}
"""Kinds that are an element although they have no id."""
ENDINGS = ("Relationship", "Agent", "Person", "Organization", "Tool", "LicenseExpression", "License")
"""Ends of the names of further such kinds."""


def collect(nodes: list[tuple[str, Any]], notes: Notes) -> list[tuple[str, dict[str, Any]]]:
    """Return (pointer, element) in document order, those embedded in another right after it.

    An embedded element without an id gets a blank one of its pointer (`_:/@graph/0/element/2`), so that what
    embeds it refers to it. What repeats an element of the same id and says nothing new is left out.
    """
    found: list[tuple[str, dict[str, Any]]] = []
    known = {one: node for _, node in nodes if isinstance(node, dict) and (one := identity(node)) is not None}
    waiting = [(pointer, node, False) for pointer, node in reversed(nodes)]
    while waiting:
        pointer, node, inside = waiting.pop()
        if not isinstance(node, dict):
            if not inside:
                notes.add("wrong-type", f"expected an object, found {shown(node)}", pointer)
            continue
        if not inside or is_element(node):
            if inside and identity(node) is None and kind_of(node) != "CreationInfo":
                node["@id"] = f"_:{pointer}"
            one = identity(node)
            before = known.setdefault(one, node) if one is not None else node
            if not inside or before is node or any(before.get(key) != value for key, value in node.items()):
                found.append((pointer, node))
        waiting += reversed(_inner(pointer, node))
    return found


def _inner(pointer: str, node: dict[str, Any]) -> list[tuple[str, Any, bool]]:
    """Return the objects among the values of a node."""
    found: list[tuple[str, Any, bool]] = []
    for key, value in node.items():
        if isinstance(value, dict):
            found.append((f"{pointer}/{key}", value, True))
        elif isinstance(value, list):
            found += [(f"{pointer}/{key}/{at}", one, True) for at, one in enumerate(value) if isinstance(one, dict)]
    return found


def is_element(node: dict[str, Any]) -> bool:
    """Tell whether an embedded object is a whole element: a reference has an id and nothing else."""
    if identity(node) is not None:
        return len(node) > 1
    kind = kind_of(node)
    return kind in WHOLE or kind.endswith(ENDINGS)
