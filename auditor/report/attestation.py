"""The verdict as an in-toto statement with SLSA's verification summary as predicate; signing is others' work.

After https://slsa.dev/spec/v1.0/verification_summary (read 2026-11-25). No SLSA level is verified, so none is
claimed: the level of a pass is one of our own, named after the pack.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.model import Input
    from auditor.report.schema import Report

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/verification_summary/v1"
SLSA_VERSION = "1.0"
EXTENSION = "https://auditor.example/attestation/v1"
"""Names the one field that is not SLSA's: what a reader of the summary must know about the audit."""
FOLDER = "auditorFolderSha256"
"""Digest of a folder: sha256 over the sorted paths and digests of its files, which is no file's sha256."""


def statement(report: Report, data: bytes, verifier: str, resource: str | None = None) -> dict[str, Any]:
    """Return the statement about a report whose bytes are `data`. Raises ValueError when no input has a digest.

    `verifier` is the URI of who ran the audit, `resource` that of what was audited; without it the
    `ni:` URI (RFC 6920) of the input's digest, of several inputs of the report's. Only a pass is PASSED.
    """
    subjects = [_subject(one) for one in report.inputs if one.sha256 and one.type != "none"]
    if not subjects:
        raise ValueError("the report is about no input with a digest: there is nothing to attest")
    digest = hashlib.sha256(data).hexdigest()
    passed = report.verdict.result == "pass" and report.verdict.exit_code == 0
    packs = [one.id for one in report.run.packs]
    only = report.inputs[0].sha256 if len(report.inputs) == 1 else digest
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "verifier": {"id": verifier},
            "timeVerified": f"{report.run.as_of}T00:00:00Z",
            "resourceUri": resource or named_information(only),
            "policy": {
                "uri": f"auditor:{'+'.join(packs)}",
                "digest": {"sha256": _hexadecimal(report.tool.rules_digest)},
            },
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": [f"AUDITOR_{one.upper().replace('-', '_')}" for one in packs] if passed else ["FAILED"],
            "slsaVersion": SLSA_VERSION,
            EXTENSION: _audit(report, digest),
        },
    }


def named_information(digest: str) -> str:
    """Return the `ni:` URI (RFC 6920) of a sha256 in hexadecimal digits."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def _subject(one: Input) -> dict[str, Any]:
    return {"name": one.path, "digest": {FOLDER if one.type == "directory" else "sha256": one.sha256}}


def _hexadecimal(digest: str) -> str:
    return digest.rpartition(":")[2]


def _audit(report: Report, digest: str) -> dict[str, Any]:
    run, summary = report.run, report.summary
    return {
        "tool": {"name": report.tool.name, "version": report.tool.version},
        "report": {"digest": {"sha256": digest}},
        "result": report.verdict.result,
        "exitCode": report.verdict.exit_code,
        "reasons": list(report.verdict.reasons),
        "home": list(run.home),
        "trusted": list(run.trusted),
        "restricted": list(run.restricted),
        "failOn": run.fail_on,
        "knowledge": {
            "date": report.tool.knowledge_date,
            "digest": {"sha256": _hexadecimal(report.tool.knowledge_digest)},
        },
        "undetermined": summary.undetermined,
        "waived": summary.waived,
        "baselined": summary.baselined,
        "declaredOnly": summary.declared_only,
        "disclaimer": report.disclaimer,
    }
