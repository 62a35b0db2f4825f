"""JUnit by junitparser and GitLab's format by its documentation: states, severities and unknowns are told apart."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import msgspec
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from auditor.report import json as reports
from auditor.report import render
from auditor.report.schema import Report


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    """The bundled controllers with every finding of one rule waived."""
    found = reports.read(json.dumps(demo()).encode())
    changed = tuple(
        msgspec.structs.replace(one, state="waived") if one.rule == "undeclared-component" else one
        for one in found.findings
    )
    return msgspec.structs.replace(found, findings=changed)


def results(report: Report) -> dict[tuple[str, str], type]:
    suites = JUnitXml.fromstring(render(report, "junit"))
    return {
        (case.classname, case.name): type(case.result[0]) if case.result else type(None)
        for suite in suites
        for case in suite
    }


def test_every_rule_is_a_case_and_ends_as_the_rule_did(report: Report) -> None:
    found = results(report)
    assert {rule for rule, _ in found} == {run.id for run in report.rules_run}
    live = [one for one in report.findings if one.state == "open" and one.status == "stable"]
    for one in live:
        wanted = Failure if any(
            other.verdict == "fail" for other in live if (other.rule, other.ecus) == (one.rule, one.ecus)
        ) else Error  # fmt: skip
        assert found[(one.rule, ", ".join(one.ecus) or "all")] is wanted, one.rule
    assert found[("undeclared-component", "T-Box")] is Skipped
    for run in report.rules_run:
        if run.result == "passed":
            assert found[(run.id, "all")] is type(None)
        if run.result == "notApplicable":
            assert found[(run.id, "all")] is Skipped


def test_counts_of_the_suite(report: Report) -> None:
    suites = JUnitXml.fromstring(render(report, "junit"))
    kinds = list(results(report).values())
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (
        len(kinds), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped),
    )  # fmt: skip


def test_gitlab_weighs_open_findings_only_and_unknowns_are_information(report: Report) -> None:
    """Keys, severities and the unique fingerprint after GitLab's documentation; no server read it."""
    notes = ("conflict-of-law", "disclaimer")
    rows = [row for row in json.loads(render(report, "gitlab")) if row["check_name"] not in notes]
    live = {one.fingerprint: one for one in report.findings if one.state != "baselined" and one.status == "stable"}
    assert {row["fingerprint"] for row in rows} == set(live)
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    names = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}
    for row in rows:
        one = live[row["fingerprint"]]
        unknown, waived = one.verdict == "undetermined", one.state == "waived"
        assert row["description"].startswith("waived (") is waived
        assert row["description"].removeprefix("waived (waived): ").startswith("undetermined: ") is unknown
        assert row["severity"] == ("info" if unknown or waived else names[one.severity])
        assert row["check_name"] == one.rule
        assert row["location"]["lines"]["begin"] == 1
        assert row["location"]["path"] in {each.path for each in report.inputs}


def test_findings_of_a_trial_rule_never_fail_a_pipeline(report: Report) -> None:
    """Each format that gates or annotates leaves them out; JUnit shows the rule as skipped."""
    one = next(one for one in report.findings if one.verdict == "fail" and one.state == "open" and one.ecus)
    key = (one.rule, ", ".join(one.ecus))
    assert results(report)[key] is Failure
    tried = msgspec.structs.replace(
        report,
        findings=tuple(
            msgspec.structs.replace(each, status="trial") if each.rule == one.rule else each for each in report.findings
        ),
    )
    assert results(tried)[key] is Skipped
    assert one.rule not in {row["check_name"] for row in json.loads(render(tried, "gitlab"))}
    assert f"title={one.rule}::".encode() not in render(tried, "github")
    rows = list(csv.DictReader(io.StringIO(render(tried, "csv").decode("utf-8-sig"))))
    assert {row["status"] for row in rows if row["rule"] == one.rule} == {"trial"}
    told = {(row["fingerprint"], row["status"]) for row in rows if row["rule"]}
    assert told == {(each.fingerprint, each.status) for each in tried.findings}


def test_annotations_are_the_ten_most_severe_of_a_kind(report: Report) -> None:
    one = next(one for one in report.findings if one.verdict == "fail")
    put = msgspec.structs.replace
    many = [put(one, id=f"a{at}", rule=f"a{at}", severity="high", state="open") for at in range(12)]
    last = put(one, id="z", rule="zz", severity="critical", state="open")
    lines = render(put(report, findings=(*many, last)), "github").decode().splitlines()
    shown = [line for line in lines if line.startswith("::error")]
    assert len(shown) == 10
    assert shown[0].startswith("::error title=zz::")
    assert "13 errors" in lines[-1]


def test_a_comment_holds_the_markdown_and_what_is_left_out_is_said(report: Report) -> None:
    one = next(one for one in report.findings if one.verdict == "fail")
    put = msgspec.structs.replace
    many = tuple(put(one, id=f"m{at}", rule=f"m{at:04}", message="m" * 400, state="open") for at in range(400))
    text = render(put(report, findings=many), "markdown").decode()
    assert 50_000 < len(text) < 65_536
    assert "More findings than fit here" in text
    assert "More findings than fit here" not in render(put(report, findings=many[:40]), "markdown").decode()
