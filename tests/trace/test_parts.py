"""Part lists: every line classified, no wrong vendor, channels, and the list against the device tree."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auditor import knowledge
from auditor.model import Comparison, Component, Declared, Document, Evidence, Inventory
from auditor.trace import trace

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 24)
OVERLAY = {
    "parties/ours.yaml": "- {id: example-motors, name: Example Motors, seat: DE, owners: [], sources: "
    "[{fields: [seat, owners], who: purchasing, day: 2026-11-20}]}\n",
    "chips/ours.yaml": "- {id: example-parts, name: House parts, vendor: example-motors, class: module, "
    "parts: ['EXM-[0-9]{4}-[A-Z]'], sources: [{fields: [vendor], who: purchasing, day: 2026-11-20}]}\n",
}


@pytest.fixture(scope="module")
def facts() -> knowledge.Knowledge:
    return knowledge.load()


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = importlib.util.spec_from_file_location("part_list_fixture", ROOT / "fixtures" / "part_list.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("lists")
    module.write(folder)
    for name, text in OVERLAY.items():
        (folder / "overlay" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "overlay" / name).write_text(text, encoding="utf-8")
    return folder


_SCANNED: dict[tuple[str, ...], dict[str, Any]] = {}


def scanned(program: Any, lists: Path, *arguments: str) -> dict[str, Any]:
    """The report of a scan, made once."""
    if arguments not in _SCANNED:
        done = program("scan", *arguments, "-f", "json", cwd=lists)
        assert done.returncode == 0, done.stderr
        _SCANNED[arguments] = json.loads(done.stdout)
    return _SCANNED[arguments]


def rows(lists: Path) -> dict[int, dict[str, str]]:
    with open(lists / "truth.csv", encoding="utf-8", newline="") as file:
        return {int(row["line"]): row for row in csv.DictReader(file)}


def by_line(report: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Components by the item of the list, from the places of their votes (the headings are line or row 1)."""
    found = {}
    for one in report["components"]:
        for vote in one["evidence"]:
            place = vote.get("pointer", "")
            number = int("".join(char for char in place.rpartition(" ")[2] if char.isdigit()))
            found[number - 1] = one
    return found


def vendor(one: dict[str, Any]) -> str | None:
    """The party the tool takes for the maker."""
    return next((origin.get("party") for origin in one.get("origin", []) if origin["stage"] == "hq"), None)


@pytest.mark.parametrize("name", ["list-en.csv", "list-zh.csv", "list-en.xlsx", "list-zh.xlsx"])
def test_every_line_is_classified_and_no_vendor_is_wrong(program: Any, lists: Path, name: str) -> None:
    found, truth = by_line(scanned(program, lists, name)), rows(lists)
    assert found.keys() == truth.keys() == set(range(1, 2001))
    assert {one["classification"] for one in found.values()} == {"known", "user-supplied", "unknown"}
    named = {line: maker for line, one in found.items() if (maker := vendor(one))}
    assert {
        line: (truth[line]["number"], maker) for line, maker in named.items() if maker != truth[line]["vendor"]
    } == {}
    for line, one in found.items():
        assert (one["classification"] == "unknown") == (line not in named), truth[line]
    assert sum(one["classification"] == "known" for one in found.values()) > 200
    assert len(named) > 1300


def test_users_add_vendors_and_parts(program: Any, lists: Path) -> None:
    plain = by_line(scanned(program, lists, "list-en.csv"))
    ours = by_line(scanned(program, lists, "list-en.csv", "--knowledge", "overlay"))
    for line, row in rows(lists).items():
        if row["made"] == "house":
            assert (plain[line]["classification"], vendor(plain[line])) == ("unknown", None)
            assert (ours[line]["classification"], vendor(ours[line])) == ("user-supplied", "example-motors")
            assert {origin["basis"] for origin in ours[line]["origin"]} == {"user"}
        else:
            assert ours[line]["classification"] == plain[line]["classification"]


def test_numbers_say_where_they_are_from(lists: Path) -> None:
    made = [row["made"] for row in rows(lists).values()]
    assert len(made) == 2000
    assert made.count("public") > 800
    assert set(made) == {"public", "pattern", "house"}


def chip(key: str, **given: Any) -> Component:
    plain = {"id": key, "kind": "chip", "layer": "silicon", "name": key.rpartition(":")[2], "ecu": "e"}
    return Component(key=key, **{**plain, **given})


def traced(facts: knowledge.Knowledge, *parts: Component, rows: tuple[Comparison, ...] = (), **given: Any) -> Inventory:
    return trace(Inventory(inputs=(), artifacts=(), components=parts, comparison=rows, **given), facts, TODAY)


def test_a_distributor_is_no_maker(facts: knowledge.Knowledge, tmp_path: Path) -> None:
    (tmp_path / "parties").mkdir()
    (tmp_path / "parties" / "a.yaml").write_text("- {id: shop, name: Chip Shop, seat: US, distributor: true}\n")
    from auditor.model import Actor

    (one,) = traced(
        knowledge.load([tmp_path]), chip("chip:mpn:XR-77", mpn="XR-77", manufacturer=Actor("Chip Shop"))
    ).components
    assert one.classification == "unknown"


@pytest.mark.parametrize(
    ("cell", "channels"),
    [
        ("Shop One", 1),
        ("Shop One; shop one", 1),
        ("Shop One; Shop Two Co., Ltd", 2),
        ("甲；乙 / 丙", 3),
        ("", None),
        (" ; ", None),
    ],
)
def test_channels_are_the_approved_vendors(facts: knowledge.Knowledge, cell: str, channels: int | None) -> None:
    line = Declared(pointer="line 2", name="XR-77", properties=(("part-list:approved_vendors", cell),))
    paper = Document(format="part-list", version="", subject=None, components=(line,), sha256="ab")
    said = Evidence("k", "mpn", "XR-77", "part-list", "declared", "supporting", artifact="ab", pointer="line 2")
    (one,) = traced(facts, chip("chip:mpn:XR-77", evidence=(said,)), documents=(paper,)).components
    assert one.sourcing
    assert one.sourcing.channels == channels
    assert ("one-channel" in one.sourcing.codes) == (channels == 1)


def test_a_list_that_names_another_main_chip_than_the_tree_contradicts_it(facts: knowledge.Knowledge) -> None:
    listed = chip("chip:mpn:TDA4VM88TGBALFRQ1", mpn="TDA4VM88TGBALFRQ1", declared=True)
    seen = chip("chip:fsl,imx8mm", observed=True)
    other = chip("chip:mpn:TJA1043T", mpn="TJA1043T", declared=True)
    before = (Comparison(component=seen.id, class_="only-observed", observed="fsl,imx8mm"),)
    found = traced(facts, listed, seen, other, rows=before)
    assert [(row.component, row.class_, row.declared, row.observed) for row in found.comparison] == [
        (seen.id, "contradicting", "TDA4VM88TGBALFRQ1", "fsl,imx8mm"),
        (listed.id, "contradicting", "TDA4VM88TGBALFRQ1", "fsl,imx8mm"),
    ]
    line = "chip: the list names TDA4VM88TGBALFRQ1, the device tree fsl,imx8mm"
    assert [one.contradictions for one in found.components] == [(line,), (line,), ()]


@pytest.mark.parametrize(
    "parts",
    [
        ("chip:mpn:TDA4VM88TGBALFRQ1",),
        ("chip:fsl,imx8mm",),
        ("chip:mpn:TDA4VM88TGBALFRQ1", "chip:fsl,imx8mm", "chip:mpn:SA8155P"),
        ("chip:mpn:TJA1043T", "chip:fsl,imx8mm"),
    ],
)
def test_without_one_against_one_nothing_contradicts(facts: knowledge.Knowledge, parts: tuple[str, ...]) -> None:
    made = [
        chip(
            key,
            mpn=key.removeprefix("chip:mpn:") if "mpn" in key else None,
            declared="mpn" in key,
            observed="mpn" not in key,
        )
        for key in parts
    ]
    found = traced(facts, *made)
    assert found.comparison == ()
    assert all(one.contradictions == () for one in found.components)


def test_the_report_says_channels_and_contradictions(program: Any, tmp_path: Path) -> None:
    text = "MPN,Manufacturer,AVL,Qty\nTJA1043T,NXP,Shop One,1\nTLE9263BQX,Infineon,Shop One; Shop Two,1\nXR-77,,,1\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    report = json.loads(program("check", "list.csv", "-f", "json", "--exit-zero", cwd=tmp_path).stdout)
    found = {one["name"]: one for one in report["components"]}
    assert {name: one["sourcing"].get("channels") for name, one in found.items()} == {
        "TJA1043T": 1, "TLE9263BQX": 2, "XR-77": None,
    }  # fmt: skip
    assert {name: one["classification"] for name, one in found.items()} == {
        "TJA1043T": "known", "TLE9263BQX": "known", "XR-77": "unknown",
    }  # fmt: skip
    rule = [one for one in report["findings"] if one["rule"] == "chip-one-channel" and one["verdict"] == "fail"]
    assert [one["components"] for one in rule] == [[found["TJA1043T"]["id"]]]


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("NRND", "nrnd"),
        ("Last-Time Buy", "last-time-buy"),
        ("停产", "obsolete"),
        ("Active", None),
        ("", None),
        ("new", None),
    ],
)
def test_a_list_may_say_that_a_part_nears_its_end_and_clears_nothing(
    cell: str, state: str | None, facts: knowledge.Knowledge
) -> None:
    line = Declared("line 2", "XR-77", type="device", mpn="XR-77", properties=(("part-list:lifecycle", cell),))
    document = Document("part-list", "1", None, (line,), sha256="aa" * 32, input="i")
    vote = Evidence(
        "chip:mpn:XR-77", "mpn", "XR-77", "part-list", "declared", "supporting", artifact="aa" * 32, pointer="line 2"
    )
    part = Component(
        id="c", key="chip:mpn:XR-77", kind="chip", layer="silicon", name="XR-77", ecu="e", mpn="XR-77", declared=True,
        evidence=(vote,),
    )  # fmt: skip
    found = trace(Inventory(inputs=(), artifacts=(), components=(part,), documents=(document,)), facts, TODAY)
    assert found.components[0].sourcing is not None
    assert found.components[0].sourcing.lifecycle == state
