"""--online as users run it; where nothing answers, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "components": [
        {"type": "library", "name": "requests", "version": "2.31.0", "purl": "pkg:pypi/requests@2.31.0"},
        {"type": "library", "name": "secret", "version": "1.0", "purl": "pkg:pypi/secret@1.0"},
    ],
}


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """Every connection goes to a closed port of this machine."""
    return {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", "AUDITOR_CACHE_DIR": str(tmp_path / "cache")}


def check(program: Any, tmp_path: Path, nobody: dict[str, str], *arguments: str) -> Any:
    (tmp_path / "bom.json").write_text(json.dumps(BOM), encoding="utf-8")
    return program("check", "bom.json", "-f", "json", *arguments, cwd=tmp_path, environment=nobody)


def test_unreachable_services_are_said_and_end_with_six(program: Any, tmp_path: Path, nobody: dict[str, str]) -> None:
    done = check(program, tmp_path, nobody, "--online", "--lookup", "deps.dev", "--confidential", "sec*")
    said = done.stderr.decode()
    assert "auditor: online: GET https://api.deps.dev/v3/systems/pypi/packages/requests/versions/2.31.0" in said
    assert "1 confidential components are not asked about" in said
    assert "secret" not in said
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]["exitCode"], report["run"]["offline"]) == (6, 6, False)
    assert any(
        line.startswith("deps.dev: 1 questions without a usable answer") for line in report["verdict"]["reasons"]
    )


def test_without_the_option_the_audit_is_complete_and_silent(
    program: Any, tmp_path: Path, nobody: dict[str, str]
) -> None:
    online = json.loads(check(program, tmp_path, nobody, "--online", "--lookup", "deps.dev").stdout)
    done = check(program, tmp_path, nobody)
    offline = json.loads(done.stdout)
    assert b"online" not in done.stderr
    assert offline["run"]["offline"] is True
    assert [one["fingerprint"] for one in offline["findings"]] == [one["fingerprint"] for one in online["findings"]]
    assert offline["components"] == online["components"]


@pytest.mark.parametrize("arguments", [("--online", "--lookup", "nothing"), ("--lookup", "deps.dev")])
def test_wrong_use(program: Any, tmp_path: Path, nobody: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert check(program, tmp_path, nobody, *arguments).returncode == 2


def test_a_bare_package_url_is_asked_about(program: Any, tmp_path: Path, nobody: dict[str, str]) -> None:
    name = "pkg:deb/debian/zlib1g@1.2.13"
    done = program("trace", name, "--online", "--lookup", "ecosyste.ms", cwd=tmp_path, environment=nobody)
    said = done.stderr.decode()
    assert "online: GET https://packages.ecosyste.ms/api/v1/packages/lookup?purl=pkg%3Adeb%2Fdebian%2Fzlib1g" in said
    assert "warning: ecosyste.ms: 1 questions without a usable answer" in said
    assert (done.returncode, b"license     Zlib" in done.stdout) == (0, True)
