"""What every format says, whatever else it shows: laws may conflict, and what a report is not."""

from __future__ import annotations

import html
import io
import json
import zipfile
from typing import Any

import msgspec
import pytest

from auditor.judgement import CONFLICT, DISCLAIMER
from auditor.report import Style, formats, render
from auditor.report import json as reports
from auditor.report.schema import Report


def spoken(data: bytes) -> str:
    """Return the text of a rendering, white space and the escapes of its syntax aside."""
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b" ".join(book.read(name) for name in sorted(book.namelist()))
    text = html.unescape(data.decode("utf-8")).replace("\\n", " ").replace("\\", "")
    return " ".join(text.replace("%2C", ",").replace("%3A", ":").split())


REPORTS = sorted(name for name in formats() if not name.startswith("questions"))
"""A list of questions is a letter to a supplier: it says nothing about anybody's compliance."""


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    return reports.read(json.dumps(demo()).encode())


@pytest.mark.parametrize("name", REPORTS)
def test_every_format_says_what_it_is_not_and_that_laws_may_conflict(name: str, report: Report) -> None:
    text = spoken(render(report, name))
    assert DISCLAIMER in text
    assert CONFLICT in text


@pytest.mark.parametrize("name", ["text", "markdown", "html", "csv", "xlsx", "junit", "gitlab", "github"])
def test_they_are_said_in_chinese_too(name: str, report: Report) -> None:
    text = spoken(render(report, name, Style(language="zh")))
    assert "不构成法律意见" in text
    assert "阻断法规" in text


def test_without_a_finding_they_are_said_all_the_same(report: Report) -> None:
    rows = json.loads(render(msgspec.structs.replace(report, findings=()), "gitlab"))
    assert [(row["severity"], row["description"]) for row in rows] == [("info", CONFLICT), ("info", DISCLAIMER)]
