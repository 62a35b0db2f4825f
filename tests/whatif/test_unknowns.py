"""What nobody knows never survives: inputs that were not read, substitutes and stages nobody describes, helpers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HEAD = "vehicle: Example\necus:\n  - {id: body, name: Body, inputs: [PARTS]}\nfunctions:\n  - {id: wipers, needs: [body]}\n"
SITES = """\
sites:
  - {id: fab, country: JP, roles: [wafer], parts: [ZZ-100]}
  - {id: back, country: JP, roles: [assembly, test], parts: [ZZ-100]}
"""
PARTS = "mpn,manufacturer,quantity\nZZ-100,Infineon,1\n"


def vehicle(folder: Path, more: str = "", parts: str = PARTS, name: str = "parts.csv") -> None:
    """Write a vehicle of one controller with a part list."""
    (folder / name).write_text(parts)
    (folder / "vehicle.yaml").write_text(HEAD.replace("PARTS", name) + more)


def asked(program: Any, folder: Path, *removed: str, code: int = 0) -> dict[str, Any]:
    words = [word for one in removed for word in ("--remove", one)]
    done = program("whatif", "--vehicle", "vehicle.yaml", "-f", "json", *words, cwd=folder)
    assert done.returncode == code, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cut.cdx.json", b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "na'),
        ("empty.cdx.json", b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}'),
        ("sealed.bin", None),
    ],
)
def test_a_controller_nobody_could_read_is_unknown(program: Any, tmp_path: Path, name: str, data: bytes | None) -> None:
    import random

    vehicle(tmp_path, name=name)
    (tmp_path / name).write_bytes(random.Random(7).randbytes(100_000) if data is None else data)
    for gone in ("country:US", "country:CN"):
        answer = asked(program, tmp_path, gone, code=4)
        assert [one["state"] for one in answer["functions"]] == ["unknown"]
        assert answer["functions"][0]["because"] == [f"{name} in Body"]
        assert [one["by"][0].startswith("not read in full: ") for one in answer["parts"]] == [True]
        assert (answer["smallestSets"][0]["unknownParties"], answer["smallestSets"][0]["unknownCountries"]) == (1, 1)
    program("check", "--vehicle", "vehicle.yaml", "-o", "json=report.json", "-q", cwd=tmp_path)
    done = program("whatif", "report.json", "--remove", "country:US", cwd=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 4 and name in done.stderr.decode()
    assert f"({name})" in text and "not read in full" in text
    assert "too little is known of 1 part to say that no other does" in text


def test_a_controller_without_a_component_is_unknown(program: Any, tmp_path: Path) -> None:
    vehicle(tmp_path, name="parts.bin")
    (tmp_path / "parts.bin").write_bytes(bytes(range(1, 120)) * 40)
    done = program("whatif", "--vehicle", "vehicle.yaml", "-f", "json", "--remove", "country:US", cwd=tmp_path)
    assert json.loads(done.stdout)["functions"][0]["state"] == "unknown"


@pytest.mark.parametrize(
    ("inputs", "code", "hint"),
    [
        (("missing.json",), 3, "missing.json: No such file"),
        (("parts.csv", "missing.csv"), 3, "missing.csv: No such file"),
        (("words.txt",), 3, "words.txt: "),
        (("cut.json",), 4, "cut.json: "),
        (("report.json", "other.json"), 2, "report.json is a report: give it alone"),
        (("parts.csv", "report.json"), 2, "report.json is a report: give it alone"),
        (("report.json", "--vehicle", "vehicle.yaml"), 2, "report.json is a report: --vehicle"),
        (("report.json", "--ecu", "X=parts.csv"), 2, "report.json is a report: --ecu"),
    ],
)
def test_what_cannot_be_answered_is_not_answered(
    program: Any, tmp_path: Path, inputs: tuple[str, ...], code: int, hint: str
) -> None:
    vehicle(tmp_path)
    (tmp_path / "words.txt").write_text("no report, no image, no bill of materials: only words, and enough of them\n")
    made = program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=tmp_path).stdout
    for name, data in (("report.json", made), ("other.json", made), ("cut.json", made[: len(made) // 2])):
        (tmp_path / name).write_bytes(data)
    done = program("whatif", *inputs, "--remove", "country:US", cwd=tmp_path)
    assert done.returncode == code and hint in done.stderr.decode(), done.stderr.decode()
    assert b"survives" not in done.stdout and (code == 4 or not done.stdout)


def test_unknown_stages_of_a_chip_are_unknown_for_a_country(program: Any, tmp_path: Path) -> None:
    vehicle(tmp_path)
    answer = asked(program, tmp_path, "country:TW")
    assert answer["functions"][0]["state"] == "unknown"
    assert answer["parts"][0]["by"] == ["nobody knows the country or region of its fab, assembly, test"]
    assert answer["smallestSets"][0]["unknownCountries"] == 1
    vehicle(tmp_path, SITES)
    known = asked(program, tmp_path, "country:TW")
    assert (known["functions"][0]["state"], known["parts"]) == ("survives", [])
    assert "unknownCountries" not in known["smallestSets"][0]
    assert asked(program, tmp_path, "country:JP")["functions"][0]["state"] == "stops"


GENERATIONS = """\
generations:
  - function: wipers
    supply: {{part: ZZ-100, stock-weeks: 1}}
    reserve: {{part: RR-100, status: qualified, switch-weeks: 4{}}}
"""


@pytest.mark.parametrize(
    ("said", "sites", "doubt"),
    [
        ("", "", "nobody knows who controls it"),
        (", party: Nobodyknown Semi", "", "nobody knows where Nobodyknown Semi sits"),
        (", party: gigadevice", "", "nobody knows the country or region of its fab, assembly, test"),
        (", party: gigadevice, fab-country: CN", "", "nobody knows the country or region of its assembly, test"),
    ],
)
def test_a_substitute_nobody_describes_is_no_way_left(
    program: Any, tmp_path: Path, said: str, sites: str, doubt: str
) -> None:
    vehicle(tmp_path, GENERATIONS.format(said))
    answer = asked(program, tmp_path, "country:DE")
    assert answer["functions"][0]["state"] == "unknown"
    assert f"substitute RR-100: {doubt}" in answer["parts"][0]["by"]
    assert "control: infineon" in answer["parts"][0]["by"]


def test_the_sites_of_a_substitute_count_as_those_of_the_part_in_use(program: Any, tmp_path: Path) -> None:
    sites = SITES + SITES.replace("sites:\n", "").replace("ZZ-100", "RR-100").replace("id: ", "id: r-").replace(
        "JP", "MY"
    )
    vehicle(tmp_path, GENERATIONS.format(", party: gigadevice, fab-country: KR") + sites)
    answer = asked(program, tmp_path, "country:DE")
    assert (answer["functions"][0]["state"], answer["parts"][0]["substitute"]) == ("degrades", "RR-100")
    # where its wafers are made, where it is assembled and who controls it can each say no
    for country in ("KR", "MY", "CN"):
        assert asked(program, tmp_path, "country:DE", f"country:{country}")["functions"][0]["state"] == "stops"
    sets = answer["smallestSets"][0]["countries"]
    assert {("country:DE", "country:KR"), ("country:DE", "country:MY"), ("country:CN", "country:DE")} <= {
        tuple(one) for one in sets
    }


def test_an_alternate_model_nobody_describes_is_no_way_left(program: Any, tmp_path: Path) -> None:
    model = """\
datasets:
  - {id: pool, owner: Infineon}
models:
  - {id: lane, ecu: body, owner: Infineon, trained-on: [pool], alternates: [small]}
  - {id: small%s}
"""
    vehicle(tmp_path, SITES + model % "")
    gone = asked(program, tmp_path, "part:lane", "party:infineon")
    lane = next(one for one in gone["parts"] if one["name"] == "lane")
    assert lane["state"] == "unknown"
    assert {
        "substitute small: nobody knows who controls it",
        "substitute small: nobody says what data small was trained on",
    } < set(lane["by"])
    vehicle(tmp_path, SITES + model % ", owner: nxp, trained-on: [own]" + "\n".join(("", "")))
    text = (tmp_path / "vehicle.yaml").read_text().replace("models:", "  - {id: own, owner: nxp}\nmodels:")
    (tmp_path / "vehicle.yaml").write_text(text)
    gone = asked(program, tmp_path, "part:lane", "party:infineon")
    lane = next(one for one in gone["parts"] if one["name"] == "lane")
    assert (lane["state"], lane["substitute"]) == ("degrades", "small")


def test_a_helping_controller_that_was_not_read_is_unknown(program: Any, tmp_path: Path) -> None:
    vehicle(tmp_path, SITES)
    text = (tmp_path / "vehicle.yaml").read_text().replace("needs: [body]", "needs: [body], helped-by: [rain]")
    (tmp_path / "vehicle.yaml").write_text(text.replace("functions:", "  - {id: rain, name: Rain sensor}\nfunctions:"))
    found = asked(program, tmp_path, "country:TW")["functions"][0]
    assert (found["state"], found["because"]) == ("unknown", ["Rain sensor: no input of it was audited"])


def test_software_whose_license_nobody_knows_is_unknown_for_a_license(program: Any, tmp_path: Path) -> None:
    boms = [{"type": "library", "name": name, "version": "1", "licenses": said} for name, said in (
        ("one", [{"license": {"id": "MIT"}}]), ("two", []),
    )]  # fmt: skip
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": boms}
    vehicle(tmp_path, name="bom.cdx.json", parts=json.dumps(bom))
    found = {one["name"]: one["state"] for one in asked(program, tmp_path, "license:MIT")["parts"]}
    assert found == {"one": "stops", "two": "unknown"}
