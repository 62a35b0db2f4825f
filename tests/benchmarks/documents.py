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
PACKAGES = 10_000
FEWER_PACKAGES = 200
"""For the comparison with spdx-tools, which takes about 0.05 s for each package."""


def cyclonedx(count: int) -> bytes:
    """A CycloneDX 1.6 document of plain libraries."""
    components = [
        {
            "type": "library",
            "bom-ref": f"component-{number}",
            "name": f"library-{number}",
            "version": f"1.{number % 100}.{number % 7}",
            "purl": f"pkg:generic/library-{number}@1.{number % 100}.{number % 7}",
            "licenses": [{"license": {"id": "MIT"}}],
        }
        for number in range(count)
    ]
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}).encode()


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
    for data, name, count in ((large, "large.cdx.json", COMPONENTS), (lines, "large.spdx", PACKAGES)):
        if (found := read(data, name)) != count:
            raise ValueError(f"{name}: {found} components read of {count}")
    reference(tag_value(1))
    row: dict[str, Any] = {
        "cyclonedx": {"components": COMPONENTS, "bytes": len(large), "read": [], "loads": []},
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
        row["cyclonedx"]["loads"].append(without_collector(lambda: json.loads(large)))
        row["cyclonedx"]["read"].append(seconds(lambda: read(large, "large.cdx.json")))
        row["tagValue"]["read"].append(seconds(lambda: read(lines, "large.spdx")))
        row["tagValue"]["fewerRead"].append(seconds(lambda: read(fewer, "fewer.spdx")))
        row["tagValue"]["spdxTools"].append(seconds(lambda: reference(fewer)))
    return row
