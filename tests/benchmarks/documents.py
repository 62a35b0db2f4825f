"""What it costs to read large bills of materials."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable
from typing import Any

from reading import seconds

from auditor.identify import documents
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact
from auditor.unpack.view import View

COMPONENTS = 100_000
FEWER_COMPONENTS = 1_000
"""Time per component is to be the same at both sizes."""
PACKAGES = 10_000
FEWER_PACKAGES = 200
"""For the comparison with spdx-tools, which takes about 0.05 s for each package."""


def cyclonedx(count: int) -> bytes:
    """A CycloneDX 1.6 document of libraries as generators write them: about 545 bytes and 3 dependencies each."""
    components = [
        {
            "type": "library",
            "bom-ref": f"component-{number}",
            "supplier": {"name": f"Supplier {number % 400}", "url": [f"https://supplier-{number % 400}.example"]},
            "name": f"library-{number}",
            "version": f"1.{number % 100}.{number % 7}",
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(str(number).encode()).hexdigest()}],
            "licenses": [{"license": {"id": ("MIT", "Apache-2.0", "BSD-3-Clause")[number % 3]}}],
            "purl": f"pkg:generic/library-{number}@1.{number % 100}.{number % 7}",
            "properties": [{"name": "example:layer", "value": f"layer-{number % 9}"}],
        }
        for number in range(count)
    ]
    dependencies = [
        {"ref": f"component-{number}", "dependsOn": [f"component-{one}" for one in later(number, count)]}
        for number in range(count)
    ]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps({**head, "components": components, "dependencies": dependencies}).encode()


def later(number: int, count: int) -> list[int]:
    """What a component depends on: three that come later, so that there is no cycle."""
    return [number + step for step in (1, 10, 100) if number + step < count]


def spdx_json(count: int) -> bytes:
    """An SPDX 2.3 JSON document of packages with supplier, checksum, licenses, purl and one relationship each."""
    packages = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": f"library-{number}",
            "versionInfo": f"1.{number % 100}.{number % 7}",
            "supplier": f"Organization: Supplier {number % 400}",
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": "MIT",
            "licenseDeclared": "MIT",
            "copyrightText": "NOASSERTION",
            "checksums": [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(str(number).encode()).hexdigest()}],
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": f"pkg:generic/library-{number}@1.{number % 100}.{number % 7}",
                }
            ],
        }
        for number in range(count)
    ]
    relationships = [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": f"SPDXRef-{number}",
        }
        for number in range(count)
    ]
    head = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "large",
        "documentNamespace": "urn:example:large",
        "creationInfo": {"created": "2025-11-05T00:00:00Z", "creators": ["Tool: benchmark"]},
    }
    return json.dumps({**head, "packages": packages, "relationships": relationships}).encode()


def tag_value(count: int) -> bytes:
    """An SPDX 2.3 tag-value document of plain packages."""
    head = (
        "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: large\n"
        "DocumentNamespace: urn:example:large\nCreator: Tool: benchmark\nCreated: 2025-11-05T00:00:00Z\n"
    )
    packages = (
        f"\nPackageName: library-{number}\nSPDXID: SPDXRef-package-{number}\nPackageVersion: 1.{number % 100}\n"
        "PackageDownloadLocation: NOASSERTION\nFilesAnalyzed: false\nPackageLicenseConcluded: MIT\n"
        "PackageLicenseDeclared: MIT\nPackageCopyrightText: NOASSERTION\n"
        f"Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-package-{number}\n"
        for number in range(count)
    )
    return (head + "".join(packages)).encode()


def read(data: bytes, name: str) -> int:
    """Read a document as an audit does, schema and minimum elements checked; returns its components."""
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=name, kind="file", size=len(data))
    document = documents.read(Sample(artifact, View(data), Limits()))
    if document is None:
        raise ValueError(f"{name} was not recognized")
    return len(document.components)


def records(data: bytes, name: str) -> int:
    """Read a document into records, each with its pointer, and check nothing; returns its components."""
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=name, kind="file", size=len(data))
    sample = Sample(artifact, View(data), Limits())
    module = next(one for one in documents.formats() if one.sniff(sample))
    return len(module.read(sample).components)


def without_collector(work: Callable[[], Any]) -> float:
    gc.collect()
    gc.disable()
    try:
        return seconds(work)
    finally:
        gc.enable()


def reference(data: bytes) -> None:
    from spdx_tools.spdx.parser.tagvalue.parser import Parser

    Parser().parse(data.decode())


def measure(runs: int) -> dict[str, Any]:
    """Processor seconds, run by run."""
    large, lines, fewer = cyclonedx(COMPONENTS), tag_value(PACKAGES), tag_value(FEWER_PACKAGES)
    small, graph = cyclonedx(FEWER_COMPONENTS), spdx_json(COMPONENTS)
    for data, name, count in (
        (large, "large.cdx.json", COMPONENTS),
        (small, "small.cdx.json", FEWER_COMPONENTS),
        (graph, "large.spdx.json", COMPONENTS),
        (lines, "large.spdx", PACKAGES),
    ):
        if (found := read(data, name)) != count:
            raise ValueError(f"{name}: {found} components read of {count}")
    reference(tag_value(1))
    row: dict[str, Any] = {
        "cyclonedx": {"components": COMPONENTS, "bytes": len(large), "records": [], "read": [], "loads": []},
        "cyclonedxSmall": {"components": FEWER_COMPONENTS, "bytes": len(small), "records": [], "read": [], "loads": []},
        "spdxJson": {"packages": COMPONENTS, "bytes": len(graph), "records": [], "read": [], "loads": []},
        "tagValue": {
            "packages": PACKAGES,
            "bytes": len(lines),
            "read": [],
            "fewer": FEWER_PACKAGES,
            "fewerRead": [],
            "spdxTools": [],
        },
    }
    for _ in range(runs):
        for key, data in (("cyclonedx", large), ("cyclonedxSmall", small), ("spdxJson", graph)):
            row[key]["loads"].append(without_collector(lambda data=data: json.loads(data)))
            row[key]["records"].append(without_collector(lambda data=data: records(data, "large.json")))
            row[key]["read"].append(seconds(lambda data=data: read(data, "large.json")))
        row["tagValue"]["read"].append(seconds(lambda: read(lines, "large.spdx")))
        row["tagValue"]["fewerRead"].append(seconds(lambda: read(fewer, "fewer.spdx")))
        row["tagValue"]["spdxTools"].append(seconds(lambda: reference(fewer)))
    return row
