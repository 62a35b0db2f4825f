"""The sections about the vehicle: in the page and on the terminal, in two languages, and nothing without a vehicle."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.report import html, labels, vehicle_sections
from auditor.report import json as reports
from auditor.report.schema import Report
from auditor.vehicle import Contributor, Controller, Dataset, Function, Vehicle

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "fixtures" / "vehicle"
TITLES = ("Functions", "Sites", "Materials", "Data", "Models")


@pytest.fixture(scope="module")
def pages(program: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, str, str, str, str]:
    """Report, page in English and Chinese, terminal text in English and Chinese of the example vehicle."""
    place = tmp_path_factory.mktemp("vehicle")
    words = ("--vehicle", EXAMPLE / "vehicle.yaml", "--knowledge", EXAMPLE / "knowledge", "--as-of", "2026-11-24")
    text = []
    for language in ("en", "zh"):
        target = ("-o", f"html={place}/{language}.html", "-o", f"json={place}/report.json", "-f", "text")
        done = program(
            "check",
            *map(str, words),
            "--home",
            "DE",
            "--lang",
            language,
            *target,
            cwd=ROOT,
            environment={"COLUMNS": "120"},
        )
        assert done.returncode == 1, done.stderr.decode()
        text.append(done.stdout.decode())
    report = reports.read((place / "report.json").read_bytes())
    shown = [(place / f"{language}.html").read_text("utf-8") for language in ("en", "zh")]
    return report, shown[0], shown[1], text[0], text[1]


def section(page: str) -> str:
    found = re.search(r'<section aria-labelledby="vehicle">.*?</section>', page, re.S)
    assert found is not None
    return found[0]


def test_every_record_of_the_vehicle_has_a_row(pages: tuple[Report, str, str, str, str]) -> None:
    report, page, *_ = pages
    vehicle = report.vehicle
    assert isinstance(vehicle, Vehicle)
    shown = section(page)
    assert re.findall(r"<h3>([^<]+)</h3>", shown) == list(TITLES)
    rows = shown.count('<th scope="row">')
    records = (vehicle.functions, vehicle.sites, vehicle.materials, vehicle.datasets, vehicle.models)
    assert rows == sum(map(len, records))
    for text in (
        "EXS-100 (example-silicon, DE, 2036-11-24)", "AU 60 %, CL 40 %", "not declared", "Key office Austin",
        "Example Mobility (35 %, license, goes)", "public-backbone", "Small lane detector", "declared in the vehicle file",
    ):  # fmt: skip
        assert text in shown, text


def test_chinese_has_no_english_label_left(pages: tuple[Report, str, str, str, str]) -> None:
    shown = section(pages[2])
    headings = re.findall(r'<th scope="col">([^<]+)</th>', shown) + re.findall(r"<h[23][^>]*>([^<]+)</h", shown)
    assert len(headings) > 30
    for heading in headings:
        assert re.search(r"[\u4e00-\u9fff]", heading) or heading in ("ASIL", "ECU"), heading
    assert "工艺控制" in shown
    assert re.search(r"由本土控制: [0-9.]+ % 按数量, [0-9.]+ % 按金额; 未知: [0-9.]+ % 按数量, [0-9.]+ % 按金额", shown)
    assert "已认证" in shown


def test_one_line_on_the_terminal(pages: tuple[Report, str, str, str, str]) -> None:
    english, chinese = pages[3], pages[4]
    assert "vehicle Example platform: 14 controllers, 23 functions of the vehicle, 9 sites, 11 materials" in english
    assert "整车 Example platform: 14 控制器, 23 项功能" in chinese


def test_nothing_without_a_vehicle(demo_report: Report) -> None:
    speak = labels.say("en")
    assert vehicle_sections.sections(demo_report, speak) == []
    assert vehicle_sections.line(demo_report, speak) == ""


def test_what_a_vehicle_says_is_text_not_markup(demo_report: Report) -> None:
    import msgspec

    from auditor.report import Style

    evil = "<img src=x onerror=alert(1)>"
    vehicle = Vehicle(
        evil, (Controller("a", evil),), functions=(Function("f", ("a",), evil),),
        datasets=(Dataset("d", evil, contributors=(Contributor(evil),)),),
    )  # fmt: skip
    page = html.render(msgspec.structs.replace(demo_report, vehicle=vehicle), Style()).decode()
    assert "<img" not in page
    assert section(page).count("&lt;img") == 5


@pytest.fixture(scope="module")
def demo_report(demo: Any) -> Report:
    import json

    return reports.read(json.dumps(demo("CN")).encode())


def test_every_word_of_the_sections_has_its_chinese() -> None:
    words = labels.table("zh").words
    wanted = {*TITLES, *(title for columns in vehicle_sections.SECTIONS.values() for title in columns)}
    from auditor.evaluate import vehicle_file

    wanted |= {
        *vehicle_file.ROLES,
        *vehicle_file.STAGES,
        *vehicle_file.STATUS,
        *vehicle_file.RIGHTS,
        *vehicle_file.STACKS,
    }
    assert wanted - set(words) == set()


def test_localization_by_value_counts_each_part_once(pages: tuple[Report, str, str, str, str]) -> None:
    report = pages[0]
    vehicle = report.vehicle
    assert isinstance(vehicle, Vehicle)
    owners = {
        (one.mpn or "").casefold(): next((entry.country for entry in one.origin if entry.stage == "owner"), None)
        for one in report.components
    }
    spend = {one.part: one.spend or 0.0 for one in vehicle.parts}
    home = sum(value for part, value in spend.items() if owners[part.casefold()] == "DE")
    unknown = sum(value for part, value in spend.items() if owners[part.casefold()] is None)
    assert spend["TC275TP64F200WDC"] == home > 0
    found = report.summary.localization
    assert found.by_value == pytest.approx(home / sum(spend.values()), abs=1e-6)
    assert found.unknown_value == pytest.approx(unknown / sum(spend.values()), abs=1e-6)
    assert found.by_value != found.by_count
    without = sum((one.mpn or "").casefold() not in {part.casefold() for part in spend} for one in report.components)
    assert found.without_spend == pytest.approx(without / len(report.components), abs=1e-6)
    assert f"components without a spend: {100 * without / len(report.components):.1f} %" in pages[1]


def test_localization_by_layer_adds_up_to_the_whole(pages: tuple[Report, str, str, str, str]) -> None:
    report = pages[0]
    whole = report.summary.localization
    counts = Counter(one.layer for one in report.components)
    assert {name: one.components for name, one in whole.layers.items()} == counts
    home = {name: round(one.by_count * one.components) for name, one in whole.layers.items()}
    assert sum(home.values()) == round(whole.by_count * len(report.components)) > 0
    unknown = sum(round(one.unknown * one.components) for one in whole.layers.values())
    assert unknown == round(whole.unknown * len(report.components))
    # spend is declared for chips alone: their layer has all of it, the others say nothing about value
    worth = {name: one.by_value for name, one in whole.layers.items() if one.by_value is not None}
    assert worth == {"silicon": whole.by_value}


def test_without_spend_nothing_is_said_about_value(demo_report: Report) -> None:
    found = demo_report.summary.localization
    assert (found.by_value, found.unknown_value, found.without_spend) == (None, None, None)


def test_spend_on_parts_of_nobody_known_is_not_from_home() -> None:
    from types import SimpleNamespace
    from typing import cast

    from auditor.model import Component, Origin
    from auditor.report.summary import localization
    from auditor.vehicle import Controller, PartTerms

    def component(name: str, owner: str | None) -> Component:
        origin = (Origin("owner", "x", owner),) if owner else ()
        return cast(Component, SimpleNamespace(name=name, mpn=None, purl=None, layer="silicon", origin=origin))

    vehicle = Vehicle("V", (Controller("a"),), parts=(PartTerms("one", 100.0), PartTerms("two", 300.0)))
    some = [component("one", "DE"), component("two", None), component("three", "DE"), component("four", "FR")]
    found = localization(some, ("DE",), vehicle)
    assert (found.by_value, found.unknown_value, found.without_spend) == (0.25, 0.75, 0.5)
