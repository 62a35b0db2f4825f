"""The published schemas take every file the readers take, and refuse what a user mistypes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from auditor.evaluate import schemas, strict_yaml
from auditor.evaluate.rules import FAMILIES
from auditor.knowledge import reading, store

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_shipped_rule_is_valid_and_a_typo_is_not() -> None:
    check = jsonschema_rs.Draft202012Validator(schemas.rule())
    paths = [path for family in FAMILIES for path in sorted((ROOT / "rules" / family).glob("*.yaml"))]
    assert len(paths) > 50
    for path in paths:
        value = strict_yaml.read(path).value
        assert [error.message for error in check.iter_errors(value)] == [], path
    assert not check.is_valid({**value, "severety": "high"})
    assert not check.is_valid({**value, "severity": "severe"})
    assert not check.is_valid({key: one for key, one in value.items() if key != "tests"})


def test_waivers_as_the_program_writes_them_are_valid_and_one_without_an_end_is_not() -> None:
    check = jsonschema_rs.Draft202012Validator(schemas.waiver())
    one: dict[str, Any] = {
        "rule": "r", "ecu": "T-Box", "reason": "accepted-risk", "owner": "me", "expires": "2027-01-01",
    }  # fmt: skip
    assert check.is_valid({"waivers": [one]})
    for key in ("expires", "owner", "reason", "rule", "ecu"):
        assert not check.is_valid({"waivers": [{name: value for name, value in one.items() if name != key}]}), key
    assert not check.is_valid({"waivers": [{**one, "reason": "because"}]})
    assert not check.is_valid({"waivers": [{**one, "expires": "soon"}]})


@pytest.mark.parametrize("kind", sorted({**store.FOLDERS, **store.LISTS}))
def test_every_shipped_fact_is_valid(kind: str) -> None:
    made = schemas.knowledge()
    check = jsonschema_rs.Draft202012Validator({**made, "anyOf": [{"$ref": f"#/$defs/file-{kind}"}]})
    folder = ROOT / "rules" / "knowledge"
    paths = sorted((folder / kind).glob("*.yaml")) if kind in store.FOLDERS else [folder / f"{kind}.yaml"]
    for path in paths:
        value = reading.parse(path.read_bytes(), path.name)
        assert [error.message[:200] for error in check.iter_errors(value)][:3] == [], path
    assert not check.is_valid([{"colour": "red"}])


def test_the_command_prints_each(program: Any) -> None:
    for name in ("rules", "waivers", "knowledge", "report", "config", "vehicle"):
        done = program("schema", name)
        assert done.returncode == 0
        jsonschema_rs.Draft202012Validator(json.loads(done.stdout))
