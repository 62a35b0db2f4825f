"""The hardware bill of a fictional controller under three homes: predictions, whole reports, and what they rest on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import whole_reports
import yaml
from program_runs import AS_OF, run_program

ROOT = Path(__file__).resolve().parent.parent
EXPECTED = yaml.safe_load((ROOT / "fixtures" / "expected" / "hbom.yaml").read_text(encoding="utf-8"))
RUNS = EXPECTED["runs"]
HOMES = [run["home"] for run in RUNS]
RULE = "chip-single-foreign-source"


@cache
def audited(home: str) -> dict[str, Any]:
    done = run_program("check", EXPECTED["bom"], "--home", home, "--as-of", AS_OF, "-f", "json", cwd=ROOT)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"]["exitCode"] == done.returncode
    return report


def named(report: dict[str, Any], rule: str, verdict: str) -> set[str]:
    names = {one["id"]: one["name"] for one in report["components"]}
    found = [one for one in report["findings"] if (one["rule"], one["verdict"]) == (rule, verdict)]
    return {names[component] for one in found for component in one.get("components", [])}


@pytest.mark.parametrize("run", RUNS, ids=HOMES)
def test_predicted_findings(run: dict[str, Any]) -> None:
    report = audited(run["home"])
    assert report["verdict"]["exitCode"] == run["exit"]
    for rule, components in run["must"].items():
        assert named(report, rule, "fail") == set(components), rule
    for rule, components in run["must-not"].items():
        assert not set(components) & named(report, rule, "fail"), rule
    for rule, components in run["undetermined"].items():
        assert named(report, rule, "undetermined") == set(components), rule


def test_three_homes_three_verdicts() -> None:
    assert len({frozenset(named(audited(home), RULE, "fail")) for home in HOMES}) == 3


def test_every_part_is_predicted() -> None:
    parts = json.loads((ROOT / EXPECTED["bom"]).read_text(encoding="utf-8"))["components"]
    assert {one["name"] for one in parts} == set(EXPECTED["why"])
    for run in RUNS:
        said = set().union(*(run[kind].get(RULE, []) for kind in ("must", "undetermined", "must-not")))
        assert said <= set(EXPECTED["why"])


@pytest.mark.parametrize("run", RUNS, ids=HOMES)
def test_whole_report(run: dict[str, Any], request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("--update-golden")
    wrong = whole_reports.differing(f"hbom-{run['home']}", audited(run["home"]), update=update)
    assert wrong == [], "run pytest tests/test_hbom.py --update-golden and read the difference"


def not_read(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(component, fact, basis) of everything that may decide a rule and is not `read`."""
    found = set()
    for one in report["components"]:
        rows = [(origin["stage"], origin.get("basis", "stated")) for origin in one.get("origin", [])]
        rows += [("license", one["licenses"]["basis"])] if one.get("licenses", {}).get("basis") else []
        rows += [("alternate", other.get("basis", "stated")) for other in one.get("sourcing", {}).get("alternates", [])]
        found |= {(one["name"], fact, basis) for fact, basis in rows if basis not in ("read", "stated")}
    return found


@pytest.mark.parametrize("name", whole_reports.kept())
def test_facts_that_decide_were_read(name: str) -> None:
    """Stated facts decide nothing; what else is not read is listed here with the reason."""
    report = whole_reports.read(name)
    assert report["run"].get("acceptStated") in (None, False)
    reasons = {
        ("alternate", "user"): "the alternate that the audited document itself names",
        ("license", "derived"): "seen in the bytes, or a demanding license on the document's word",
        ("steward", "derived"): "the project's own people, follows from the repository that was read",
        ("maintainer", "derived"): "the project's own people, follows from the repository that was read",
    }
    assert {(fact, basis) for _, fact, basis in not_read(report)} <= set(reasons)


NEVER_READ = {"r155-supplier-unknown": "fires because nobody read who stands behind the component"}
JUDGEMENTS = {path.stem: path for path in sorted((whole_reports.GOLDEN / "truth").glob("*.json"))}


@pytest.mark.parametrize("name", [*whole_reports.kept(), *JUDGEMENTS])
def test_a_failure_names_the_text_of_each_fact_it_rests_on(name: str) -> None:
    """The steps of a chain that say who owns, decides or licenses: all of them read, with the address of the text."""
    path = JUDGEMENTS.get(name)
    report = json.loads(path.read_text(encoding="utf-8")) if path else whole_reports.read(name)
    failed = [one for one in report["findings"] if one["verdict"] == "fail"]
    assert failed
    for one in failed:
        for step in one.get("chain", []) if one["rule"] not in NEVER_READ else []:
            source = step.get("source", "")
            if "rules/knowledge/" in source:
                assert " (read 20" in source, (one["rule"], step)
                assert step["step"] == "license" or ", read, confidence " in source, (one["rule"], step)


@pytest.mark.parametrize("home", HOMES)
def test_failures_rest_on_read_facts(home: str) -> None:
    report = audited(home)
    stages = {one["id"]: {origin["stage"]: origin for origin in one.get("origin", [])} for one in report["components"]}
    failed = [one for one in report["findings"] if one["rule"] == RULE and one["verdict"] == "fail"]
    assert failed
    for one in failed:
        for component in one["components"]:
            owner = stages[component]["owner"]
            assert owner["basis"] == "read"
            assert any(source.startswith(("http", "pkg:")) for source in owner["evidence"])
