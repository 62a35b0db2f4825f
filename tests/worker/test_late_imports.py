"""What is loaded only for rare files is loaded by a worker that has locked itself in."""

from __future__ import annotations

from pathlib import Path

import pip._vendor.distlib
import pytest

from auditor.limits import Limits
from auditor.model import Examination
from auditor.worker import examine, open_input

LAUNCHER = Path(pip._vendor.distlib.__file__).parent / "t64.exe"
XML = """<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
<components><component type="library"><name>zlib</name><version>1.2.3</version><odd/></component></components></bom>"""
JSON = '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"odd","name":"zlib"}]}'


def look(path: Path) -> Examination:
    opened = open_input(path)
    try:
        return examine([opened], Limits())[0]
    finally:
        opened.close()


@pytest.mark.skipif(not LAUNCHER.exists(), reason="this pip ships no launcher")
def test_portable_executables_are_read_by_the_library(tmp_path: Path) -> None:
    path = tmp_path / "app.efi"
    path.write_bytes(LAUNCHER.read_bytes())
    found = look(path)
    assert ("machine", str(0x8664)) in {(vote.claim, vote.value) for vote in found.evidence}
    assert not found.problems


@pytest.mark.parametrize(("name", "text"), [("bom.xml", XML), ("bom.json", JSON)])
def test_documents_are_checked_against_their_schemas(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    (document,) = look(path).documents
    assert [problem.code for problem in document.violations] == ["schema-violation"]
    assert "odd" in document.violations[0].message
