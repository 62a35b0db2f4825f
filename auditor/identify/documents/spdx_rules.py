"""What SPDX 2.2 and 2.3 demand of a document, where it can be decided from the tree (clauses 6, 7, 8, 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from auditor.identify.documents.cyclonedx_other import objects
from auditor.identify.documents.cyclonedx_parts import where

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
CREATOR = re.compile(r"(?:Person|Organization|Tool): ?\S.*", re.DOTALL)
IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
REQUIRED = ("SPDXID", "name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText")
"""What a package has; the last three only until 2.2."""
NONE: list[Any] = []
REFERENCE = ("referenceCategory", "referenceType", "referenceLocator")
ALGORITHMS = frozenset(
    {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "MD2", "MD4", "MD5", "MD6", "SHA3-256", "SHA3-384", "SHA3-512"}
    | {"BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE2B-256", "BLAKE2B-384", "BLAKE2B-512", "BLAKE3", "ADLER32"}
)
TYPES = frozenset(
    {"DESCRIBES", "DESCRIBED_BY", "CONTAINS", "CONTAINED_BY", "DEPENDS_ON", "DEPENDENCY_OF", "DEPENDENCY_MANIFEST_OF"}
    | {"BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF", "OTHER"}
    | {"TEST_DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "EXAMPLE_OF", "GENERATES", "GENERATED_FROM", "ANCESTOR_OF"}
    | {"DESCENDANT_OF", "VARIANT_OF", "DISTRIBUTION_ARTIFACT", "PATCH_FOR", "PATCH_APPLIED", "COPY_OF", "FILE_ADDED"}
    | {"FILE_DELETED", "FILE_MODIFIED", "EXPANDED_FROM_ARCHIVE", "DYNAMIC_LINK", "STATIC_LINK", "DATA_FILE_OF"}
    | {"TEST_CASE_OF", "BUILD_TOOL_OF", "DEV_TOOL_OF", "TEST_OF", "TEST_TOOL_OF", "DOCUMENTATION_OF", "AMENDS"}
    | {"OPTIONAL_COMPONENT_OF", "METAFILE_OF", "PACKAGE_OF", "PREREQUISITE_FOR", "HAS_PREREQUISITE"}
    | {"REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR"}
)


def violations(tree: dict[str, Any], version: str, base: str) -> Iterator[tuple[str, str | None]]:
    """Yield (message, place) for each demand that is not met."""
    for key in ("SPDXID", "name", "dataLicense", "documentNamespace"):
        if not isinstance(tree.get(key), str) or not tree[key]:
            yield f"{key} is required", base or "/"
    if tree.get("SPDXID", "SPDXRef-DOCUMENT") != "SPDXRef-DOCUMENT":
        yield "the document's SPDXID is SPDXRef-DOCUMENT", f"{base}/SPDXID"
    if tree.get("dataLicense", "CC0-1.0") != "CC0-1.0":
        yield "dataLicense is CC0-1.0", f"{base}/dataLicense"
    if not ADDRESS.fullmatch(str(tree.get("documentNamespace", "x:y"))):
        yield "documentNamespace is an absolute URI without #", f"{base}/documentNamespace"
    yield from creation(tree.get("creationInfo"), f"{base}/creationInfo")
    required = REQUIRED if version in ("2.1", "2.2") else REQUIRED[:3]
    for index, node in enumerate(objects(tree.get("packages"))):
        if not (type(node) is dict and orderly(node, required)):
            yield from package(node, where(node, f"{base}/packages/{index}"), required)
    for index, node in enumerate(objects(tree.get("files"))):
        yield from file(node, where(node, f"{base}/files/{index}"))
    for index, node in enumerate(objects(tree.get("relationships"))):
        if str(node.get("relationshipType")) not in TYPES:
            yield "unknown relationshipType", where(node, f"{base}/relationships/{index}")


def creation(info: Any, pointer: str) -> Iterator[tuple[str, str | None]]:
    """Check the creation information."""
    if not isinstance(info, dict):
        yield "creationInfo is required", pointer
        return
    if not DATE.fullmatch(str(info.get("created", ""))):
        yield "created is YYYY-MM-DDThh:mm:ssZ", f"{pointer}/created"
    creators = info.get("creators")
    if not isinstance(creators, list) or not creators:
        yield "at least one creator is required", f"{pointer}/creators"
        return
    for index, creator in enumerate(creators):
        if not isinstance(creator, str) or not CREATOR.fullmatch(creator):
            yield "a creator is a Person, Organization or Tool", f"{pointer}/creators/{index}"


def orderly(node: dict[str, Any], required: tuple[str, ...]) -> bool:
    """Tell quickly that nothing is wrong with a package; False means: look closer."""
    get = node.get
    for key in required:
        if type(value := get(key)) is not str or not value:
            return False
    checksums, references = get("checksums", NONE), get("externalRefs", NONE)
    if not type(checksums) is type(references) is list:
        return False
    for one in checksums:
        if type(one) is not dict or type(name := one.get("algorithm")) is not str or name not in ALGORITHMS:
            return False
    for one in references:
        if type(one) is not dict:
            return False
        take = one.get
        if not type(take(REFERENCE[0])) is type(take(REFERENCE[1])) is type(take(REFERENCE[2])) is str:
            return False
    return IDENTIFIER.fullmatch(node["SPDXID"]) is not None


def package(node: dict[str, Any], pointer: str, required: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Check one package."""
    for key in required:
        if not isinstance(node.get(key), str) or not node[key]:
            yield f"{key} is required", pointer
    yield from common(node, pointer)
    for index, one in enumerate(objects(node.get("externalRefs"))):
        for key in REFERENCE:
            if not isinstance(one.get(key), str):
                yield f"{key} is required", f"{pointer}/externalRefs/{index}"


def file(node: dict[str, Any], pointer: str) -> Iterator[tuple[str, str | None]]:
    """Check one file."""
    if not isinstance(node.get("fileName"), str):
        yield "fileName is required", pointer
    if not any(one.get("algorithm") == "SHA1" for one in objects(node.get("checksums"))):
        yield "a SHA1 checksum is required", pointer
    yield from common(node, pointer)


def common(node: dict[str, Any], pointer: str) -> Iterator[tuple[str, str | None]]:
    """Check what packages and files share."""
    if not IDENTIFIER.fullmatch(str(node.get("SPDXID", "SPDXRef-x"))):
        yield "SPDXID is SPDXRef- with letters, digits, . and -", f"{pointer}/SPDXID"
    for index, one in enumerate(objects(node.get("checksums"))):
        if str(one.get("algorithm")) not in ALGORITHMS:
            yield "unknown checksum algorithm", f"{pointer}/checksums/{index}"
