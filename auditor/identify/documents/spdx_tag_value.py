"""SPDX 2 tag-value: a linear reader, line by line, into the shape of SPDX JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from auditor.identify.documents import json_text, sniffing, spdx2
from auditor.identify.documents.cyclonedx_parts import Located
from auditor.identify.documents.notes import Notes, Unreadable, shown
from auditor.identify.sample import Sample
from auditor.model import Document

NAME = "spdx-tag-value"
TITLE = "SPDX 2.1 to 2.3, tag-value"

MARKER = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*)?\n){0,200}+[ \t]*SPDXVersion[ \t]*:")
ANYWHERE = re.compile(rb"^SPDXVersion[ \t]*:[ \t]*SPDX-", re.MULTILINE)
WORD = re.compile(rb"SPDXVersion")
TAG = re.compile(r"[ \t]*([A-Za-z]+)[ \t]*:[ \t]*(.*)")
OPEN, CLOSE = "<text>", "</text>"
REFERENCE = re.compile(r"(\S+)\s+(\S+)\s+(\S.*)")
CHECKSUM = re.compile(r"([A-Za-z0-9-]+)\s*:\s*([0-9A-Fa-f]+)")
RELATIONSHIP = re.compile(r"(\S+)\s+(\S+)\s+(\S+)")

DOCUMENT_TAGS = {
    "SPDXVersion": "spdxVersion",
    "DataLicense": "dataLicense",
    "DocumentName": "name",
    "DocumentNamespace": "documentNamespace",
    "DocumentComment": "comment",
}
PACKAGE_TAGS = {
    "PackageVersion": "versionInfo",
    "PackageFileName": "packageFileName",
    "PackageSupplier": "supplier",
    "PackageOriginator": "originator",
    "PackageDownloadLocation": "downloadLocation",
    "FilesAnalyzed": "filesAnalyzed",
    "PackageHomePage": "homepage",
    "PackageSourceInfo": "sourceInfo",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PackageLicenseComments": "licenseComments",
    "PackageCopyrightText": "copyrightText",
    "PackageSummary": "summary",
    "PackageDescription": "description",
    "PackageComment": "comment",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
    "ReleaseDate": "releaseDate",
    "BuiltDate": "builtDate",
    "ValidUntilDate": "validUntilDate",
}
FILE_TAGS = {"LicenseConcluded": "licenseConcluded", "FileCopyrightText": "copyrightText"}
SECTIONS = {"PackageName": "packages", "FileName": "files", "SnippetSPDXID": "snippets", "LicenseID": "licenses"}
LISTED = {"Creator": "creators", "Created": "created", "CreatorComment": "comment"}
KNOWN = frozenset(
    {"PackageVerificationCode", "PackageLicenseInfoFromFiles", "ExternalRefComment", "PackageAttributionText"}
    | {"FileType", "LicenseInfoInFile", "LicenseComments", "FileNotice", "FileComment", "FileContributor"}
    | {"FileAttributionText", "LicenseName", "LicenseCrossReference", "LicenseComment", "ExtractedText"}
    | {"RelationshipComment", "Annotator", "AnnotationDate", "AnnotationType", "AnnotationComment", "SPDXREF"}
    | {"SnippetFromFileSPDXID", "SnippetByteRange", "SnippetLineRange", "SnippetLicenseConcluded", "SnippetName"}
    | {"SnippetLicenseComments", "SnippetCopyrightText", "SnippetComment", "LicenseInfoInSnippet"}
    | {"LicenseListVersion", "ExternalDocumentRef", "Reviewer", "ReviewDate", "ReviewComment", "FileDependency"}
    | {"ArtifactOfProjectName", "ArtifactOfProjectHomePage", "ArtifactOfProjectURI", "SnippetAttributionText"}
    | FILE_TAGS.keys()
    | LISTED.keys()
)


def sniff(sample: Sample) -> bool:
    """Tell whether the first tag of a text is `SPDXVersion`, or one of its lines names a version."""
    head = sniffing.head_of(sample)
    if not head or head.lstrip()[:1] in (b"{", b"[", b"<"):
        return False
    if MARKER.match(head) is not None:
        return True
    return WORD.search(sample.view.data) is not None and ANYWHERE.search(sample.view.data) is not None


def read(sample: Sample) -> Document:
    """Read the document; raises Unreadable."""
    limits = sample.limits
    if sample.view.size > limits.document_size:
        most = limits.document_size
        raise Unreadable("limit-document-size", "exceeds document-size", most, limit="document-size", value=most)
    notes = Notes()
    data = json_text.decode(sample.data, notes, "SPDX")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        notes.add("encoding", "not valid UTF-8, read as ISO 8859-1", offset=error.start)
        text = data.decode("latin-1")
    tree = build(tags(text, notes), notes)
    return spdx2.check(tree, "", spdx2.map_document(tree, "", notes, limits, NAME))


def tags(text: str, notes: Notes) -> Iterator[tuple[int, str, str]]:
    """Yield (line, tag, value); a value in `<text>` may span lines. One pass, no backtracking."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\r")
        at += 1
        match = TAG.match(line)
        if match is None:
            if line.strip() and not line.lstrip().startswith("#"):
                notes.add("bad-line", f"no tag: {shown(line.strip())}", f"line {at}")
            continue
        tag, value = match[1], match[2].rstrip()
        start = at
        if value.startswith(OPEN):
            first = value[len(OPEN) :]
            held = [first]
            while CLOSE not in held[-1] and at < len(lines):
                held.append(lines[at].rstrip("\r"))
                at += 1
            if CLOSE not in held[-1]:
                notes.add("truncated", "a <text> without </text>", f"line {start}")
            held[-1] = held[-1].split(CLOSE, 1)[0]
            value = "\n".join(held)
        yield start, tag, value


def build(found: Iterator[tuple[int, str, str]], notes: Notes) -> dict[str, Any]:
    """Build the tree from the tags."""
    tree: dict[str, Any] = {"packages": [], "files": [], "snippets": [], "licenses": [], "relationships": []}
    info: dict[str, Any] = {"creators": []}
    node: dict[str, Any] = tree
    for line, tag, value in found:
        section = SECTIONS.get(tag)
        if section is not None:
            node = Located()
            node.place = f"line {line}"
            tree[section].append(node)
            if section in ("packages", "files"):
                node["name" if section == "packages" else "fileName"] = value
            if section == "snippets":
                node["SPDXID"] = value
        elif tag == "SPDXID":
            owner = node if "SPDXID" not in node else tree
            owner["SPDXID"] = value
        elif tag == "Relationship":
            relationship(tree, line, value, notes)
        elif tag in DOCUMENT_TAGS:
            tree[DOCUMENT_TAGS[tag]] = value
        elif tag in PACKAGE_TAGS and "name" in node:
            node[PACKAGE_TAGS[tag]] = value
        elif tag in ("ExternalRef", "PackageChecksum", "FileChecksum"):
            detail(node, tag, line, value, notes)
        elif tag == "Creator":
            info["creators"].append(value)
        elif tag in LISTED:
            info[LISTED[tag]] = value
        elif tag in FILE_TAGS:
            node[FILE_TAGS[tag]] = value
        elif tag not in KNOWN:
            notes.unknown_keys += 1
    tree.pop("licenses")
    tree["creationInfo"] = info
    return tree


def relationship(tree: dict[str, Any], line: int, value: str, notes: Notes) -> None:
    """Take a relationship."""
    match = RELATIONSHIP.match(value)
    if match is None:
        notes.add("bad-relationship", f"no relationship: {shown(value)}", f"line {line}")
        return
    node = Located()
    node.place = f"line {line}"
    node["spdxElementId"], node["relationshipType"], node["relatedSpdxElement"] = match.groups()
    tree["relationships"].append(node)


def detail(node: dict[str, Any], tag: str, line: int, value: str, notes: Notes) -> None:
    """Take an external reference or a checksum of the package or file before it."""
    if tag == "ExternalRef":
        match = REFERENCE.match(value)
        if match:
            reference = {"referenceCategory": match[1], "referenceType": match[2], "referenceLocator": match[3]}
            node.setdefault("externalRefs", []).append(reference)
            return
        notes.add("bad-reference", f"no reference: {shown(value)}", f"line {line}")
        return
    match = CHECKSUM.match(value)
    if match:
        node.setdefault("checksums", []).append({"algorithm": match[1].upper(), "checksumValue": match[2]})
    else:
        notes.add("bad-hash", f"no checksum: {shown(value)}", f"line {line}")
