"""The statement about a report, by the real command; its form after SLSA's verification summary v1.0."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

BOX = Path(__file__).resolve().parent.parent.parent / "fixtures" / "demo" / "t-box"
RESULTS = {"PASSED", "FAILED"}
EXTENSION = "https://auditor.example/attestation/v1"


def attested(program: Any, report: Path, *more: str) -> dict[str, Any]:
    done = program("attest", str(report), *more)
    assert (done.returncode, done.stderr) == (0, b"")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


@pytest.fixture
def audited(program: Any, tmp_path: Path) -> Any:
    """Audit one file of the demo and return the path of its report."""

    def run(*options: str) -> Path:
        path = tmp_path / "report.json"
        program("check", str(BOX / "t-box.dtb"), "-f", "text", "-o", f"json={path}", *options)
        return path

    return run


def test_the_statement_has_the_fields_of_the_specification(program: Any, audited: Any) -> None:
    made = attested(program, audited(), "--verifier", "https://example.com/gate")
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://slsa.dev/verification_summary/v1"
    (subject,) = made["subject"]
    digest = hashlib.sha256((BOX / "t-box.dtb").read_bytes()).hexdigest()
    assert subject["digest"] == {"sha256": digest}
    predicate = made["predicate"]
    assert predicate["verifier"] == {"id": "https://example.com/gate"}
    assert predicate["resourceUri"] == "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(digest)).decode()[:-1]
    assert predicate["timeVerified"].endswith("T00:00:00Z")
    assert predicate["policy"]["uri"] == "auditor:base+cn-autonomy"
    assert len(predicate["policy"]["digest"]["sha256"]) == 64
    required = {"verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels"}
    assert required <= set(predicate)
    assert all(name in required | {"slsaVersion"} or ":" in name for name in predicate)  # extensions are URIs


def test_only_a_pass_is_passed_and_no_slsa_level_is_claimed(program: Any, audited: Any) -> None:
    unsure = attested(program, audited())["predicate"]
    assert (unsure["verificationResult"], unsure["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert unsure[EXTENSION]["result"] in ("fail", "inconclusive")
    passed = attested(program, audited("--fail-on", "never"))["predicate"]
    assert passed["verificationResult"] == "PASSED"
    assert passed["verifiedLevels"] == ["AUDITOR_BASE", "AUDITOR_CN_AUTONOMY"]


def test_what_was_only_let_through_is_not_passed(program: Any, audited: Any) -> None:
    predicate = attested(program, audited("--exit-zero"))["predicate"]
    assert predicate[EXTENSION]["exitCode"] == 0
    assert predicate["verificationResult"] == "FAILED"


def test_the_digest_of_the_report_is_of_its_bytes(program: Any, audited: Any) -> None:
    report = audited()
    made = attested(program, report, "--resource", "pkg:generic/t-box@1")
    assert made["predicate"]["resourceUri"] == "pkg:generic/t-box@1"
    sha256 = hashlib.sha256(report.read_bytes()).hexdigest()
    assert made["predicate"][EXTENSION]["report"]["digest"]["sha256"] == sha256


def test_a_folder_has_no_sha256_of_a_file(program: Any, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    program("check", str(BOX), "-f", "text", "-o", f"json={report}")
    (subject,) = attested(program, report)["subject"]
    assert list(subject["digest"]) == ["auditorFolderSha256"]


def test_without_a_digest_there_is_nothing_to_attest(program: Any, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    program("check", "missing", "-f", "text", "-o", f"json={report}", cwd=tmp_path)
    done = program("attest", str(report))
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"nothing to attest" in done.stderr
    assert program("attest", str(report), "--verifier", "me").returncode == 2
