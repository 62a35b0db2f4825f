"""What users may call a component in waivers, assertions and answers."""

from __future__ import annotations

from auditor.model import Component


def called(component: Component) -> set[str]:
    """Return its name, key, purl (with and without version), CPE, part number and `name@version`."""
    names = {component.name, component.key, component.cpe or "", component.mpn or "", component.purl or ""}
    if component.purl:
        bare = component.purl.partition("?")[0]
        names |= {bare, bare.rpartition("@")[0]}
    if component.version:
        names.add(f"{component.name}@{component.version}")
    return names - {""}
