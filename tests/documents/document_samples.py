"""Samples for the tests of document readers."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

from auditor.identify import documents
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact, Document
from auditor.unpack.view import View

BOMS = Path(__file__).parents[2] / "fixtures" / "boms"


def sample(data: bytes, name: str = "input", limits: Limits | None = None) -> Sample:
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path=name, kind="file", size=len(data))
    return Sample(artifact, View(data), limits or Limits())


def read(data: bytes | str, name: str = "input", limits: Limits | None = None) -> Document | None:
    return documents.read(sample(data.encode() if isinstance(data, str) else data, name, limits))


def cyclonedx(**fields: object) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, **fields}).encode()


def codes(document: Document) -> list[str]:
    return [problem.code for problem in document.problems]


def index() -> list[dict[str, str]]:
    with (BOMS / "index.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
