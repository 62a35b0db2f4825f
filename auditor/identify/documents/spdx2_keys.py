"""The words of SPDX 2: versions, actors, purposes, relationships that are dependencies, and known keys."""

from __future__ import annotations

import re
from typing import Any

from auditor.identify.documents.cyclonedx_other import objects

VERSION = re.compile(r"SPDX-(2\.[1-3])(?:\.[0-9]+)?")
ACTOR = re.compile(r"(Person|Organization|Tool)\s*:\s*([^()]*?)\s*(?:\(([^()]*)\)?)?\s*", re.IGNORECASE)
NOTHING = (None, "", "NONE", "NOASSERTION")
UNKNOWN = frozenset({"NOASSERTION", "NOASSERT", "UNKNOWN"})
TYPES = {
    "APPLICATION": "application",
    "FRAMEWORK": "framework",
    "CONTAINER": "container",
    "OPERATING-SYSTEM": "operating-system",
    "OPERATING_SYSTEM": "operating-system",
    "DEVICE": "device",
    "FIRMWARE": "firmware",
    "FILE": "file",
}
FORWARD = frozenset({"DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK", "HAS_PREREQUISITE"})
BACKWARD = frozenset(
    {"DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"}
    | {"OPTIONAL_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF", "PREREQUISITE_FOR"}
)
DOCUMENT_KEYS = frozenset(
    {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "files"}
    | {"snippets", "relationships", "documentDescribes", "externalDocumentRefs", "hasExtractedLicensingInfos"}
    | {"annotations", "comment", "revieweds", "$schema"}
)
PACKAGE_KEYS = frozenset(
    {"SPDXID", "name", "versionInfo", "packageFileName", "supplier", "originator", "downloadLocation"}
    | {"filesAnalyzed", "packageVerificationCode", "checksums", "homepage", "sourceInfo", "licenseConcluded"}
    | {"licenseInfoFromFiles", "licenseDeclared", "licenseComments", "copyrightText", "summary", "description"}
    | {"comment", "externalRefs", "attributionTexts", "annotations", "primaryPackagePurpose", "releaseDate"}
    | {"builtDate", "validUntilDate", "hasFiles"}
)


def unwrapped(tree: dict[str, Any], base: str) -> tuple[dict[str, Any], str]:
    """Take an SPDX 2.1 document out of `Document`, and its packages out of `documentDescribes`."""
    inner = tree.get("Document")
    if "spdxVersion" in tree or not isinstance(inner, dict):
        return tree, base
    described = inner.get("documentDescribes")
    packages = [one["Package"] for one in objects(described) if isinstance(one.get("Package"), dict)]
    if packages and "packages" not in inner:
        inner = {**inner, "packages": packages, "documentDescribes": [one.get("SPDXID") for one in packages]}
        for index, one in enumerate(packages):
            inner["packages"][index] = {"SPDXID": one.get("id"), **one}
    return inner, f"{base}/Document"
