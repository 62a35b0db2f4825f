"""The JSON report and its schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from auditor.report.schema import json_schema


@pytest.mark.parametrize("home", ["CN", "US", "DE"])
def test_report_is_valid_under_the_printed_schema(home: str, demo: Any, program: Any) -> None:
    printed = json.loads(program("schema", "report").stdout)
    assert printed == json.loads(json.dumps(json_schema()))
    validator = jsonschema_rs.Draft202012Validator(printed)
    assert [error.message for error in validator.iter_errors(demo(home))] == []


@pytest.mark.parametrize("key", ["tool", "run", "verdict", "inputs", "components", "findings", "rulesRun", "waivers"])
def test_schema_misses_what_is_taken_away(key: str, demo: Any) -> None:
    report = {name: value for name, value in demo().items() if name != key}
    assert not jsonschema_rs.Draft202012Validator(json_schema()).is_valid(report)


def test_every_claim_has_a_place(demo: Any) -> None:
    report = demo()
    inputs = {one["id"] for one in report["inputs"]}
    for component in report["components"]:
        assert component["evidence"], component["name"]
        for vote in component["evidence"]:
            assert vote["input"] in inputs
            assert vote["sha256"] or vote.get("pointer"), vote


def test_no_absolute_path_leaves_the_program(demo: Any) -> None:
    assert not any(one["path"].startswith("/") for one in demo()["inputs"])
