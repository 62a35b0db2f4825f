"""Part lists in the languages and encodings of their makers, and what is said of a table with unknown headings."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from document_samples import read, sample

from auditor.identify import documents, identify
from auditor.identify.documents.notes import Unreadable
from auditor.model import Actor, Document

GERMAN = (
    "Pos.;Stückzahl;Bezeichnung;Hersteller;Herstellernummer;Ursprungsland;Lieferant\n"
    "1;2;Mikrocontroller für Antrieb;Maker GmbH;TC397XX;Deutschland;Händler AG\n"
)
FRENCH = (
    "N°;Quantité;Désignation;Fabricant;Référence fabricant;Pays d'origine;Fournisseur\n"
    "1;2;Microcontrôleur;Maker SA;TC397XX;France;Détaillant\n"
)
JAPANESE = "番号,員数,部品名,メーカー,メーカー型番,原産国,仕入先\n1,2,マイコン,製造株式会社,TC397XX,日本,販売店\n"
KOREAN = "순번,수량,품명,제조사,제조사 품번,원산지,공급사\n1,2,마이크로컨트롤러,제조회사,TC397XX,대한민국,판매점\n"
CHINESE = "序号,数量,名称,制造商,制造商型号,原产地,供应商\n1,2,微控制器,制造公司,TC397XX,中国,经销商\n"
SAID = {
    "german": (GERMAN, "cp1252", "Maker GmbH", "Deutschland", "Händler AG"),
    "french": (FRENCH, "cp1252", "Maker SA", "France", "Détaillant"),
    "japanese": (JAPANESE, "cp932", "製造株式会社", "日本", "販売店"),
    "korean": (KOREAN, "cp949", "제조회사", "대한민국", "판매점"),
    "chinese": (CHINESE, "gb18030", "制造公司", "中国", "经销商"),
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", ""])
def test_headings_and_cells_of_a_language(language: str, encoding: str) -> None:
    text, own, maker, country, supplier = SAID[language]
    document = read(text.encode(encoding or own), "liste.csv")
    assert document is not None
    (one,) = document.components
    assert (one.mpn, one.quantity, one.country_of_origin) == ("TC397XX", 2.0, country)
    assert (one.manufacturer, one.supplier) == (Actor(maker), Actor(supplier))
    assert document.unknown_keys == 0


def test_unknown_headings_are_listed_with_what_is_missing() -> None:
    found = identify(sample(b"Foo;Bar;Hersteller\n1;2;Maker\n", ""))
    (problem,) = found.problems
    assert (problem.code, problem.pointer) == ("unrecognized", "line 1")
    for said in ("'Foo', 'Bar', 'Hersteller'", "known manufacturer", "missing mpn, part or name", "--input-type"):
        assert said in problem.message


@pytest.mark.parametrize(
    "text", ["one, two and three\nfour words, five\n", "a;b\n1;2\n", "x = 1\ny = 2\n", "a,b,c\n1,2\n"]
)
def test_text_that_is_no_table_is_not_called_one(text: str) -> None:
    assert identify(sample(text.encode(), "")).problems == ()


def test_a_table_in_a_folder_is_no_failed_part_list() -> None:
    assert identify(sample(b"Foo;Bar;Other\n1;2;3\n", "share/table.csv")).problems == ()


def test_many_headings_are_cut() -> None:
    row = ",".join(f"h{at}" for at in range(40))
    (problem,) = identify(sample(f"{row}\n{row}\n".encode(), "")).problems
    assert "'h11' and 28 more" in problem.message


def named(text: str, said: str) -> Document | None:
    own = sample(text.encode())
    own.declared = said
    return documents.read(own)


def test_the_user_names_columns() -> None:
    document = named("Foo;Bar;Maker\n1-ABC;2;M\n", "part-list:mpn=foo,quantity=Bar")
    assert document is not None
    assert [(one.mpn, one.quantity, one.manufacturer) for one in document.components] == [("1-ABC", 2.0, Actor("M"))]
    with pytest.raises(Unreadable, match="missing mpn, part or name"):
        named("Foo;Bar;Maker\n1-ABC;2;M\n", "part-list:quantity=Bar")


def test_a_named_column_comes_before_what_is_known_by_itself() -> None:
    document = named("MPN;Comment;Qty\nhouse-1;AB-12;2\n", "part-list:mpn=Comment,part=MPN")
    assert document is not None
    assert [one.mpn for one in document.components] == ["AB-12"]


def test_a_workbook_says_the_same(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in (("Foo", "Bar", "Maker"), ("1-ABC", 2, "M")):
        book.active.append(row)
    book.save(stream)
    with pytest.raises(Unreadable, match="headings 'Foo', 'Bar', 'Maker'"):
        read(stream.getvalue(), "x.xlsx")


@pytest.mark.parametrize(
    ("said", "code", "word"),
    [
        ("part-list:mpn=Foo,quantity=Bar", 0, ""),
        ("part-list", 3, "headings 'Foo', 'Bar'"),
        ("part-list:nothing=Foo", 2, "the fields are mpn"),
        ("squashfs:mpn=Foo", 2, "only the columns of a part list"),
    ],
)
def test_the_option_takes_a_mapping(said: str, code: int, word: str, tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    path.write_text("Foo;Bar;Other\n1-ABC;2;M\n", encoding="utf-8")
    words = [sys.executable, "-m", "auditor", "scan", str(path), "-f", "json", "--input-type", said]
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    assert run.returncode == code
    assert word in run.stderr
    if not code:
        assert [one["mpn"] for one in json.loads(run.stdout)["components"]] == ["1-ABC"]
