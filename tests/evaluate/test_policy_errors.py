"""A typo in each kind of place gives file, line, column and a suggestion; hostile policy files are errors."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from evaluate_records import component, inventory

from auditor import knowledge
from auditor.evaluate import PolicyError, check_places, evaluate, load_library, load_policy
from auditor.evaluate.license_facts import license_ids, valid_license
from auditor.evaluate.scaffold import scaffold
from auditor.evaluate.selftest import check_rules
from auditor.evaluate.waivers import load as load_waivers

RULE = scaffold("my-rule")
PACK = """\
pack: mine
title: Mine
version: "1"
extends: [auditor:base]
rules: [my-rule]
severity:
  my-rule: low
params:
  home: [DE]
gate:
  fail-on: medium
"""
WAIVER = """\
waivers:
  - rule: my-rule
    component: lib
    reason: accepted-risk
    owner: somebody
    expires: "2027-01-01"
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, rule: str = RULE, pack: str = PACK) -> None:
    write(folder, "rules/own/my-rule.yaml", rule)
    path = write(folder, "mine.yaml", pack)
    policy = load_policy([str(path)], rule_folders=[folder / "rules"])
    assert "my-rule" in policy.rule_packs


def test_the_unchanged_files_load(tmp_path: Path) -> None:
    load(tmp_path)
    found = load_waivers(write(tmp_path, "w.yaml", WAIVER), ["my-rule"], as_of=date(2026, 11, 24))
    assert found[0].expires == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "suggestion"),
    [
        ("rationale:", "rational:", 8, 1, "rationale"),
        ("severity: medium", "severity: mediun", 3, 11, "medium"),
        ("applies-to: [library]", "applies-to: [libary]", 4, 14, "library"),
        ("basis: house", "basis: hose", 12, 8, "house"),
        ("status: trial", "status: trail", 13, 9, "trial"),
        ("component.declared &&", "component.declard &&", 6, 13, "declared"),
        ("&& !component.supplier_named", "&& component.name.contain('x')", 6, 40, "contains"),
        ("&& !component.supplier_named", "&& component.name == 1", 6, 40, ""),
        ("&& !component.supplier_named", "&& params.limt == 1", 6, 25, ""),
        ("{component.label}: say", "{component.lable}: say", 7, 22, "label"),
        ("id: my-rule", "id: my-rull", 1, 5, ""),
        ("  remediation: \"中", "  remedation: \"中", 18, 3, "remediation"),
    ],
)  # fmt: skip
def test_typos_in_rules(tmp_path: Path, old: str, new: str, line: int, column: int, suggestion: str) -> None:
    assert old in RULE
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, rule=RULE.replace(old, new, 1))
    error = caught.value
    assert (error.file, error.line, error.column, error.suggestion) == (
        str(tmp_path / "rules/own/my-rule.yaml"),
        line,
        column,
        suggestion,
    )
    assert str(error).startswith(f"{error.file}:{line}:{column}: ")


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "suggestion"),
    [
        ("extends: [auditor:base]", "extends: [auditor:bse]", 4, 11, "base"),
        ("rules: [my-rule]", "rules: [my-rul]", 5, 9, "my-rule"),
        ("severity:", "severities:", 6, 1, "severity"),
        ("  my-rule: low", "  my-rull: low", 7, 3, "my-rule"),
        ("my-rule: low", "my-rule: lo", 7, 12, "low"),
        ("home: [DE]", "homes: [DE]", 9, 3, "home"),
        ("home: [DE]", "home: [Germany]", 9, 10, ""),
        ("home: [DE]", "max_share: high", 9, 14, ""),
        ("fail-on: medium", "fail-at: medium", 11, 3, "fail-on"),
        ("fail-on: medium", "fail-on: mediun", 11, 12, "medium"),
    ],
)
def test_typos_in_packs(tmp_path: Path, old: str, new: str, line: int, column: int, suggestion: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, pack=PACK.replace(old, new, 1))
    error = caught.value
    assert error.file.endswith("mine.yaml")
    assert (error.line, error.column, error.suggestion) == (line, column, suggestion)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "suggestion"),
    [
        ("rule: my-rule", "rule: my-rull", 2, 11, "my-rule"),
        ("reason: accepted-risk", "reason: acepted-risk", 4, 13, "accepted-risk"),
        ("owner: somebody", "ower: somebody", 5, 5, "owner"),
        ('expires: "2027-01-01"', "expires: 2027-13-01", 6, 14, ""),
        ('    expires: "2027-01-01"\n', "", 2, 5, ""),
        ("    component: lib\n", "", 2, 5, ""),
        ("waivers:", "waiver:", 1, 1, "waivers"),
    ],
)
def test_typos_in_waivers(tmp_path: Path, old: str, new: str, line: int, column: int, suggestion: str) -> None:
    path = write(tmp_path, "w.yaml", WAIVER.replace(old, new, 1))
    with pytest.raises(PolicyError) as caught:
        load_waivers(path, ["my-rule"], as_of=date(2026, 11, 24))
    error = caught.value
    assert (error.line, error.column, error.suggestion) == (line, column, suggestion)


def test_typos_in_examples(tmp_path: Path) -> None:
    write(
        tmp_path, "own/my-rule.yaml", RULE.replace("declared: false, supplier_named", "declard: false, supplier_named")
    )
    report = check_rules([load_library([tmp_path]).rules["my-rule"]])[0]
    assert report.errors == (f"{tmp_path}/own/my-rule.yaml:27:32: unknown fact 'declard' (did you mean 'declared'?)",)


@pytest.mark.parametrize(
    ("options", "suggestion"),
    [
        ({"packs": ["cn-autonmy"]}, "cn-autonomy"),
        ({"select": ["origin-unknwn"]}, "origin-unknown"),
        ({"ignore": ["origin-unknwn"]}, "origin-unknown"),
        ({"severities": {"origin-unknwn": "low"}}, "origin-unknown"),
        ({"severities": {"origin-unknown": "lo"}}, "low"),
        ({"fail_on": "hihg"}, "high"),
        ({"min_confidence": "hih"}, "high"),
        ({"home": ["China"]}, ""),
    ],
)
def test_typos_in_options(options: dict[str, object], suggestion: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(**options)  # type: ignore[arg-type]
    assert caught.value.suggestion == suggestion


# ---------------------------------------------------------------- hostile policy files


def test_extends_never_leaves_the_packs(tmp_path: Path) -> None:
    for target in ("../../etc/passwd", "/etc/passwd"):
        with pytest.raises(PolicyError, match="unknown pack") as caught:
            load(tmp_path, pack=PACK.replace("auditor:base", target))
        assert caught.value.line == 4


def test_packs_that_extend_each_other_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, "packs/one.yaml", 'pack: one\ntitle: One\nversion: "1"\nextends: [two]\n')
    write(tmp_path, "packs/two.yaml", 'pack: two\ntitle: Two\nversion: "1"\nextends: [one]\n')
    with pytest.raises(PolicyError, match="extends itself") as caught:
        load_policy(["one"], pack_folders=[tmp_path / "packs"])
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "packs/two.yaml"), 4)


def test_too_many_rules_are_an_error_before_they_are_read(tmp_path: Path) -> None:
    for number in range(5001):
        (tmp_path / f"r{number:05}.yaml").touch()
    with pytest.raises(PolicyError, match="more than 5000") as caught:
        load_library([tmp_path])
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "r05000.yaml"), 1)


@pytest.mark.parametrize(
    "condition",
    ["component.declared" + " && component.observed" * 3000, "!(" * 300 + "component.declared" + ")" * 300,
     "(component.declared && " * 100 + "true" + ")" * 100, "(component.declared || !" * 100 + "true" + ")" * 100],
)  # fmt: skip
def test_huge_and_deep_conditions_are_errors_with_a_place(tmp_path: Path, condition: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, rule=RULE.replace("component.declared && !component.supplier_named", condition))
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "rules/own/my-rule.yaml"), 6)


def test_a_huge_file_a_directory_and_bytes_that_are_not_text_are_errors(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "my-rule.yaml"
    for data, words in (
        (b"#" * (2 << 20), "larger"),
        (b"id: \xff\xfe", "not UTF-8"),
        (b"", "mapping"),
        (b"- a", "mapping"),
    ):
        path.write_bytes(data)
        with pytest.raises(PolicyError, match=words):
            load_library([tmp_path])
    with pytest.raises(PolicyError, match="not a folder"):
        load_library([path])


def test_symbolic_links_in_a_rule_folder_are_not_followed(tmp_path: Path) -> None:
    target = write(tmp_path, "elsewhere/my-rule.yaml", RULE)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "my-rule.yaml").symlink_to(target)
    assert "my-rule" not in load_library([tmp_path / "rules"]).rules


def test_shadowing_a_shipped_rule_or_pack_is_an_error_unless_said(tmp_path: Path) -> None:
    write(tmp_path, "rules/origin-unknown.yaml", scaffold("origin-unknown"))
    with pytest.raises(PolicyError, match="exists already"):
        load_library([tmp_path / "rules"])
    library = load_library([tmp_path / "rules"], replace_shipped=True)
    assert library.rules["origin-unknown"].family == "user"
    write(tmp_path, "packs/base.yaml", 'pack: base\ntitle: My base\nversion: "9"\nextends: [auditor:base]\n')
    with pytest.raises(PolicyError, match="exists already"):
        load_policy(["base"], pack_folders=[tmp_path / "packs"])
    policy = load_policy(["base"], pack_folders=[tmp_path / "packs"], replace_shipped=True)
    assert [(pack.id, pack.version) for pack in policy.packs][-1] == ("base", "9")
    assert "origin-unknown" in policy.rule_packs


def test_packs_stand_in_the_folder_of_rules(tmp_path: Path) -> None:
    write(tmp_path, "own/my-rule.yaml", RULE)
    write(tmp_path, "own/packs/mine.yaml", PACK)
    write(tmp_path, "own/packs/house.yaml", "pack: house\ntitle: House\nversion: '1'\nextends: [mine]\n")
    policy = load_policy(["house"], rule_folders=[tmp_path / "own"])
    assert [pack.id for pack in policy.packs] == ["base", "mine", "house"]
    assert policy.rule_packs["my-rule"] == "mine"
    write(tmp_path, "own/packs/base.yaml", "pack: base\ntitle: Mine\nversion: '1'\n")
    with pytest.raises(PolicyError, match="--replace-shipped"):
        load_policy(["house"], rule_folders=[tmp_path / "own"])


@pytest.mark.parametrize(
    ("params", "line", "column", "message"),
    [
        ("home: [DE]\n  restricted: [RU, UK]", 10, 20, "'UK' is no ISO 3166-1 alpha-2 code"),
        ("home: [DE, RU]\n  restricted: [KP, RU]", 10, 20, "RU is restricted and home or trusted at once"),
    ],
)
def test_a_jurisdiction_of_a_pack_has_its_place(
    tmp_path: Path, params: str, line: int, column: int, message: str
) -> None:
    write(tmp_path, "rules/own/my-rule.yaml", RULE)
    path = write(tmp_path, "mine.yaml", PACK.replace("home: [DE]", params))
    policy = load_policy([str(path)], rule_folders=[tmp_path / "rules"])
    with pytest.raises(PolicyError, match=message) as caught:
        check_places(policy, knowledge.load())
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), line, column)
    said = load_policy([str(path)], rule_folders=[tmp_path / "rules"], restricted=["UK"])
    with pytest.raises(PolicyError) as caught:
        check_places(said, knowledge.load())
    assert caught.value.file == "--restricted"


def test_a_parameter_that_a_pack_sets_otherwise_is_told(tmp_path: Path) -> None:
    text = "pack: mine\ntitle: Mine\nversion: '1'\nextends: [us-connected-vehicle]\nparams: {first_model_year: 2031}\n"
    policy = load_policy([str(write(tmp_path, "mine.yaml", text))], select=["cv-hardware-restricted", "origin-unknown"])
    told = {rule.id: rule.changed for rule in policy.rules}
    changed = "first_model_year: 2031, shipped 2030 (pack mine)"
    assert told == {"cv-hardware-restricted": (changed,), "origin-unknown": ()}
    result = evaluate(inventory(component()), policy, None, as_of=date(2026, 11, 24))
    assert f"the rule cv-hardware-restricted runs with {changed}" in result.diagnostics
    assert next(one.changed for one in result.rules if one.id == "cv-hardware-restricted") == (changed,)


# ---------------------------------------------------------------- license expressions


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("MIT", True), ("MIT OR Apache-2.0", True), ("(MIT AND BSD-3-Clause) OR GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0+", True), ("LicenseRef-Example", True), ("", False), ("MIT OR", False), ("see the website", False),
        ("(MIT", False), ("MIT)", False), ("AND MIT", False), ("MIT (BSD)", False),
    ],
)  # fmt: skip
def test_license_grammar(text: str, valid: bool) -> None:
    assert valid_license(text) is valid


def test_license_bombs_are_answered() -> None:
    nested = "(" * 50_000 + "MIT" + ")" * 50_000
    wide = " AND ".join(f"(A{i} OR B{i})" for i in range(5_000))
    assert valid_license(nested)
    assert valid_license(wide)
    assert not valid_license("(" * 100_000)
    assert len(license_ids(wide)) == 10_000
    assert license_ids("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT") == [
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "MIT",
    ]


def test_packs_with_different_homes_are_not_run_together() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(["cn-autonomy", "us-connected-vehicle"])
    text = caught.value.text()
    assert "home: cn-autonomy (CN) and us-connected-vehicle (US)" in text
    assert "restricted: cn-autonomy (none) and us-connected-vehicle (CN, RU)" in text
    assert "run them apart" in text
    assert "--home and --restricted" in text


def test_a_pack_that_names_no_jurisdiction_agrees_with_every_other() -> None:
    assert load_policy(["cn-autonomy", "unece-iso", "base"]).home == ("CN",)
    assert load_policy(["eu-cra", "eu-crma"]).home == load_policy(["eu-cra"]).home


def test_options_settle_what_packs_disagree_about() -> None:
    packs = ["cn-autonomy", "us-connected-vehicle"]
    with pytest.raises(PolicyError, match="disagree about restricted"):
        load_policy(packs, home=["US"])
    assert load_policy(packs, home=["US"], restricted=["CN"]).home == ("US",)


def test_what_a_pack_extends_does_not_disagree_with_it(tmp_path: Path) -> None:
    mine = write(tmp_path, "mine.yaml", PACK.replace("auditor:base", "auditor:cn-autonomy").replace("[my-rule]", "[]"))
    text = mine.read_text(encoding="utf-8").replace("severity:\n  my-rule: low\n", "")
    mine.write_text(text, encoding="utf-8")
    assert load_policy([str(mine)]).home == ("DE",)
    with pytest.raises(PolicyError, match="disagree about home"):
        load_policy([str(mine), "cn-autonomy"])
