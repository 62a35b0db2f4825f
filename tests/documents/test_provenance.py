"""SLSA provenance: what a real build said of a real file, in every envelope; and what is no such statement."""

from __future__ import annotations

import base64
import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from document_samples import codes, read

from auditor.identify.documents.notes import Unreadable

HERE = Path(__file__).resolve().parents[2] / "fixtures/provenance"
FILE = HERE / "pypi_attestations-0.0.19.tar.gz"
ATTESTATION = HERE / f"{FILE.name}.slsa.attestation"
BUILDER = "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19"
STATEMENT: dict[str, Any] = json.loads(base64.b64decode(json.loads(ATTESTATION.read_text())["envelope"]["statement"]))


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def changed(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(STATEMENT), **fields}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (STATEMENT, "/subject/0"),
        ({"payloadType": "application/vnd.in-toto+json", "payload": encoded(STATEMENT)}, "/payload/subject/0"),
        (
            {"mediaType": "m", "dsseEnvelope": {"payloadType": "t", "payload": encoded(STATEMENT)}},
            "/dsseEnvelope/payload/subject/0",
        ),
        (json.loads(ATTESTATION.read_text()), "/envelope/statement/subject/0"),
    ],
    ids=["bare", "dsse", "bundle", "attestation"],
)
def test_the_statement_is_read_in_every_envelope(document: dict[str, Any], place: str) -> None:
    found = read(json.dumps(document).encode(), "x.json")
    (one,) = found.statements
    assert (found.format, found.version, found.components, found.problems) == ("slsa-provenance", "v1", (), ())
    assert (one.pointer, one.subject, one.builder) == (place, FILE.name, BUILDER)
    assert one.sha256 == "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3"
    assert one.source == "git+https://github.com/trailofbits/pypi-attestations@refs/tags/v0.0.19"


def test_the_earlier_version_has_its_fields_elsewhere() -> None:
    predicate = {
        "builder": {"id": "https://example.org/builder"},
        "buildType": "https://example.org/type",
        "materials": [{"uri": "git+https://example.org/source"}],
    }
    kind = "https://slsa.dev/provenance/v0.2"
    (one,) = read(json.dumps(changed(predicateType=kind, predicate=predicate)).encode(), "x.json").statements
    assert (one.builder, one.build_type) == ("https://example.org/builder", "https://example.org/type")
    assert one.source == "git+https://example.org/source"
    predicate["invocation"] = {"configSource": {"uri": "git+https://example.org/config"}}
    (one,) = read(json.dumps(changed(predicateType=kind, predicate=predicate)).encode(), "x.json").statements
    assert one.source == "git+https://example.org/config"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"predicate": {}}, "missing-builder"),
        ({"subject": [{"name": "a", "digest": {"sha1": "00"}}]}, "missing-digest"),
        ({"subject": [{"name": "a", "digest": {"sha256": "zz" * 32}}]}, "missing-digest"),
        ({"subject": ["a"]}, "missing-digest"),
        ({"subject": [{"name": f"{n}", "digest": {"sha256": "00" * 32}} for n in range(1001)]}, "too-many-subjects"),
    ],
)
def test_what_is_missing_is_noted(fields: dict[str, Any], code: str) -> None:
    found = read(json.dumps(changed(**fields)).encode(), "x.json")
    assert code in codes(found)
    assert 1 <= len(found.statements) <= 1000


@pytest.mark.parametrize("fields", [{"subject": []}, {"subject": {}}, {"predicate": None}, {"predicate": []}])
def test_a_statement_that_says_nothing_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(json.dumps(changed(**fields)).encode(), "x.json")


def audited(program: Any, folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = program("check", *arguments, "-f", "json", "--as-of", "2026-11-24", cwd=folder)
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


def test_who_built_a_file_is_shown_and_trusted_by_nobody(program: Any, tmp_path: Path) -> None:
    for path in (FILE, ATTESTATION):
        shutil.copy(path, tmp_path)
    alone = audited(program, tmp_path, FILE.name)
    code, report, told = audited(program, tmp_path, FILE.name, ATTESTATION.name)
    (statement,) = report["documents"][0]["statements"]
    assert statement["matches"] == FILE.name
    assert f"says that {BUILDER} built {FILE.name}" in told and "the signature is not checked" in told
    assert any(line in told for line in report["diagnostics"])
    assert (code, report["verdict"]) == (alone[0], alone[1]["verdict"])
    rules = [sorted((one["rule"], one["message"]) for one in made["findings"]) for made in (report, alone[1])]
    assert rules[0] == rules[1]


def test_a_statement_about_another_file_matches_nothing(program: Any, tmp_path: Path) -> None:
    shutil.copy(ATTESTATION, tmp_path)
    (tmp_path / FILE.name).write_bytes(FILE.read_bytes() + b"\0")
    _, report, told = audited(program, tmp_path, FILE.name, ATTESTATION.name)
    assert "matches" not in report["documents"][0]["statements"][0]
    assert "no input of that controller has its digest" in told
    code, report, _ = audited(program, tmp_path, ATTESTATION.name)
    assert (code, report["verdict"]["result"]) == (4, "inconclusive")
