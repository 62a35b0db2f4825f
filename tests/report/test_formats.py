"""Every format by somebody else's reader, and nothing an input says can act in any of them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.report import escape, formats, known

ATTACKS = [
    "\x1b]8;;http://evil\x07link\x1b]8;;\x07", "\x1b]52;c;cm0=\x07", "\x1b[2J", "a\rb", "a\n::error::x", "\u202egnp.exe",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "]]>", "&amp;", "=cmd|' /C calc'!A0", "+1", "-1+1",
    "@SUM(1)", "\t=1", "＝1", " =1", "|pipe|", "[x](javascript:alert(1))", "![x](http://evil)", "`code`", "@everyone",
    "%0A::warning::x", "##vso[task.complete]", "\udcff", "{{7*7}}",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, program: Any) -> Path:
    """The JSON report of a bill of materials whose names attack every sink."""
    folder = tmp_path_factory.mktemp("hostile")
    components = [
        {
            "type": "library",
            "bom-ref": str(number),
            "name": f"n{number} {text}",
            "version": text,
            "supplier": {"name": text},
        }
        for number, text in enumerate(text.encode("utf-8", "ignore").decode() for text in ATTACKS)
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    (folder / "bom.cdx.json").write_text(json.dumps(document))
    done = program("check", "bom.cdx.json", "-f", "json", "--as-of", "2026-11-24", cwd=folder)
    (folder / "report.json").write_bytes(done.stdout)
    assert len(json.loads(done.stdout)["components"]) == len(ATTACKS)
    return folder / "report.json"


def rendered(report: Path, name: str, program: Any, *more: str) -> bytes:
    done = program("report", str(report), "-f", name, *more)
    assert (done.returncode, done.stderr) == (0, b"")
    data: bytes = done.stdout
    return data


@pytest.mark.parametrize("name", ["text", "json", "sarif", "junit", "gitlab", "github", "markdown", "csv", "html"])
def test_no_control_or_bidi_character_gets_out(name: str, hostile: Path, program: Any) -> None:
    text = rendered(hostile, name, program).decode("utf-8").removeprefix("\ufeff")
    wild = (
        {sign for sign in text if not sign.isprintable()} - {"\n", "\r"} - ({"\u200b"} if name == "markdown" else set())
    )
    assert wild == set()
    assert "\r" not in text.replace("\r\n", "\n")


def test_html_holds_no_markup_of_an_input(hostile: Path, program: Any) -> None:
    page = rendered(hostile, "html", program).decode()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert "src=" not in page.replace("onerror", "").replace("img src=x", "")
    assert 'http-equiv="Content-Security-Policy"' in page


def test_csv_has_no_active_cell(hostile: Path, program: Any) -> None:
    rows = list(csv.reader(io.StringIO(rendered(hostile, "csv", program).decode("utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    active = [
        cell
        for row in rows[1:]
        for cell in row
        if cell.lstrip(" \u3000").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    ]
    assert active == []


def test_annotations_cannot_be_forged(hostile: Path, program: Any) -> None:
    lines = rendered(hostile, "github", program).decode().splitlines()
    assert all(line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines)


def test_markdown_has_no_live_link_or_mention(hostile: Path, program: Any) -> None:
    text = rendered(hostile, "markdown", program).decode()
    assert "](javascript" not in text
    assert "@everyone" not in text
    assert "<script" not in text


def test_junit_by_junitparser(hostile: Path, program: Any) -> None:
    from junitparser import JUnitXml

    data = rendered(hostile, "junit", program)
    suites = JUnitXml.fromstring(data)
    cases = [case for suite in suites for case in suite]
    assert suites.tests == len(cases) > 10
    assert ET.fromstring(data).attrib["errors"] == str(
        sum(bool(case.result) and type(case.result[0]).__name__ == "Error" for case in cases)
    )


def test_gitlab_format(demo: Any, program: Any) -> None:
    """Required keys after GitLab's documentation of the code quality report."""
    rows = json.loads(program("demo", "-f", "gitlab", "--as-of", "2026-11-24").stdout)
    assert rows
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    for row in rows:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(row)
        assert row["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not row["location"]["path"].startswith(("/", "./"))


def test_sarif_carries_every_finding_of_a_stable_rule(demo: Any, program: Any) -> None:
    log = json.loads(program("demo", "-f", "sarif", "--as-of", "2026-11-24").stdout)
    run = log["runs"][0]
    stable = [one for one in demo()["findings"] if one.get("status", "stable") == "stable"]
    assert len(run["results"]) == len(stable)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri
        assert not uri.startswith("/")
        assert ":" not in uri
    assert {result["partialFingerprints"]["auditor/v1"] for result in run["results"]} == {
        one["fingerprint"] for one in stable
    }


def test_rendering_again_gives_the_same_bytes(program: Any, tmp_path: Path) -> None:
    outputs = [
        option
        for name in sorted(formats())
        if name not in ("cyclonedx", "spdx")
        for option in ("-o", f"{name}={tmp_path / name}")
    ]
    program("demo", "--as-of", "2026-11-24", *outputs)
    for name in sorted(formats()):
        if name not in ("cyclonedx", "spdx", "text", "xlsx"):
            assert rendered(tmp_path / "json", name, program) == (tmp_path / name).read_bytes(), name


@given(st.text())
def test_escapes_hold_for_any_text(text: str) -> None:
    assert escape.terminal(text).isprintable()
    assert ET.fromstring(f'<a b="{escape.xml(text)}">{escape.xml(text)}</a>').text in (escape.terminal(text), None)
    cell = escape.cell(text)
    assert not cell.lstrip(" \u3000\u00a0").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert "\n" not in escape.workflow(text)


def test_schema_of_the_report_refuses_a_stranger() -> None:
    from auditor.report.schema import json_schema

    assert not jsonschema_rs.Draft202012Validator(json_schema()).is_valid({"bomFormat": "CycloneDX"})


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%"]
)
def test_each_sign_that_starts_a_formula_gets_an_apostrophe(sign: str) -> None:
    for before in ("", " ", "\u3000", "\u00a0"):
        assert escape.cell(f"{before}{sign}1").startswith("'"), (before, sign)
    assert escape.cell(f"a{sign}1").startswith("a")


def test_one_format_is_loaded_without_the_others() -> None:
    code = (
        "import sys; from auditor.report import known; "
        "assert known('json') and not known('enrich') and not known('../json'); "
        "print(sorted(name for name in sys.modules if name.startswith(('auditor.report.cyclonedx', 'auditor.report.xl'))))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_every_format_is_found_by_its_name_alone() -> None:
    assert all(known(name) for name in formats())
    assert not known("cyclonedx_xml")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_is_escaped_the_same_as_bytes_and_as_text(text: str) -> None:
    whole = json.dumps(f"{text}\u202e\x7f\x9b\U000e0001车", ensure_ascii=False)
    found = escape.json_bytes(whole.encode())
    assert found == escape.json_text(whole).encode()
    assert json.loads(found) == json.loads(whole)
    assert "\u202e" not in found.decode() and "\x9b" not in found.decode()
