"""Facts of a CycloneDX component that have no field of their own: they become properties of the record."""

from __future__ import annotations

from typing import Any

PROVISIONAL = ("selfDevelopedProportion",)
"""Keys of drafts around GB/T 47020-2026; its final text was not read, so the mapping is provisional.
`supplierName` and `area` of a supplier are taken from there too."""


def other(node: dict[str, Any]) -> list[tuple[str, str]]:
    """Return facts without a field of their own as (name, value) pairs."""
    found: list[tuple[str, str]] = [
        (key, flat(node[key])) for key in ("isExternal", "scope", "versionRange") if key in node
    ]
    for one in objects(node.get("externalReferences")):
        found.append((f"externalReference:{flat(one.get('type'))}", flat(one.get("url"))))
    for one in objects(node.get("authors")):
        found.append(("author", flat(one.get("name"))))
    for key in ("omniborId", "swhid"):
        found += [(key, flat(one)) for one in items(node.get(key))]
    for key in PROVISIONAL:
        if key in node:
            found.append((f"provisional:{key}", flat(node[key])))
    for one in objects(node.get("disruptions")):
        found.append(("provisional:disruption", flat(one.get("description") or one.get("type"))))
    pedigree = node.get("pedigree")
    if isinstance(pedigree, dict):
        for key in ("ancestors", "descendants", "variants"):
            found += [
                (f"pedigree:{key}", flat(one.get("purl") or one.get("name"))) for one in objects(pedigree.get(key))
            ]
    card = node.get("modelCard")
    if isinstance(card, dict):
        found += model_card(card)
    for one in objects(node.get("data")):
        found += [(f"data:{key}", flat(one[key])) for key in ("type", "name", "classification") if key in one]
        found += [("data:sensitiveData", flat(value)) for value in items(one.get("sensitiveData"))]
        governance = one.get("governance")
        for owner in objects(governance.get("owners") if isinstance(governance, dict) else None):
            organization = owner.get("organization")
            if isinstance(organization, dict):
                found.append(("data:owner", flat(organization.get("name"))))
    return found


def model_card(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a model card says about the model and the data it was trained on."""
    found: list[tuple[str, str]] = []
    parameters = card.get("modelParameters")
    if not isinstance(parameters, dict):
        return found
    for key in ("task", "architectureFamily", "modelArchitecture"):
        if key in parameters:
            found.append((f"modelCard:{key}", flat(parameters[key])))
    approach = parameters.get("approach")
    if isinstance(approach, dict) and "type" in approach:
        found.append(("modelCard:approach", flat(approach["type"])))
    for one in objects(parameters.get("datasets")):
        found.append(("modelCard:dataset", flat(one.get("ref") or one.get("name"))))
    return found


def flat(value: Any) -> str:
    """Return a scalar as JSON writes it, a container by its kind."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float, str)) else type(value).__name__


def items(nodes: Any) -> list[Any]:
    """Return a list as it is, nothing for anything else (which the schema check reports)."""
    return nodes if isinstance(nodes, list) else []


def objects(nodes: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, nothing when it is none."""
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
