"""What SPDX 3 says about a document itself, and what its core profile demands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from auditor.identify.documents.cyclonedx_parts import text_or_none

if TYPE_CHECKING:
    from auditor.identify.documents.spdx3 import Graph

KINDS = {
    "software_Package": "library",
    "software_File": "file",
    "ai_AIPackage": "machine-learning-model",
    "dataset_DatasetPackage": "data",
    "dataset_Dataset": "data",
}


def ids(value: Any) -> list[str]:
    """Return the ids in a value: a text, an object with an id, or a list of those."""
    nodes = value if isinstance(value, list) else [value]
    found = [identity(node) if isinstance(node, dict) else node for node in nodes]
    return [one for one in found if isinstance(one, str) and one]


def identity(node: dict[str, Any]) -> str | None:
    """Return the id of an element."""
    return text_or_none(node.get("spdxId")) or text_or_none(node.get("@id"))


def kind_of(node: dict[str, Any]) -> str:
    """Return the type of an element without its name space."""
    value = node.get("type", node.get("@type", ""))
    value = value[0] if isinstance(value, list) and value else value
    return str(value).rsplit("/", 1)[-1].removeprefix("spdx:") if isinstance(value, str) else ""


def facts(graph: Graph) -> dict[str, bool]:
    """Return which document elements of the minimum elements are there."""
    made = [node for _, node in graph.elements if kind_of(node) == "CreationInfo"]
    tools = [one for node in made for one in ids(node.get("createdUsing"))]
    sboms = [node for _, node in graph.elements if kind_of(node) == "software_Sbom"]
    return {
        "author": any(ids(node.get("createdBy")) for node in made),
        "author-signature": False,
        "format-name": True,
        "format-version": any(node.get("specVersion") for node in made),
        "generation-context": any(node.get("software_sbomType") for node in sboms),
        "sbom-version": any(kind_of(node) == "SpdxDocument" for _, node in graph.elements),
        "timestamp": any(node.get("created") for node in made),
        "tool-name": bool(tools),
        "tool-version": any(any(part[:1].isdigit() for part in graph.name_of(one).split("-")) for one in tools),
    }


def violations(graph: Graph) -> Iterator[tuple[str, str | None]]:
    """Yield what the core profile demands and is not there: creation information, ids, agents, dates."""
    kinds = [kind_of(node) for _, node in graph.elements]
    if "CreationInfo" not in kinds and not any(isinstance(n.get("creationInfo"), dict) for _, n in graph.elements):
        yield "a CreationInfo is required", graph.base
    for (pointer, node), kind in zip(graph.elements, kinds, strict=True):
        if not kind:
            yield "type is required", pointer
        if kind == "CreationInfo":
            for key in ("created", "createdBy", "specVersion"):
                if not node.get(key):
                    yield f"{key} is required", pointer
        elif kind in KINDS or kind.endswith("Relationship") or kind == "SpdxDocument" or "spdxId" in node:
            one = identity(node)
            if one is None or one == f"_:{pointer}":
                yield "spdxId is required", pointer
            if "creationInfo" not in node:
                yield "creationInfo is required", pointer
