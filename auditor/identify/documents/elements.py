"""Minimum elements of a bill of materials, each present, declared unknown or missing.

The names are those of the 2026 minimum elements of CISA and its partners: nine about the document,
eight about its components. Declared unknown is not missing. What other standards ask for stands in `element_sets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from auditor.identify.documents.cyclonedx_other import items, objects
from auditor.model import Declared

PRESENT, UNKNOWN, MISSING = "present", "declaredUnknown", "missing"
UNKNOWN_TEXTS = frozenset({"noassertion", "unknown", "not known", "n/a"})
SAID_UNKNOWN: dict[str, Callable[[Declared], bool]] = {
    "producer": lambda one: "supplier" in one.unknowns or "manufacturer" in one.unknowns,
    "name": lambda one: "name" in one.unknowns,
    "version": lambda one: one.version is not None or "version" in one.unknowns,
    "identifiers": lambda one: "mpn" in one.unknowns,
    "hash": lambda one: False,
    "license": lambda one: "license" in one.unknowns,
}
"""Whether a component that lacks an element says that it is not known."""


def cyclonedx_facts(tree: Mapping[str, Any]) -> dict[str, bool]:
    """Return which document elements a CycloneDX tree has."""
    metadata = tree.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    tools = metadata.get("tools")
    named = objects(tools.get("components")) if isinstance(tools, dict) else objects(tools)
    return {
        "author": any(metadata.get(key) for key in ("authors", "manufacturer", "manufacture", "supplier")),
        "author-signature": bool(tree.get("signature") or tree.get("Signature")),
        "format-name": True,
        "format-version": bool(tree.get("specVersion")),
        "generation-context": bool(metadata.get("lifecycles")),
        "sbom-version": "version" in tree,
        "timestamp": bool(metadata.get("timestamp")),
        "tool-name": any(tool.get("name") for tool in named),
        "tool-version": any(tool.get("version") for tool in named),
    }


def spdx_facts(tree: Mapping[str, Any]) -> dict[str, bool]:
    """Return which document elements an SPDX 2 tree has; there is no field for a signature."""
    info = tree.get("creationInfo")
    info = info if isinstance(info, dict) else {}
    creators = [str(one).strip() for one in items(info.get("creators"))]
    tools = [one[5:].strip() for one in creators if one.lower().startswith("tool:")]
    return {
        "author": any(one.lower().startswith(("person:", "organization:")) for one in creators),
        "author-signature": False,
        "format-name": True,
        "format-version": bool(tree.get("spdxVersion")),
        "generation-context": "sbom type" in str(info.get("comment", "")).lower(),
        "sbom-version": bool(tree.get("documentNamespace")),
        "timestamp": bool(info.get("created")),
        "tool-name": bool(tools),
        "tool-version": any(any(part[:1].isdigit() for part in tool.replace("-v", "-").split("-")) for tool in tools),
    }


def measure(
    facts: Mapping[str, bool], components: Sequence[Declared], linked: Iterable[str], whole: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return every element with its outcome, sorted by name.

    A component element is present when every component has it, declared unknown when those that lack
    it say so, else missing. `linked` are the refs with a dependency entry; `whole` says that
    the document declares its dependencies unknown.
    """
    found = {name: PRESENT if has else MISSING for name, has in facts.items()}
    real = [one for one in components if one.type not in ("file", "service")] or list(components)
    for name, outcome in outcomes(real).items():
        for element in ("hash-value", "hash-algorithm") if name == "hash" else (name,):
            found[element] = outcome
    refs = set(linked)
    has_all = bool(real) and refs.issuperset([one.ref for one in real])
    found["dependency"] = PRESENT if has_all else UNKNOWN if whole else MISSING
    return tuple(sorted(found.items()))


def outcomes(components: Sequence[Declared]) -> dict[str, str]:
    """Return the outcome of each element of components, all of them together, in one pass."""
    lacking: dict[str, list[Declared]] = {name: [] for name in SAID_UNKNOWN}
    producer, names, version, identifiers, hashes, licenses = (lacking[name].append for name in SAID_UNKNOWN)
    for one in components:
        if not (one.supplier or one.manufacturer or one.publisher):
            producer(one)
        if not one.name:
            names(one)
        if (text := one.version) is None or (not text[:1].isdigit() and text.lower() in UNKNOWN_TEXTS):
            version(one)
        if not (one.purl or one.cpe or one.mpn):
            identifiers(one)
        if not one.hashes:
            hashes(one)
        if not one.licenses or (one.unknowns and "license" in one.unknowns):
            licenses(one)
    found = {}
    for name, those in lacking.items():
        said = all(SAID_UNKNOWN[name](one) for one in those)
        found[name] = MISSING if not components or not said else UNKNOWN if those else PRESENT
    return found
