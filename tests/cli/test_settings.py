"""Options from files and the environment, by the real command: what wins, what is refused, what is never read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

GREEN = 'fail-on = "never"\n'


def verdict(done: Any) -> int:
    assert json.loads(done.stdout)["verdict"]["exitCode"] == done.returncode
    return int(done.returncode)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "build" / "image").mkdir(parents=True)
    return tmp_path


def test_file_is_found_upward_to_the_repository(program: Any, repository: Path) -> None:
    (repository / "auditor.toml").write_text(GREEN)
    assert verdict(program("demo", "-f", "json", cwd=repository / "build")) == 0
    (repository / "build" / ".git").mkdir()  # a repository of its own: nothing above it counts
    assert verdict(program("demo", "-f", "json", cwd=repository / "build")) == 1


def test_table_of_pyproject_counts_and_other_tables_do_not(program: Any, repository: Path) -> None:
    (repository / "pyproject.toml").write_text("[tool.other]\nfail-on = 1\n")
    assert verdict(program("demo", "-f", "json", cwd=repository)) == 1
    (repository / "pyproject.toml").write_text(f"[tool.auditor]\n{GREEN}")
    assert verdict(program("demo", "-f", "json", cwd=repository)) == 0


def test_command_line_beats_environment_beats_file(program: Any, repository: Path) -> None:
    (repository / "auditor.toml").write_text(GREEN)
    loud = {"AUDITOR_FAIL_ON": "critical"}
    assert verdict(program("demo", "-f", "json", cwd=repository, environment=loud)) == 1
    assert verdict(program("demo", "-f", "json", "--fail-on", "never", cwd=repository, environment=loud)) == 0
    assert verdict(program("demo", "-f", "json", "--no-config", cwd=repository)) == 1


def test_verbose_says_where_each_option_came_from(program: Any, repository: Path) -> None:
    (repository / "auditor.toml").write_text(GREEN + '[output]\njson = "out/r.json"\n')
    (repository / "out").mkdir()
    done = program("demo", "-v", "-f", "json", cwd=repository / "build", environment={"AUDITOR_HOME": "US"})
    told = done.stderr.decode()
    assert "option fail-on = never (" in told and "auditor.toml)" in told
    assert "option home = US (environment)" in told
    assert "option format = json (command line)" in told
    assert (repository / "out" / "r.json").exists(), "paths are relative to the file"


@pytest.mark.parametrize("where", ["image", "image/auditor.toml-folder"])
def test_file_inside_an_input_is_not_read(program: Any, repository: Path, where: str) -> None:
    folder = repository / "build" / where
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "auditor.toml").write_text("exit-zero = true\nallow-empty = true\n")
    done = program("check", str(repository / "build" / "image"), "-f", "json", cwd=folder)
    assert verdict(done) != 0
    assert "lies inside the input" in done.stderr.decode()
    named = program("check", str(repository / "build" / "image"), "-c", "auditor.toml", "-f", "json", cwd=folder)
    assert verdict(named) == 0


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("# a comment\n  fail-onn = 'high'\n", "2:3", "did you mean 'fail-on'"),
        ("fail-on = 'hgh'\n", "1:1", "critical"),
        ("\n\nmodel-year = 'next'\n", "3:1", "whole number"),
        ("exit-zero = 'yes'\n", "1:1", "true or false"),
        ("home = 'China'\n", "1:1", "alpha-2"),
        ("fail-on 'high'\n", "1:9", "no TOML"),
        ("[outputs]\njson = 'x'\n", "1:2", "did you mean 'output'"),
        ("config = 'other.toml'\n", "1:1", "unknown option"),
    ],
)
def test_wrong_file_ends_with_5_at_its_place(program: Any, repository: Path, text: str, place: str, hint: str) -> None:
    (repository / "auditor.toml").write_text(text)
    done = program("demo", cwd=repository)
    assert done.returncode == 5
    line = done.stderr.decode()
    assert line.startswith(f"auditor: error: auditor.toml:{place}: ") and hint in line
    assert line.count("\n") == 1


def test_errors_as_json_lines(program: Any, repository: Path) -> None:
    (repository / "auditor.toml").write_text("nonsense = 1\n")
    done = program("demo", "--log-format", "json", cwd=repository)
    assert json.loads(done.stderr)["level"] == "error"


def test_schema_takes_what_the_program_takes(program: Any) -> None:
    schema = jsonschema_rs.validator_for(json.loads(program("schema", "config").stdout))
    assert schema.is_valid({"fail-on": "never", "home": ["CN"], "output": {"sarif": "a.sarif"}, "exit-zero": True})
    for wrong in ({"fail-on": "hgh"}, {"nonsense": 1}, {"exit-zero": "yes"}, {"model-year": "x"}):
        assert not schema.is_valid(wrong), wrong


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("AUDITOR_FAILON", "AUDITOR_FAIL_ON"), ("AUDITOR_PACKS", "AUDITOR_PACK"), ("AUDITOR_HOMES", "AUDITOR_HOME")],
)
def test_a_variable_that_is_no_option_is_refused(name: str, suggestion: str, program: Any, tmp_path: Path) -> None:
    done = program("demo", "-f", "json", cwd=tmp_path, environment={name: "never"})
    assert (done.returncode, done.stdout) == (5, b"")
    told = done.stderr.decode()
    assert f"{name}: " in told
    assert f"did you mean '{suggestion}'?" in told


def test_a_variable_of_another_verb_is_none_of_this_ones_business(program: Any, tmp_path: Path) -> None:
    others = {"AUDITOR_EXTRACT": "*", "AUDITOR_REMOVE": "party:x", "AUDITOR_DEBUG": "1"}
    assert verdict(program("demo", "-f", "json", cwd=tmp_path, environment=others)) == 1


@pytest.mark.parametrize("value", ["", " ", ","])
def test_home_is_somewhere(value: str, program: Any, tmp_path: Path) -> None:
    done = program("demo", "--home", value, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "name at least one jurisdiction" in done.stderr.decode()
