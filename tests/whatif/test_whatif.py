"""What stops without whom, by the real command: on the bundled controllers and on a vehicle file."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
VEHICLE = """\
vehicle: Example One
ecus:
  - id: body
    name: Body
    asil: B
    quantity: 2
    inputs: [parts.csv]
functions:
  - {id: wipers, name: Wipers, needs: [body], asil: B}
parts:
  - {part: FS32K144HAT0MLLT, spend: 120000, stock-weeks: 6, switch-weeks: 26}
  - {part: TJA1043T, spend: 8000, stock-weeks: 10, switch-weeks: 4}
generations:
  - function: wipers
    supply: {part: FS32K144HAT0MLLT, stock-weeks: 8}
    reserve: {part: GD32A503, party: gigadevice, status: qualified, switch-weeks: 30}
sites:
  - {id: plant, name: Plant One, country: MY, roles: [assembly], parts: [TJA1043T]}
materials:
  - {material: gallium, stage: refine, used-in: [body], shares: {CN: 0.9, JP: 0.1}}
"""
PARTS = """\
MPN,Manufacturer,Quantity,Alternate MPN,Alternate Qualified
FS32K144HAT0MLLT,NXP,1,,
TJA1043T,NXP,1,TCAN1043DRQ1,yes
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vehicle.yaml").write_text(VEHICLE)
    (tmp_path / "parts.csv").write_text(PARTS)
    return tmp_path


def asked(program: Any, folder: Path, *removed: str) -> dict[str, Any]:
    words = [word for one in removed for word in ("--remove", one)]
    done = program("whatif", "--vehicle", "vehicle.yaml", "-f", "json", *words, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in answer["parts"] if one["name"].startswith(name))


def test_reserve_takes_over_and_the_gap_is_counted(program: Any, folder: Path) -> None:
    answer = asked(program, folder, "party:NXP Semiconductors")
    found = part(answer, "FS32K144")
    assert (found["state"], found["substitute"]) == ("degrades", "GD32A503")
    assert (found["switchWeeks"], found["stockWeeks"], found["gapWeeks"]) == (30, 8, 22)
    assert part(answer, "TJA1043")["gapWeeks"] == 0
    assert answer["functions"][0]["state"] == "degrades"
    assert answer["spendAffected"] == 128000


def test_two_losses_together_stop_what_one_does_not(program: Any, folder: Path) -> None:
    answer = asked(program, folder, "party:nxp", "party:gigadevice")
    assert answer["functions"][0]["state"] == "stops"
    assert answer["functions"][0]["because"] == ["FS32K144HAT0MLLT in Body"]
    sets = answer["smallestSets"][0]
    assert ["party:gigadevice", "party:nxp"] in sets["parties"]
    assert ["party:nxp"] not in sets["parties"]


def test_site_and_material_are_ways_too(program: Any, folder: Path) -> None:
    assert part(asked(program, folder, "site:plant"), "TJA1043")["state"] == "degrades"
    gone = asked(program, folder, "material:gallium")
    assert (part(gone, "gallium")["state"], gone["functions"][0]["state"]) == ("stops", "stops")
    assert "gallium" not in {
        one["name"] for one in asked(program, folder, "country:CN")["parts"] if one["state"] == "stops"
    }
    both = asked(program, folder, "country:CN", "country:JP")
    assert part(both, "gallium")["state"] == "stops"


def test_shares_that_are_not_whole_or_not_own_never_stop_anything_for_sure(program: Any, folder: Path) -> None:
    some = "materials:\n  - {material: gallium, stage: refine, used-in: [body], shares: {CN: 0.6, JP: 0.1}}\n"
    head = VEHICLE[: VEHICLE.index("materials:")]
    (folder / "vehicle.yaml").write_text(head + some)
    found = part(asked(program, folder, "country:CN", "country:JP"), "gallium")
    assert (found["state"], found["by"]) == ("unknown", ["the declared shares: CN 60.0 %, JP 10.0 %, unlisted 30.0 %"])
    # nobody declares own shares: those of the world are shown, and said to be them
    (folder / "vehicle.yaml").write_text(head + some.replace(", shares: {CN: 0.6, JP: 0.1}", ""))
    found = part(asked(program, folder, "country:CN"), "gallium")
    assert found["state"] == "unknown"
    assert found["by"][0].startswith("own shares are not declared; those of the world, 2024: CN 98.4 %, RU 0.8 %")
    every = asked(program, folder, *(f"country:{code}" for code in ("CN", "RU", "JP", "KR")))
    assert part(every, "gallium")["state"] == "stops"
    # what nobody read at a source is nobody's share
    (folder / "vehicle.yaml").write_text(head + "materials:\n  - {material: lithium, stage: refine, used-in: [body]}\n")
    assert part(asked(program, folder, "country:CN"), "lithium")["by"] == ["nobody says where it comes from"]


def test_the_weakest_substitute_is_the_one_with_the_longest_gap(program: Any, folder: Path) -> None:
    answer = asked(program, folder, "party:nxp")
    weakest = {
        "part": "FS32K144HAT0MLLT", "ecu": "Body", "substitute": "GD32A503",
        "switchWeeks": 30, "stockWeeks": 8, "gapWeeks": 22,
    }  # fmt: skip
    assert answer["functions"][0]["weakest"] == answer["ecus"][0]["weakest"] == weakest
    text = program("whatif", "--vehicle", "vehicle.yaml", "--remove", "party:nxp", cwd=folder).stdout.decode()
    assert "weakest substitute: GD32A503 for FS32K144HAT0MLLT, 22 weeks without parts" in text
    # a gap nobody can name is worse than any
    (folder / "vehicle.yaml").write_text(VEHICLE.replace(", stock-weeks: 10, switch-weeks: 4", ""))
    assert asked(program, folder, "party:nxp")["functions"][0]["weakest"] == {
        "part": "TJA1043T", "ecu": "Body", "substitute": "TCAN1043DRQ1",
    }  # fmt: skip


def test_the_table_of_the_page_says_what_the_question_says(program: Any, folder: Path) -> None:
    from auditor.cli.foreign import perhaps
    from auditor.limits import Limits
    from auditor.report import maps

    # all gallium comes from home: its loss would stop the controller, and the table is about what is outside
    (folder / "vehicle.yaml").write_text(VEHICLE.replace("shares: {CN: 0.9, JP: 0.1}", "shares: {CN: 1.0}"))
    assert asked(program, folder, "country:CN")["functions"][0]["state"] == "stops"
    program("check", "--vehicle", "vehicle.yaml", "-o", "json=report.json", "-q", cwd=folder)
    report = perhaps(folder / "report.json", Limits())
    assert report is not None
    rows = maps.knockout(report)
    assert rows and not {row.country for row in rows if not row.name} & set(report.run.home)
    ids = {one.name: one.id for one in report.parties}
    for row in rows:
        atom = f"party:{ids[row.name]}" if row.name else f"country:{row.country}"
        said = asked(program, folder, atom)
        assert list(row.stop) == [one["name"] for one in said["ecus"] if one["state"] == "stops"], atom
        assert list(row.degrade) == [one["name"] for one in said["ecus"] if one["state"] == "degrades"], atom
        assert row.components == sum(one["state"] in ("stops", "degrades") for one in said["parts"]), atom


def test_text_and_picture_say_the_same(program: Any, folder: Path) -> None:
    words = ("whatif", "--vehicle", "vehicle.yaml", "--remove", "party:nxp", "--remove", "party:gigadevice")
    text = program(*words, cwd=folder).stdout.decode()
    assert "Wipers    stops" in text and "gigadevice + nxp" in text
    picture = ET.fromstring(program(*words, "-f", "svg", cwd=folder).stdout)
    told = {one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"✕ Wipers stops", "✕ Body stops", "party:nxp"} <= told


def test_unknown_part_is_never_called_safe(program: Any, folder: Path) -> None:
    (folder / "parts.csv").write_text(PARTS + "QX-4410,,1,,\n")
    answer = asked(program, folder, "country:BR")
    assert part(answer, "QX-4410")["state"] == "unknown"
    assert (answer["functions"][0]["state"], answer["functions"][0]["unknown"]) == ("unknown", 3)


def test_open_source_is_used_on_without_its_steward(program: Any, tmp_path: Path) -> None:
    program("demo", "-o", f"json={tmp_path / 'r.json'}", "-q")
    done = program("whatif", "r.json", "--remove", "country:US", "-f", "json", cwd=tmp_path)
    found = part(json.loads(done.stdout), "FreeRTOS")
    assert (found["state"], found["by"]) == ("degrades", ["upkeep: no maintainer left"])
    gone = program("whatif", "r.json", "--remove", "license:MIT", "-f", "json", cwd=tmp_path)
    assert part(json.loads(gone.stdout), "FreeRTOS")["state"] == "stops"


@pytest.mark.parametrize(
    ("atom", "hint"),
    [("party:nxpp", "did you mean 'party:nxp'"), ("planet:mars", "KIND:VALUE"), ("part:nothing-near", "no part")],
)
def test_what_names_nothing_ends_with_2(program: Any, folder: Path, atom: str, hint: str) -> None:
    done = program("whatif", "--vehicle", "vehicle.yaml", "--remove", atom, cwd=folder)
    assert done.returncode == 2 and hint in done.stderr.decode()


@pytest.mark.parametrize(
    ("old", "new", "fault", "hint"),
    [
        ("asil: B\n", "asil: E\n", "E", "one of QM"),
        ("needs: [body]", "needs: [boddy]", "boddy", "did you mean 'body'"),
        ("quantity: 2", "quantty: 2", "quantty", "did you mean 'quantity'"),
        ("country: MY", "country: Malaysia", "Malaysia", "alpha-2"),
        ("country: MY", "country: YM", "YM", "alpha-2"),
        ("JP: 0.1", "JJ: 0.1", "0.1", "'JJ' is no ISO 3166-1"),
        ("JP: 0.1", "JP: 1.1", "1.1", "between 0 and 1"),
        ("shares: {CN: 0.9, JP: 0.1}", "shares: {CN: 0.9, JP: 0.2}", "{", "1.1 together, more than the whole"),
        ("spend: 8000", "spend: -8000", "-8000", "spend cannot be -8000"),
        ("switch-weeks: 30", "switch-weeks: -0.5", "-0.5", "0 or more"),
        ("quantity: 2", "quantity: -2", "-2", "0 or more"),
        ("needs: [body]", "needs: []", "[", "at least one controller"),
        (
            "{part: TJA1043T, spend",
            "{part: fs32k144hat0mllt, spend",
            "fs32k144hat0mllt",
            "parts has 'fs32k144hat0mllt' twice",
        ),
        ("part: GD32A503", "part: fs32k144hat0mllt", "fs32k144hat0mllt", "the part in supply"),
        ("quantity: 2", "quantity: two", "two", "expected `float`"),
        ("switch-weeks: 30", "swich-weeks: 30", "swich-weeks", "did you mean 'switch-weeks'"),
    ],
)
def test_fault_in_the_vehicle_file_ends_with_5(
    program: Any, folder: Path, old: str, new: str, fault: str, hint: str
) -> None:
    text = VEHICLE.replace(old, new)
    (folder / "vehicle.yaml").write_text(text)
    done = program("check", "--vehicle", "vehicle.yaml", cwd=folder)
    told = done.stderr.decode()
    at = text.index(new) + new.index(fault)
    place = f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
    assert done.returncode == 5
    assert f"vehicle.yaml:{place}: " in told and hint in told, told


@pytest.mark.parametrize(
    ("more", "fault", "hint"),
    [
        ("  - {id: m, base: n}\n  - {id: n, base: m}\n", "n}", "'m' is its own base"),
        ("  - {id: m, base: m}\n", "m}", "'m' is its own base"),
        ("  - {id: m, alternates: [m]}\n", "m]", "its own alternate"),
        ("  - {id: m}\n  - {id: m}\n", "m}\n", "models has 'm' twice"),
        ("  - {id: m, trained-on: [none]}\n", "none", "datasets has no 'none'"),
        (
            "datasets:\n  - {id: d, contributors: [{party: A, share: 0.7}, {party: B, share: 0.7}]}\n",
            "[{",
            "1.4 together",
        ),
        ("datasets:\n  - {id: d, contributors: [{party: A}, {party: a}]}\n", "a}]", "the data set has 'a' twice"),
        ("lines:\n  - {id: l, volume: -1}\n", "-1", "0 or more"),
    ],
)
def test_fault_between_entries_ends_with_5(program: Any, folder: Path, more: str, fault: str, hint: str) -> None:
    text = VEHICLE + ("" if more.startswith(("datasets", "lines")) else "models:\n") + more
    (folder / "vehicle.yaml").write_text(text)
    done = program("check", "--vehicle", "vehicle.yaml", cwd=folder)
    told = done.stderr.decode()
    at = text.rindex(fault) if "twice" in hint else text.index(fault, len(VEHICLE))
    place = f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
    assert done.returncode == 5
    assert f"vehicle.yaml:{place}: " in told and hint in told, told


def test_report_holds_the_vehicle_and_validates(program: Any, folder: Path) -> None:
    import jsonschema_rs

    done = program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=folder)
    report = json.loads(done.stdout)
    assert report["vehicle"]["functions"][0]["needs"] == ["body"]
    assert report["ecus"][0] | {"inputs": []} == {
        "id": "body", "name": "Body", "inputs": [], "quantity": 2.0, "functions": ["wipers"], "asil": "B",
    }  # fmt: skip
    schema = json.loads(program("schema", "report").stdout)
    assert jsonschema_rs.validator_for(schema).is_valid(report)
    own = json.loads(program("schema", "vehicle").stdout)
    import yaml

    assert jsonschema_rs.validator_for(own).is_valid(yaml.safe_load(VEHICLE))
    assert not jsonschema_rs.validator_for(own).is_valid(yaml.safe_load(VEHICLE.replace("quantity: 2", "quantty: 2")))


def test_design_is_over_and_silence_about_data_is_no_promise(program: Any, folder: Path) -> None:
    text = VEHICLE.replace("sites:\n", "sites:\n  - {id: desk, country: MX, roles: [design], ecus: [body]}\n")
    (folder / "vehicle.yaml").write_text(
        text
        + "datasets:\n  - {id: pool, contributors: [{party: Alpha}]}\n"
        + "models:\n  - {id: lane, ecu: body, owner: Delta, trained-on: [pool]}\n"
    )
    assert not [one for one in asked(program, folder, "country:MX")["parts"] if one["state"] != "unknown"]
    assert asked(program, folder, "party:Alpha")["functions"][0]["state"] == "stops"


def test_a_package_is_meant_with_or_without_version_and_qualifiers(program: Any, folder: Path) -> None:
    (folder / "bom.cdx.json").write_text(
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library",'
        ' "name": "lwip", "version": "2.2.0", "purl": "pkg:generic/lwip@2.2.0?arch=arm"}]}'
    )
    text = VEHICLE.replace("[parts.csv]", "[parts.csv, bom.cdx.json]")
    for name in ("pkg:generic/lwip", "pkg:generic/LWIP@2.2.0", "pkg:generic/lwip@2.2.0?arch=arm64", "lwip"):
        (folder / "vehicle.yaml").write_text(text.replace("{part: TJA1043T, spend", f"{{part: {name!r}, spend"))
        done = program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=folder)
        assert json.loads(done.stdout)["diagnostics"] == [], name


def test_an_entry_that_means_no_component_is_said(program: Any, folder: Path) -> None:
    text = VEHICLE.replace("{part: TJA1043T, spend", "{part: TJA1043TX, spend")
    text = text.replace("supply: {part: FS32K144HAT0MLLT,", "supply: {part: fs32k144hat0mllt,").replace(
        "parts: [TJA1043T]", "parts: [TJA1043T, pkg:generic/nothing@1]"
    )
    (folder / "vehicle.yaml").write_text(text)
    done = program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=folder)
    assert [line.partition(" is no part")[0] for line in json.loads(done.stdout)["diagnostics"]] == [
        "vehicle file: parts[1].part 'TJA1043TX'", "vehicle file: sites[0].parts 'pkg:generic/nothing@1'",
    ]  # fmt: skip


MODELS = """\
datasets:
  - {id: pool, owner: Pool House, license: CC-BY-4.0, contributors: [{party: Alpha, remains: false}, {party: Gamma, remains: true}]}
  - {id: own}
models:
  - {id: lane, ecu: body, component: lane-net, owner: Delta, license: LicenseRef-Lane, base: backbone, trained-on: [own]}
  - {id: backbone, owner: Base House, license: LicenseRef-Base, base: public-weights, trained-on: [pool]}
"""


def test_base_models_their_data_and_their_licenses_say_no(program: Any, folder: Path) -> None:
    (folder / "bom.cdx.json").write_text(
        '{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components":'
        ' [{"type": "machine-learning-model", "name": "lane-net", "version": "1"}]}'
    )
    text = VEHICLE.replace("[parts.csv]", "[parts.csv, bom.cdx.json]")
    (folder / "vehicle.yaml").write_text(text + MODELS)
    for gone in (
        "part:lane-net", "part:lane", "part:backbone", "part:public-weights", "party:Delta", "party:Base House",
        "party:Alpha", "data:pool", "data:own", "license:CC-BY-4.0", "license:LicenseRef-Lane",
        "license:LicenseRef-Base", "license:CC-BY-4.0", "party:Pool House",
    ):  # fmt: skip
        answer = asked(program, folder, gone)
        assert [one["name"] for one in answer["parts"] if one["state"] == "stops"] == ["lane-net"], gone
    done = program("whatif", "--vehicle", "vehicle.yaml", "--remove", "party:Gamma", cwd=folder)
    assert done.returncode == 2  # whose data stay stops nothing
    other = "    {id: small, owner: Delta, trained-on: [own]}".replace("    {", "  - {")
    (folder / "vehicle.yaml").write_text(
        text
        + MODELS.replace(
            "trained-on: [own]}\n  - {id: backbone", "trained-on: [own], alternates: [small]}\n  - {id: backbone"
        )
        + other
        + "\n"
    )
    rescued = part(asked(program, folder, "part:backbone"), "lane-net")
    assert (rescued["state"], rescued["substitute"]) == ("degrades", "small")
    assert part(asked(program, folder, "data:own"), "lane-net")["state"] == "stops"


def test_site_of_a_whole_controller_and_country_of_a_contributor_stop_it(program: Any, folder: Path) -> None:
    (folder / "vehicle.yaml").write_text(
        VEHICLE.replace("sites:\n", "sites:\n  - {id: final, country: MX, roles: [vehicle-assembly], ecus: [body]}\n")
        + "datasets:\n  - {id: pool, contributors: [{party: Alpha, country: CL, remains: false}]}\n"
        + "models:\n  - {id: lane, ecu: body, owner: Delta, trained-on: [pool]}\n"
    )
    for gone in ("site:final", "country:MX", "country:CL", "party:Alpha", "data:pool"):
        assert asked(program, folder, gone)["functions"][0]["state"] == "stops", gone
    sets = asked(program, folder)["smallestSets"][0]["countries"]
    assert ["country:CL"] in sets and ["country:MX"] in sets
