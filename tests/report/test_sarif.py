"""SARIF by models generated from the standard's schema, by sarif-tools, and by what code scanning demands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.judgement import Finding
from auditor.report import Style, render
from auditor.report import json as reports
from auditor.report.schema import Report


@pytest.fixture(scope="module")
def report(demo: Any) -> Report:
    """The bundled controllers with one finding waived and one baselined."""
    found = reports.read(json.dumps(demo()).encode())
    one, other, *rest = found.findings
    changed = (
        msgspec.structs.replace(one, state="waived", waiver="rule T-Box\x1b[2J"),
        msgspec.structs.replace(other, state="baselined"),
        *rest,
    )
    return msgspec.structs.replace(found, findings=changed)


def run(report: Report, language: str = "en") -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(report, "sarif", Style(language=language)))
    assert log["version"] == "2.1.0"
    first: dict[str, Any] = log["runs"][0]
    return first


def shown(report: Report) -> list[Finding]:
    return [one for one in report.findings if one.status == "stable"]


def test_schema_of_the_standard(report: Report) -> None:
    """The models refuse unknown keys; their source is sarif-schema-2.1.0.json."""
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

    Log.model_validate_json(render(report, "sarif"))
    wrong = json.loads(render(report, "sarif"))
    wrong["runs"][0]["results"][0]["kind"] = "maybe"
    with pytest.raises(ValueError, match="kind"):
        Log.model_validate(wrong)


def test_sarif_tools_reads_every_result(report: Report, tmp_path: Path) -> None:
    from sarif.loader import load_sarif_file

    (tmp_path / "report.sarif").write_bytes(render(report, "sarif"))
    read = load_sarif_file(str(tmp_path / "report.sarif"))
    assert read.get_distinct_tool_names() == ["auditor"]
    assert read.get_result_count() == len(shown(report))
    records = read.get_records()
    assert {record["Code"] for record in records} <= {one.id for one in report.rules}
    assert all(record["Location"] for record in records)
    severities = {one.fingerprint: one.severity for one in shown(report) if one.verdict == "fail"}
    errors = sum(severity in ("critical", "high") for severity in severities.values())
    assert sum(one["Severity"] == "error" for one in records) == errors > 0


def test_unknowns_say_so_and_are_open(report: Report) -> None:
    for result, one in zip(run(report)["results"], shown(report), strict=True):
        unknown = one.verdict == "undetermined"
        assert result["message"]["text"].startswith("undetermined: ") is unknown
        assert result["kind"] == ("open" if unknown else "fail")
        assert ("level" in result) is not unknown


def test_waived_and_baselined_are_suppressed_and_nothing_else(report: Report) -> None:
    results = run(report)["results"]
    waived, baselined, *rest = results
    assert waived["suppressions"] == [{"kind": "external", "justification": "rule T-Box\\x1b[2J"}]
    assert baselined["suppressions"] == [{"kind": "external", "justification": "baselined"}]
    assert not any("suppressions" in one for one in rest)


def test_what_code_scanning_demands(report: Report) -> None:
    first = run(report)
    for rule in first["tool"]["driver"]["rules"]:
        assert len(rule["id"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    fingerprints = [one["partialFingerprints"]["auditor/v1"] for one in first["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    inner = 0
    for result in first["results"]:
        (place,) = result["locations"]
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
        assert not uri.startswith(("/", "../"))
        assert place["physicalLocation"]["region"]["startLine"] >= 1
        for logical in place.get("logicalLocations", ()):
            inner += "!/" in logical["fullyQualifiedName"]
    assert inner


def test_paths_of_a_strangers_report_become_relative_addresses(report: Report) -> None:
    paths = ("//evil.example/x", "javascript:alert(1)", "a b\x1b.bin", "C:\\x", "")
    for path in paths:
        inputs = tuple(msgspec.structs.replace(one, path=path) for one in report.inputs)
        for result in run(msgspec.structs.replace(report, inputs=inputs))["results"]:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9._~%][A-Za-z0-9._~%/-]*", uri), path


def test_more_results_than_code_scanning_takes_are_counted(report: Report) -> None:
    many = tuple(
        msgspec.structs.replace(one, id=f"{one.id}{at}", severity="info", state="open")
        for at, one in enumerate(report.findings[:1] * 25_010)
    )
    worst = next(one for one in report.findings if one.severity == "critical")
    first = run(msgspec.structs.replace(report, findings=(*many, worst)))
    assert len(first["results"]) == 25_000
    assert first["results"][-1]["ruleId"] == worst.rule
    said = first["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert said.startswith("11 findings")


def test_chinese_messages(report: Report) -> None:
    texts = [one["message"]["text"] for one in run(report, "zh")["results"]]
    assert sum(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in texts) == len(texts)


def test_findings_of_trial_rules_are_left_out_and_so_are_their_rules(report: Report) -> None:
    worst = next(one for one in report.findings if one.severity == "critical" and one.state == "open")
    name = worst.rule
    tried = msgspec.structs.replace(
        report,
        findings=tuple(
            msgspec.structs.replace(one, status="trial") if one.rule == name else one for one in report.findings
        ),
        rules=tuple(msgspec.structs.replace(one, status="trial") if one.id == name else one for one in report.rules),
    )
    assert name in {one["ruleId"] for one in run(report)["results"]}
    first = run(tried)
    rules = first["tool"]["driver"]["rules"]
    assert name not in {one["ruleId"] for one in first["results"]}
    assert name not in {one["id"] for one in rules}
    assert len(first["results"]) == sum(one.rule != name for one in shown(report))
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in first["results"])


def test_the_fingerprint_is_the_findings_own_and_not_its_id(report: Report) -> None:
    assert all(one.fingerprint != one.id for one in report.findings)
    told = [one["partialFingerprints"] for one in run(report)["results"]]
    assert told == [{"auditor/v1": one.fingerprint} for one in shown(report)]
