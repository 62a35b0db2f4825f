"""auditor trace NAME: what it prints for a bare name, a party, and a name in an input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def steps(program: Any, *arguments: str, **given: Any) -> list[str]:
    done = program("trace", *arguments, "--as-of", "2026-11-24", **given)
    assert done.returncode == 0, done.stderr
    return [line.split()[0] for line in done.stdout.decode().splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("name", ["openssl", "TDA4VM88TGBALFRQ1", "pkg:deb/debian/zlib1g@1.2.13"])
def test_a_name_that_was_only_asked_about_is_not_seen(program: Any, name: str) -> None:
    found = steps(program, name)
    assert found[0] in ("known", "maker")
    assert not {"seen", "declared"} & set(found)


def test_a_party_leads_to_its_owners(program: Any) -> None:
    done = program("trace", "nexperia", "--as-of", "2026-11-24")
    assert b"Nexperia \xe2\x86\x92 Wingtech (CN), shares without control" in done.stdout
    before = program("trace", "nexperia", "--as-of", "2025-10-01")
    assert b"Wingtech (CN)   " in before.stdout


def test_what_a_document_says_is_declared(program: Any, tmp_path: Path) -> None:
    part = {"type": "device", "name": "TDA4VM88TGBALFRQ1", "manufacturer": {"name": "Texas Instruments"}}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [part]}
    (tmp_path / "bom.json").write_text(json.dumps(bill), encoding="utf-8")
    found = steps(program, "TDA4VM88TGBALFRQ1", "bom.json", cwd=tmp_path)
    assert found[0] == "declared"
    assert "seen" not in found


def test_nothing_known_says_so(program: Any) -> None:
    done = program("trace", "nobody-knows-this")
    assert done.returncode == 2
    assert b"nothing is known under the name" in done.stderr
