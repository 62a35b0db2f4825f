"""Passwords in addresses of an input stand in no report; the enriched document of the user keeps its own."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report import Style, formats, render, userinfo
from auditor.report import json as reports
from auditor.report.enrich import enrich
from auditor.report.schema import Report

SECRET, USER = "s3cr3tword", "deployer"
ADDRESS = f"https://{USER}:{SECRET}@files.example/x"
DOCUMENT = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {
        "component": {"type": "firmware", "name": "box", "version": "1"},
        "supplier": {"name": f"Supplier {ADDRESS}", "url": [ADDRESS]},
    },
    "components": [
        {
            "type": "library",
            "name": f"first {ADDRESS}",
            "version": "1.0",
            "supplier": {"name": f"Maker {ADDRESS}", "url": [ADDRESS]},
            "purl": f"pkg:generic/first@1.0?download_url={ADDRESS}",
            "externalReferences": [{"type": "distribution", "url": ADDRESS}],
            "licenses": [{"license": {"name": f"see {ADDRESS}"}}],
        },
        {
            "type": "library",
            "name": "second",
            "version": f"2 {ADDRESS}",
            "purl": f"pkg:generic/second@2?download_url=https%3A%2F%2F{USER}:{SECRET}%40files.example%2Fx",
        },
    ],
}


def plain(data: bytes) -> bytes:
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"".join(book.read(name) for name in book.namelist())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, program: Any) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("addresses")
    (folder / "bom.json").write_text(json.dumps(DOCUMENT), "utf-8")
    done = program(
        "check", "bom.json", "--as-of", "2026-11-24", "-o", "json=report.json", "-o", "spdx=report.spdx", cwd=folder
    )
    assert done.returncode in (1, 4), done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    return reports.read((folder / "report.json").read_bytes()), folder


def test_the_files_of_a_run(made: tuple[Report, Path]) -> None:
    report, folder = made
    for name in ("report.json", "report.spdx"):
        text = (folder / name).read_text("utf-8")
        assert SECRET not in text, name
        assert USER not in text, name
    assert {"pkg:generic/first@1.0?download_url=https://files.example/x"} <= {one.purl for one in report.components}
    assert any(one.name == "first https://files.example/x" for one in report.components)


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format(name: str, made: tuple[Report, Path]) -> None:
    for language in ("en", "zh"):
        data = plain(render(made[0], name, Style(language=language)))
        assert data
        assert SECRET.encode() not in data
        assert USER.encode() not in data


CHARACTERS = st.text(st.characters(exclude_characters="/?#&% @", exclude_categories=("Cs", "Cc", "Z")), max_size=12)


FORMS = st.sampled_from(["https://{}@h/x", "x git+ssh://{}@h", "https%3A%2F%2F{}%40h%2F"])


@given(user=CHARACTERS, word=CHARACTERS, form=FORMS)
def test_any_userinfo_goes_and_the_rest_stays(user: str, word: str, form: str, made: tuple[Report, Path]) -> None:
    report, _ = made
    told = msgspec.structs.replace(report, diagnostics=(form.format(f"{user}:{word}"), 'a "b"', "mail x@y.example"))
    cleaned = userinfo.removed(told)
    assert cleaned.diagnostics == (form.replace("{}@", "").replace("{}%40", ""), 'a "b"', "mail x@y.example")
    assert msgspec.structs.replace(cleaned, diagnostics=report.diagnostics) == report


def test_the_enriched_document_is_the_users_own(made: tuple[Report, Path]) -> None:
    report, folder = made
    data = (folder / "bom.json").read_bytes()
    after = enrich(data, report)
    assert len(after) > len(data)
    assert after.count(ADDRESS.encode()) == data.count(ADDRESS.encode()) > 5
