"""Who and what an atom names: parties by any of their names, sites beside parties, choices of licenses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.whatif import licenses
from auditor.whatif.supply import stage_lost

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "fixtures" / "vehicle"
VEHICLE = """\
vehicle: Example
ecus:
  - {id: body, name: Body, inputs: [parts.csv]}
functions:
  - {id: wipers, needs: [body]}
  - {id: lights, needs: [body]}
generations:
  - {function: wipers, supply: {part: ZZ-100, party: nxp}, reserve: {part: RR-100, party: NXP Semiconductors N.V., status: qualified}}
  - {function: lights, supply: {part: ZZ-200, party: Alpha}, reserve: {part: RR-200, party: ALPHA, status: qualified}}
sites:
  - {id: s1, name: Omega Semi, country: DE, party: Omega Semi, roles: [wafer], parts: [ZZ-200]}
"""
PARTS = "mpn,manufacturer,quantity\nZZ-100,,1\nZZ-200,,1\nQQ-1,Nobodyknown Semi,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vehicle.yaml").write_text(VEHICLE)
    (tmp_path / "parts.csv").write_text(PARTS)
    return tmp_path


def stopped(program: Any, folder: Path, *removed: str) -> list[str]:
    """Return the parts that cannot be had any more."""
    words = [word for one in removed for word in ("--remove", one)]
    done = program("whatif", "--vehicle", "vehicle.yaml", "--no-sets", "-f", "json", *words, cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return [one["name"] for one in json.loads(done.stdout)["parts"] if one["state"] == "stops"]


def test_one_party_under_two_names_is_no_substitute_for_itself(program: Any, folder: Path) -> None:
    for name in ("nxp", "NXP Semiconductors", "NXP Semiconductors N.V."):
        assert stopped(program, folder, f"party:{name}") == ["ZZ-100"], name
    for name in ("Alpha", "alpha", "ALPHA"):
        assert stopped(program, folder, f"party:{name}") == ["ZZ-200"], name


def test_parties_of_the_vehicle_file_are_in_the_report_with_their_countries(program: Any, folder: Path) -> None:
    report = json.loads(program("check", "--vehicle", "vehicle.yaml", "-f", "json", cwd=folder).stdout)
    (nxp,) = [one for one in report["parties"] if one["id"] == "nxp"]
    assert (nxp["country"], nxp["names"]) == ("NL", ["NXP Semiconductors N.V."])
    assert stopped(program, folder, "country:NL") == ["ZZ-100"]


def test_owners_of_parties_that_only_the_vehicle_file_names_take_both_generations(program: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    words = ("--vehicle", EXAMPLE / "vehicle.yaml", "--knowledge", EXAMPLE / "knowledge", "--as-of", "2026-11-24")
    program("check", *map(str, words), "-o", f"json={path}", "-q", cwd=ROOT)
    for gone in ("party:example-group", "country:CA"):
        done = program("whatif", str(path), "--remove", gone, "--no-sets", "-f", "json", cwd=ROOT)
        found = {one["name"]: one for one in json.loads(done.stdout)["parts"]}
        assert found["EXC-210"]["state"] == "stops", gone


def test_a_maker_that_only_the_part_list_names_can_be_removed(program: Any, folder: Path) -> None:
    assert stopped(program, folder, "party:nobodyknown semi") == ["QQ-1"]


def test_a_site_is_removed_by_its_name_beside_a_party_of_the_same(program: Any, folder: Path) -> None:
    text = VEHICLE.replace(", reserve: {part: RR-200, party: ALPHA, status: qualified}", "")
    (folder / "vehicle.yaml").write_text(text)
    for atom in ("site:Omega Semi", "site:s1", "party:Omega Semi"):
        assert stopped(program, folder, atom) == ["ZZ-200"], atom


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("Taiwan", "did you mean 'country:TW'?"),
        ("Germany", "did you mean 'country:DE'?"),
        ("EU", "name the members one by one"),
        ("ZZ", "name the members one by one"),
    ],
)
def test_a_country_is_one_of_the_standard(program: Any, folder: Path, value: str, hint: str) -> None:
    words = ("--vehicle", "vehicle.yaml", "--remove", f"country:{value}")
    done = program("whatif", *words, cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{value!r} is no ISO 3166-1 alpha-2 code" in done.stderr.decode() and hint in done.stderr.decode()


def test_a_material_is_one_in_any_case_of_its_letters(program: Any, folder: Path) -> None:
    said = "materials:\n  - {material: Lithium, stage: refine, used-in: [body]}\n"
    found = []
    for text in (said, said.replace("Lithium", "lithium")):
        (folder / "vehicle.yaml").write_text(VEHICLE + text)
        done = program("check", "--vehicle", "vehicle.yaml", "-p", "eu-crma", "-f", "json", cwd=folder)
        about = [one for one in json.loads(done.stdout)["findings"] if one["rule"].startswith(("crma-", "material-"))]
        found.append([(one["rule"], one["verdict"], one["message"]) for one in about])
        assert stopped(program, folder, "material:LITHIUM") == ["lithium"]
    assert found[0] == found[1] and any(rule.startswith("crma-") for rule, _, _ in found[0])


@pytest.mark.parametrize(
    ("removed", "lost"),
    [
        (("BSD-3-Clause",), True),
        (("MIT",), False),
        (("Apache-2.0",), False),
        (("MIT", "Apache-2.0"), True),
    ],
)
def test_of_a_choice_of_licenses_one_is_enough(
    program: Any, tmp_path: Path, removed: tuple[str, ...], lost: bool
) -> None:
    said = [{"expression": "BSD-3-Clause AND (MIT OR Apache-2.0)"}]
    part = {"type": "library", "name": "mixed", "version": "1", "licenses": said}
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [part]}
    (tmp_path / "bom.cdx.json").write_text(json.dumps(bom))
    words = [word for one in removed for word in ("--remove", f"license:{one}")]
    done = program("whatif", "bom.cdx.json", *words, "-f", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert [one["state"] for one in json.loads(done.stdout)["parts"]] == (["stops"] if lost else [])


IDS = [f"LicenseRef-{letter}" for letter in "abcd"]
TREES = st.recursive(
    st.sampled_from(IDS),
    lambda inner: st.tuples(st.sampled_from(("AND", "OR")), inner, inner),
    max_leaves=6,
)


def said(tree: Any) -> str:
    return tree if isinstance(tree, str) else f"({said(tree[1])} {tree[0]} {said(tree[2])})"


def holds(tree: Any, gone: set[str]) -> bool:
    if isinstance(tree, str):
        return tree not in gone
    both = (holds(tree[1], gone), holds(tree[2], gone))
    return all(both) if tree[0] == "AND" else any(both)


@given(TREES, st.sets(st.sampled_from(IDS)))
def test_stages_of_a_license_say_what_its_expression_says(tree: Any, gone: set[str]) -> None:
    stages, doubts = licenses.stages("part", said(tree))
    atoms = frozenset(f"license:{one.casefold()}" for one in gone)
    assert not doubts
    assert any(stage_lost(one, atoms) for one in stages) is not holds(tree, gone)


@pytest.mark.parametrize(
    "expression",
    [
        " OR ".join(f"(LicenseRef-a{number} AND LicenseRef-b{number})" for number in range(30)),
        "LicenseRef-a AND",
        "(" * 5000 + "MIT" + ")" * 5000,
    ],
)
def test_an_expression_that_cannot_be_worked_out_is_a_doubt(expression: str) -> None:
    stages, doubts = licenses.stages("part", expression)
    assert stages == () and [one.kinds for one in doubts] == [{"license"}]


def test_an_exception_is_lost_with_its_license() -> None:
    (stage,), _ = licenses.stages("linux", "GPL-2.0-only WITH Linux-syscall-note")
    assert stage.entries[0].atoms == {"license:gpl-2.0-only", "license:linux-syscall-note"}
