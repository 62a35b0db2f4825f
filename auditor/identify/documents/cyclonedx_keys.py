"""The keys of CycloneDX 1.2 to 1.7; anything else in these places is counted as unknown."""

from __future__ import annotations

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")

# fmt: off
BOM = frozenset(
    {
        "$schema", "annotations", "bomFormat", "citations", "components", "compositions", "declarations",
        "definitions", "dependencies", "externalReferences", "formulation", "metadata", "properties",
        "serialNumber", "services", "signature", "specVersion", "version", "vulnerabilities"
    }
)
PLAIN = frozenset(
    {
        "author", "bom-ref", "components", "copyright", "cpe", "description", "group", "hashes", "licenses",
        "manufacturer", "mime-type", "modified", "name", "publisher", "purl", "supplier", "type", "version"
    }
)
"""Keys of a component that the short way through the mapper handles."""
WITHOUT_RULES = frozenset(
    {"application", "container", "firmware", "framework", "library", "operating-system", "platform"}
)
"""Types of which nothing but the type follows."""
SHORT = PLAIN | {"properties", "evidence"}
"""With these keys a component has nothing that becomes a property."""
COMPONENT = PLAIN | frozenset(
    {
        "authors", "cryptoProperties", "data", "evidence", "externalReferences", "isExternal", "modelCard",
        "omniborId", "patentAssertions", "pedigree", "properties", "releaseNotes", "scope", "signature",
        "swhid", "swid", "tags", "versionRange"
    }
)
SERVICE = frozenset(
    {
        "authenticated", "bom-ref", "data", "description", "endpoints", "externalReferences", "group",
        "licenses", "name", "patentAssertions", "properties", "provider", "releaseNotes", "services",
        "signature", "tags", "trustZone", "version", "x-trust-boundary"
    }
)
# fmt: on
