"""`auditor init --vehicle --export`: a purchasing export with any headings becomes a vehicle that can be audited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evaluate import PolicyError, vehicle_file
from auditor.evaluate.parts_export import convert

EXPORT = """\
Stückliste Plattform;;;;;;
Stand 2026-11-01;;;;;;
Steuergerät;Herst.-Teilenr.;Hersteller;Menge;Umsatz p.a.;Reichweite (Wo.);Wechsel (Wo.)
Batteriesteuerung;FS32K144HAT0MLLT;NXP Semiconductors;1;1.250.000,50;8,5;26
Batteriesteuerung;TJA1043T;NXP Semiconductors;2;80.000;10;4
Türsteuerung;TJA1043T;NXP Semiconductors;1;20.000;6;12
Türsteuerung;;;;;;
Summe;;;;1.350.000,50;;
"""
MAPPING = """\
vehicle: Example platform
currency: EUR
decimal: ","
columns:
  ecu: Steuergerät
  mpn: Herst.-Teilenr.
  manufacturer: Hersteller
  quantity: Menge
  spend: Umsatz p.a.
  stock-weeks: Reichweite (Wo.)
  switch-weeks: Wechsel (Wo.)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def converted(folder: Path) -> tuple[Any, dict[str, str]]:
    made = convert(folder / "export.csv", folder / "mapping.yaml")
    (folder / "vehicle.yaml").write_text(made.vehicle, encoding="utf-8")
    return vehicle_file.load(folder / "vehicle.yaml"), made.lists


def test_controllers_parts_and_terms(folder: Path) -> None:
    vehicle, lists = converted(folder)
    assert [(one.id, one.name) for one in vehicle.ecus] == [
        ("batteriesteuerung", "Batteriesteuerung"),
        ("t-rsteuerung", "Türsteuerung"),
    ]
    assert {one.part: (one.spend, one.stock_weeks, one.switch_weeks) for one in vehicle.parts} == {
        "FS32K144HAT0MLLT": (1250000.5, 8.5, 26.0),
        "TJA1043T": (100000.0, 6.0, 12.0),  # spend adds up, the smallest stock and the longest change count
    }
    assert vehicle.currency == "EUR"
    assert lists["parts/t-rsteuerung.csv"] == "MPN,Manufacturer,Quantity\nTJA1043T,NXP Semiconductors,1\n"


def test_a_row_that_names_no_part_or_no_controller_is_told(folder: Path, program: Any) -> None:
    text = "Steuergerät;MPN;Hersteller;Umsatz\nBremse;X-1;A;5\nBremse;;Ohne Nummer;3,00\n;X-2;B;1\n;;;\nBremse;;;\n"
    (folder / "export.csv").write_text(text, encoding="utf-8")
    columns = "{ecu: Steuergerät, mpn: MPN, manufacturer: Hersteller, spend: Umsatz}"
    (folder / "mapping.yaml").write_text(f"decimal: ','\ncolumns: {columns}\n", encoding="utf-8")
    made = convert(folder / "export.csv", folder / "mapping.yaml")
    assert made.left_out == (
        "export.csv: line 3: no part number or name: the row (manufacturer Ohne Nummer, spend 3,00) is left out; "
        "complete it in the export if it is a part",
        "export.csv: line 4: no controller: the row (X-2, manufacturer B, spend 1) is left out; "
        "complete it in the export if it is a part",
    )


def test_a_workbook_says_the_same(folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    plain = convert(folder / "export.csv", folder / "mapping.yaml")
    book = openpyxl.Workbook()
    for line in EXPORT.splitlines():
        book.active.append(line.split(";"))
    book.save(folder / "export.xlsx")
    made = convert(folder / "export.xlsx", folder / "mapping.yaml")
    assert (made.vehicle, made.lists) == (plain.vehicle, plain.lists)
    assert made.left_out == tuple(line.replace("export.csv", "export.xlsx") for line in plain.left_out)


def test_what_it_writes_is_audited(folder: Path, program: Any) -> None:
    words = ("init", "--vehicle", "--export", "export.csv", "--mapping", "mapping.yaml")
    done = program(*words, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    assert b"wrote parts/batteriesteuerung.csv" in done.stdout
    assert program(*words, cwd=folder).returncode == 7
    answer = program("whatif", "--vehicle", "vehicle.yaml", "--remove", "part:TJA1043T", "-f", "json", cwd=folder)
    found = json.loads(answer.stdout)
    assert {one["name"]: one["state"] for one in found["ecus"]} == {
        "Batteriesteuerung": "stops",
        "Türsteuerung": "stops",
    }
    assert found["spendAffected"] == 100000  # of the part once, though it stands in two controllers


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  mpn: Herst.-Teilenr.\n", "", "are needed"),
        ("  mpn:", "  mpm:", "did you mean 'mpn'"),
        ("Umsatz p.a.", "Umsatz", "the export has no column 'Umsatz'"),
        ('decimal: ","', 'decimal: ";"', "a point or a comma"),
        ('decimal: ","', 'decimal: "."', "is no number"),
        ("currency:", "curency:", "did you mean 'currency'"),
        ("  ecu: Steuergerät", "  ecu: [a]", "a heading is text"),
    ],
)
def test_a_mapping_that_does_not_fit_is_an_error_with_its_place(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "mapping.yaml").write_text(MAPPING.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        convert(folder / "export.csv", folder / "mapping.yaml")
    assert message in caught.value.text()


def test_wrong_use(folder: Path, program: Any) -> None:
    assert program("init", "--export", "export.csv", "--mapping", "mapping.yaml", cwd=folder).returncode == 2
    assert program("init", "--vehicle", "--export", "export.csv", cwd=folder).returncode == 2
    gone = program("init", "--vehicle", "--export", "gone.csv", "--mapping", "mapping.yaml", cwd=folder)
    assert gone.returncode == 5
    assert b"cannot be read" in gone.stderr


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=400) | st.text(alphabet=';,\t"\nSteuergräHs.-Tiln1', max_size=300).map(str.encode))
def test_no_table_breaks_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    place = tmp_path_factory.mktemp("export")
    (place / "mapping.yaml").write_text("columns: {ecu: Steuergerät, mpn: Herst.-Teilenr.}\n", encoding="utf-8")
    (place / "export.csv").write_bytes("Steuergerät;Herst.-Teilenr.\n".encode() + data)
    try:
        made = convert(place / "export.csv", place / "mapping.yaml")
    except PolicyError:
        return
    (place / "vehicle.yaml").write_text(made.vehicle, encoding="utf-8")
    vehicle = vehicle_file.load(place / "vehicle.yaml")
    assert len(vehicle.ecus) == len(made.lists)
