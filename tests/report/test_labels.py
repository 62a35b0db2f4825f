"""Every word the reports print has its Chinese; every question of a shipped rule has, too."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evaluate.questions import FACTS
from auditor.model import ComponentKind, Layer
from auditor.report import json as reports
from auditor.report import labels, maps, questions, questions_markdown
from auditor.report.html import COLUMNS
from auditor.report.width import columns, cut, padded, wrapped

ROOT = Path(__file__).resolve().parent.parent.parent
WORDS = labels.table("zh").words


def spoken() -> set[str]:
    """Texts the template and the code put through the table."""
    template = (ROOT / "auditor/report/templates/report.html.j2").read_text("utf-8")
    found = set(re.findall(r'\bt\("([^"]+)"\)', template))
    found |= set(re.findall(r'head\("\w+", "([^"]+)"\)', template))
    for names in re.findall(r'call table\("[^"]+", \(([^)]*)\)\)', template):
        found |= set(re.findall(r'"([^"]+)"', names))
    for path in sorted((ROOT / "auditor/report").glob("*.py")):
        found |= set(re.findall(r"(?:speak|say)\(['\"]([^'\"]+)['\"]\)", path.read_text("utf-8"))) - {"zh", "en"}
    return found | {*questions.COLUMNS, questions_markdown.REQUEST}


def test_every_label_has_a_chinese_text() -> None:
    kinds = {*typing.get_args(ComponentKind), *typing.get_args(Layer)}
    wanted = spoken() | kinds | set(COLUMNS) | set(maps.JURISDICTIONS)
    assert len(wanted) > 100
    assert wanted - set(WORDS) == set()


def test_every_question_of_a_shipped_rule_has_a_chinese_text() -> None:
    asked = 0
    for path in sorted((ROOT / "rules").glob("*/*.yaml")):
        rule = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
        question = rule.get("supplier-question") if isinstance(rule, dict) else None
        if question:
            asked += 1
            text = re.sub(r"\{[^}]*\}", "Teil 7", question)
            other = labels.sentence(text, "zh")
            assert re.search(r"[\u4e00-\u9fff]", other), question
            assert other.count("Teil 7") == text.count("Teil 7")
    assert asked > 40


def test_every_question_about_a_missing_fact_has_a_chinese_text() -> None:
    for template in FACTS.values():
        other = labels.sentence(template.format(name="Teil 7", label="Teil 7"), "zh")
        assert re.search(r"[\u4e00-\u9fff]", other) and other.count("Teil 7") == 1, template


def test_the_flow_of_twenty_thousand_components_fits_on_a_screen(demo: Any) -> None:
    import msgspec

    from auditor.report import charts

    report = reports.read(json.dumps(demo()).encode())
    many = msgspec.structs.replace(report, components=report.components * 1000)
    for one in (report, many):
        picture = charts.flow(one, labels.say("en"))
        size = re.match(r'<svg viewBox="0 0 (\d+) (\d+)"', picture)
        assert size is not None
        assert int(size[2]) <= int(size[1])
        widths = [float(width) for width in re.findall(r'stroke-width="([\d.]+)"', picture)]
        assert max(widths) < 200


def test_phrases_keep_what_they_speak_about_and_tallies_are_translated() -> None:
    assert labels.sentence("findings at or above high: 1 critical, 6 high", "zh").endswith("1 严重, 6 高")
    assert labels.sentence("Who supplies \\1{2}?", "zh") == "\\1{2} 由谁供应?"
    assert labels.sentence("something else", "zh") == "something else"
    assert labels.sentence("Who supplies x?", "en") == "Who supplies x?"


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_reports_in_chinese_keep_their_figures(name: str, demo: Any) -> None:
    from auditor.report import Style, render

    report = reports.read(json.dumps(demo()).encode())
    text = render(report, name, Style(language="zh")).decode()
    assert "不通过" in text
    assert "结论" in text or "严重" in text
    assert WORDS[report.disclaimer] in text.replace("\\", "")
    for word in ("Fix first", "on the supplier's word", "What to do", "would be"):
        assert word not in text


def test_workbook_in_chinese(tmp_path: Path, program: Any) -> None:
    program("demo", "--lang", "zh", "-o", f"xlsx={tmp_path / 'zh.xlsx'}", "--as-of", "2026-11-24")
    book = openpyxl.load_workbook(tmp_path / "zh.xlsx")
    assert "发现项" in book.sheetnames
    heads = [cell.value for sheet in book for cell in sheet[1]]
    plain = {head for head in heads if not re.search(r"[\u4e00-\u9fff]", str(head))}
    assert plain <= {"ECU", "CPE", "purl", "sha256"}
    assert re.search(r"[\u4e00-\u9fff]", book["提问"]["C2"].value)


def test_columns_of_wide_signs() -> None:
    assert columns("严重 a") == 6
    assert padded("高", 4) == "高  "
    assert columns(cut("严重" * 10, 9)) <= 9
    assert cut("abcdef", 4) == "abc…"


@settings(max_examples=200)
@given(st.text(alphabet="ab 严重。한é,-"), st.integers(4, 40), st.integers(0, 2))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int, indent: int) -> None:
    lines = list(wrapped(text, width, indent))
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line.startswith(" " * indent) for line in lines[1:])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80])
def test_no_line_of_the_terminal_report_is_too_wide_and_no_fix_is_cut(width: int, language: str, demo: Any) -> None:
    from auditor.report import Style, render

    report = reports.read(json.dumps(demo()).encode())
    text = render(report, "text", Style(width=width, language=language)).decode()
    body, _, table = text.partition("ECU  ")
    assert max(columns(line) for line in (*body.splitlines(), *table.splitlines()[4:])) <= width
    joined = "".join(text.split())
    first = next(one for one in report.findings if one.rule == "os-kernel-foreign-vendor")
    fix = first.remediation_zh if language == "zh" else first.remediation
    assert "".join(fix.split()) in joined
    assert "".join(labels.say(language)(report.disclaimer).split()) in joined
