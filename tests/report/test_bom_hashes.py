"""Written and enriched BOMs carry the sha256 of the files that are a component's own, and no other's."""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from auditor.identify import documents
from auditor.identify.sample import Sample
from auditor.limits import Limits
from auditor.model import Artifact, Document
from auditor.pipeline import Options, audit
from auditor.report import render
from auditor.report.bom_facts import FILES, files
from auditor.report.enrich import enrich
from auditor.report.schema import Report, Vote
from auditor.unpack.view import View

ONE, TWO, SHARED, DATABASE = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)
NAMES = ("alone", "several", "sharing", "other")
PURLS = [f"pkg:generic/{name}@1.0" for name in NAMES]
SOURCES = {
    "cdx.json": {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"type": "library", "name": name, "version": "1.0", "purl": purl}
            for name, purl in zip(NAMES, PURLS, strict=True)
        ],
    },
    "spdx.json": {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "x",
        "packages": [
            {"name": name, "SPDXID": f"SPDXRef-{name}", "versionInfo": "1.0", "downloadLocation": "NOASSERTION"}
            for name in NAMES
        ],
    },
}


def seen(path: str, sha256: str, method: str = "string", role: str = "self") -> Vote:
    return Vote("name", "x", method, "decisive", "signatures", "i", path, role, sha256=sha256)  # type: ignore[arg-type]


VOTES = {
    "alone": (seen("lib/a.so", ONE), seen("lib/a.so", ONE, "soname"), seen("db", DATABASE, "package-database")),
    "several": (seen("bin/b", TWO), seen("bin/a", ONE.replace("1", "5"))),
    "sharing": (seen("flash", SHARED), seen("lib/a.so", ONE, role="mention")),
    "other": (seen("flash", SHARED),),
}


@pytest.fixture(scope="module", params=SOURCES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Report]:
    path: Path = tmp_path_factory.mktemp("hashes") / f"x.{request.param}"
    path.write_text(json.dumps(SOURCES[request.param]), encoding="utf-8")
    report = audit([str(path)], Options(as_of=datetime.date(2026, 11, 24))).report
    parts = [msgspec.structs.replace(one, evidence=one.evidence + VOTES[one.name]) for one in report.components]
    return path.read_bytes(), msgspec.structs.replace(report, components=tuple(parts))


def read(data: bytes) -> Document:
    artifact = Artifact(id=hashlib.sha256(data).hexdigest(), path="", kind="file", size=len(data))
    found = documents.read(Sample(artifact, View(data), Limits()))
    assert found is not None
    return found


def hashes(document: Document) -> dict[str, list[str]]:
    return {one.name: [value for _, value in one.hashes] for one in document.components}


WANTED = {"alone": [ONE], "several": [], "sharing": [], "other": []}


def test_a_file_belongs_to_the_one_component_it_names(case: tuple[bytes, Report]) -> None:
    names = {one.id: one.name for one in case[1].components}
    assert {names[one]: own for one, own in files(case[1]).items()} == {
        "alone": ((ONE, "lib/a.so"),),
        "several": ((ONE.replace("1", "5"), "bin/a"), (TWO, "bin/b")),
    }


@pytest.mark.parametrize("form", ["cyclonedx", "cyclonedx-1.7", "cyclonedx-xml", "spdx", "spdx-tag-value"])
def test_written_documents_carry_the_hash(case: tuple[bytes, Report], form: str) -> None:
    data = render(case[1], form)
    document = read(data)
    assert (hashes(document), document.violations) == (WANTED, ())
    for line in (f"{ONE} lib/a.so", f"{TWO} bin/b"):
        assert line in data.decode()
    assert SHARED not in data.decode() and DATABASE not in data.decode()


def test_enriched_documents_carry_the_hash(case: tuple[bytes, Report]) -> None:
    data = enrich(*case)
    document = read(data)
    assert hashes(document) == WANTED
    assert f"{TWO} bin/b" in data.decode()


def test_a_hash_that_is_there_is_not_written_again(case: tuple[bytes, Report]) -> None:
    """The supplier's own hash stays alone, also where the bytes say another."""
    tree = json.loads(case[0])
    key, said = ("hashes", {"alg": "MD5", "content": "a" * 32}) if "components" in tree else ("", {})
    if not key:
        key, said = "checksums", {"algorithm": "MD5", "checksumValue": "a" * 32}
    (tree.get("components") or tree["packages"])[0][key] = [said]
    data = json.dumps(tree).encode()
    digest, before = hashlib.sha256(data).hexdigest(), hashlib.sha256(case[0]).hexdigest()
    parts = [
        msgspec.structs.replace(
            one,
            evidence=tuple(
                msgspec.structs.replace(vote, sha256=digest) if vote.sha256 == before else vote for vote in one.evidence
            ),
        )
        for one in case[1].components
    ]
    enriched = enrich(data, msgspec.structs.replace(case[1], components=tuple(parts)))
    assert hashes(read(enriched))["alone"] == ["a" * 32]


def test_places_are_bounded(case: tuple[bytes, Report]) -> None:
    one, *others = case[1].components
    many = tuple(seen(f"f{at:03}", f"{at:064x}") for at in range(FILES + 9))
    crowded = msgspec.structs.replace(
        case[1], components=(msgspec.structs.replace(one, evidence=one.evidence + many), *others)
    )
    assert len(files(crowded)[one.id]) == FILES
