"""What an input says acts in no sink: 26 texts in 14 fields, every format, both languages, whole and for a supplier.

The measure is structure: a report full of attacks has exactly the elements, cells, keys and lines that the same
report has with harmless text in their place.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from test_formats import ATTACKS

from auditor.model import Actor, Problem
from auditor.report import Style, audience, formats, merging, render
from auditor.report import json as reports
from auditor.report.schema import Report

ATTACKED = [text.encode("utf-8", "backslashreplace").decode() for text in ATTACKS]
HARMLESS = [f"harmless{at}" for at in range(len(ATTACKS))]
FIELDS = 14
SUPPLIER = "Example Semiconductors"
put = msgspec.structs.replace


def filled(report: Report, texts: list[str]) -> Report:
    """The report with each text in a component, its party, its finding, an input, a question and the verdict."""
    parts, findings, inputs, parties, questions = [], [], [], [], []
    part = next(one for one in report.components if one.origin and one.evidence)
    found = next(one for one in report.findings if one.verdict == "fail" and one.severity == "high")
    unknown = next(one for one in report.findings if one.verdict == "undetermined")
    for at, text in enumerate(texts):
        ecu = f"E{at:02} {text}"
        inputs.append(put(report.inputs[0], id=f"i{at}", path=text, ecu=ecu, problems=(Problem("damaged", text),)))
        parties.append(put(report.parties[0], id=f"p{at}", name=text, sources=(text,)))
        votes = tuple(put(vote, input=f"i{at}", path=text, value=text) for vote in part.evidence[:2])
        origin = tuple(put(entry, party=f"p{at}", evidence=(text,)) for entry in part.origin)
        licenses = put(part.licenses, concluded=text, declared=text)
        parts.append(
            put(part, id=f"c{at}", name=text, version=text, ecu=ecu, evidence=votes, origin=origin, licenses=licenses,
                supplier=Actor(text), manufacturer=Actor(SUPPLIER), purl=None, mpn=None, cpe=None)
        )  # fmt: skip
        for number, one in enumerate((found, unknown)):
            chain = tuple(put(step, value=text, source=text) for step in one.chain)
            findings.append(
                put(one, id=f"f{at}-{number}", fingerprint=f"f{at}-{number}", components=(f"c{at}",), ecus=(ecu,),
                    inputs=(f"i{at}",), chain=chain, message=text, message_zh=text, supplier_question=text,
                    waiver=text, state="open" if number or at % 2 else "waived")
            )  # fmt: skip
        questions.append(
            put(report.questions[0], id=f"q{at}", component=f"c{at}", text=text, finding=f"f{at}-1", supplier=text)
        )
    summary = put(report.summary, by_ecu={one.ecu: put(next(iter(report.summary.by_ecu.values()))) for one in inputs})
    return put(
        report, components=tuple(parts), findings=tuple(findings), inputs=tuple(inputs), parties=tuple(parties),
        questions=tuple(questions), links=(), documents=(), comparison=(), summary=summary,
        ecus=tuple(put(report.ecus[0], id=one.ecu, name=one.ecu, inputs=(one.id,)) for one in inputs),
        verdict=put(report.verdict, reasons=tuple(texts)), diagnostics=tuple(texts),
        waivers=put(report.waivers, applied=tuple(texts), ends=tuple((text, "2027-01-01") for text in texts)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pair(demo: Any) -> tuple[Report, Report]:
    report = reports.read(json.dumps(demo()).encode())
    return filled(report, ATTACKED), filled(report, HARMLESS)


VIEWS = {
    "whole": lambda report: report,
    "supplier": lambda report: audience.for_supplier(report, SUPPLIER),
    "merged": lambda report: merging.merge([merging.Part("a", report), merging.Part("b", report)]),
}


class Elements(HTMLParser):
    """Counts elements with the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.found[f"{tag} {sorted(name for name, _ in attrs)}"] += 1

    handle_startendtag = handle_starttag


def elements(data: bytes) -> Counter[str]:
    parser = Elements()
    parser.feed(data.decode())
    return parser.found


def keys(value: Any) -> Any:
    """The shape of a JSON value: keys and lengths, no texts."""
    if isinstance(value, dict):
        return {key if not key.startswith("E") else "ecu": keys(one) for key, one in value.items()}
    return [keys(one) for one in value] if isinstance(value, list) else type(value).__name__


def tree(data: bytes) -> Any:
    return Counter(f"{one.tag} {sorted(one.attrib)}" for one in ET.fromstring(data).iter())


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def active(cell: str) -> bool:
    return cell.lstrip(" \u3000\u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


UNWRAPPED = 100_000
"""Columns: a longer text would wrap into more lines, which is no fault."""


def test_a_wrapped_text_begins_no_line_of_its_own(pair: tuple[Report, Report]) -> None:
    starts = [
        Counter(line.split(" ")[0] for line in render(report, "text", Style(width=80)).decode().splitlines())
        for report in pair
    ]
    assert set(starts[0]) - {""} == set(starts[1]) - {""}


@pytest.mark.parametrize("view", sorted(VIEWS))
@pytest.mark.parametrize("name", sorted(formats()))
def test_nothing_acts(name: str, view: str, pair: tuple[Report, Report], tmp_path: Path) -> None:
    for language in ("en", "zh"):
        width = UNWRAPPED if name == "text" else 100
        style = Style(width=width, language=language, show=("passed", "waived", "baselined", "undetermined"))
        attacked, harmless = (render(VIEWS[view](report), name, style) for report in pair)
        if formats()[name].BINARY:
            check_workbook(attacked, tmp_path)
            continue
        text = attacked.decode()
        wild = {sign for sign in text.removeprefix("\ufeff") if not sign.isprintable()} - {"\n", "\r", "\u200b"}
        assert wild == set()
        assert "\r" not in text.replace("\r\n", "\n")
        assert ("\u200b" in text) <= ("markdown" in name or name == "sarif")
        check_structure(name, attacked, harmless)


def check_structure(name: str, attacked: bytes, harmless: bytes) -> None:
    if name == "html":
        assert elements(attacked) == elements(harmless)
    elif name == "junit" or name.endswith("-xml"):
        assert tree(attacked) == tree(harmless)
    elif name.endswith("csv"):
        assert [len(row) for row in cells(attacked)] == [len(row) for row in cells(harmless)]
        assert [cell for row in cells(attacked)[1:] for cell in row if active(cell)] == []
    elif name == "github":
        lines = attacked.decode().splitlines()
        assert len(lines) == len(harmless.decode().splitlines())
        assert all(re.match(r"::(error|warning|notice) title=[^:,]*::", line) for line in lines)
    elif "markdown" in name:
        check_markdown(attacked.decode(), harmless.decode())
    elif name == "text":
        assert len(attacked.splitlines()) == len(harmless.splitlines())
        assert b"\x1b" not in attacked
    elif name == "spdx-tag-value":
        assert len(attacked.splitlines()) == len(harmless.splitlines())
    else:
        assert json.loads(attacked) is not None
        if name in ("json", "gitlab"):
            assert keys(json.loads(attacked)) == keys(json.loads(harmless))


def check_markdown(text: str, harmless: str) -> None:
    """No cell, heading, link, code, picture, mention or HTML element that the harmless report has not."""
    assert len(text.splitlines()) == len(harmless.splitlines())
    for one, other in zip(text.splitlines(), harmless.splitlines(), strict=True):
        bare, plain = (re.sub(r"\\[\\`*_{}\[\]()<>#|~!]", "", line) for line in (one, other))
        for sign in "|`[]<>!":
            assert bare.count(sign) == plain.count(sign), one
        assert not re.search(r"@\w", bare), one
        assert "://" not in bare, one


def check_workbook(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(data)
    for sheet in openpyxl.load_workbook(tmp_path / "book.xlsx"):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                assert str(cell.value).isprintable()
