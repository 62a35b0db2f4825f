"""The workbook, opened by another library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from auditor.report import summary

SHEETS = ["Summary", "Findings", "Components", "Parts & alternates", "Countries", "Waivers", "Questions", "Evidence"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, program: Any) -> Any:
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    done = program("demo", "--as-of", "2026-11-24", "-o", f"xlsx={path}")
    assert done.returncode == 1
    return openpyxl.load_workbook(path)


def test_sheets_filters_and_frozen_headers(book: Any) -> None:
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        last = sheet.cell(max(sheet.max_row, 2), sheet.max_column).coordinate
        assert sheet.auto_filter.ref == f"A1:{last}"


def test_the_worst_findings_stand_first(book: Any) -> None:
    head, *rows = book["Findings"].iter_rows(values_only=True)
    order = [summary.SEVERITIES.index(row[head.index("severity")]) for row in rows]
    assert order == sorted(order)
    assert len(set(order)) > 2
    worst = [row[head.index("verdict")] for row, at in zip(rows, order, strict=True) if at == order[0]]
    assert worst == sorted(worst)


def test_cells_hold_what_the_report_says(book: Any, demo: Any) -> None:
    report = demo()
    assert book["Components"].max_row == len(report["components"]) + 1
    assert book["Evidence"].max_row == sum(len(one["evidence"]) for one in report["components"]) + 1
    rows = list(book["Findings"].iter_rows(values_only=True))
    severity, rule = rows[0].index("severity"), rows[0].index("rule")
    listed = {(row[severity], row[rule]) for row in rows[1:]}
    assert listed == {(one["severity"], one["rule"]) for one in report["findings"]}


def test_no_formula_and_no_link(book: Any) -> None:
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None


def test_chinese_sheet_names(tmp_path: Path, program: Any) -> None:
    program("demo", "--lang", "zh", "-o", f"xlsx={tmp_path / 'zh.xlsx'}")
    assert "发现项" in openpyxl.load_workbook(tmp_path / "zh.xlsx").sheetnames
