"""Every limit can be set, a wrong one is refused before anything is read, and a hit says how to raise it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import click
import pytest

from auditor.cli.limit_options import LIMITS, limits
from auditor.limits import Limits


def chosen(*arguments: str) -> Limits:
    """The limits that the options give."""

    @click.command()
    def probe(**given: Any) -> None:
        found.append(limits(given))

    found: list[Limits] = []
    for option in LIMITS:
        probe = option(probe)
    probe.main(list(arguments), standalone_mode=False)
    return found[0]


@pytest.mark.parametrize("name", Limits.__struct_encode_fields__)
def test_every_limit_can_be_set(name: str) -> None:
    value = getattr(chosen("--limit", f"{name}=67108865"), name.replace("-", "_"))
    assert value == 67108865 != getattr(Limits(), name.replace("-", "_"))


def test_units_own_options_and_which_wins() -> None:
    assert chosen("--limit", "total-size=3MiB").total_size == 3 << 20
    assert chosen("--limit", "total-size=2GiB", "--limit", "total-size=5KiB").total_size == 5 << 10
    assert chosen("--max-bytes", "7").total_size == 7
    assert chosen("--max-bytes", "7", "--limit", "total-size=9").total_size == 9
    assert chosen("--timeout", "5").step == 5
    assert chosen("--timeout", "5", "--limit", "step=3").step == 3
    assert chosen("--timeout", "500").step == Limits().step
    assert chosen() == Limits()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("total_size=3", "did you mean 'total-size'?"),
        ("nonsense=3", "there are: input-size, member-size"),
        ("members=0", "at least 1"),
        ("members=-1", "at least 1"),
        ("members=1e9", "at least 1"),
        ("members=", "at least 1"),
        ("members", "at least 1"),
        ("members=999999999999999999GiB", "at least 1"),
        ("memory=1MiB", "at least 67108864"),
    ],
)
def test_a_wrong_limit_is_refused(text: str, told: str, program: Any, tmp_path: Path) -> None:
    done = program("check", "--limit", text, ".", cwd=tmp_path)
    line = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert "--limit" in line and told in line and line.count("\n") == 1


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / name).write_text(name)
    with tarfile.open(tmp_path / "x.tar", "w") as made:
        for name in "abc":
            made.add(tmp_path / name, name)
    return tmp_path


def test_a_hit_is_told_with_name_value_and_the_way_out(program: Any, archive: Path) -> None:
    wanted = "(members is 2; more with --limit members=N)"
    for verb in ("tree", "scan", "check"):
        done = program(verb, "x.tar", "--limit", "members=2", cwd=archive)
        assert done.returncode == 4, verb
        assert wanted in done.stderr.decode(), verb
        assert wanted not in program(verb, "x.tar", cwd=archive).stderr.decode(), verb
    done = program("tree", "x.tar", "--log-format", "json", "--limit", "members=2", cwd=archive)
    told = json.loads(done.stderr.splitlines()[0])
    assert (told["code"], told["limit"], told["value"], told["input"]) == ("limit-members", "members", 2, "x.tar")


def test_limits_come_from_file_and_environment(program: Any, archive: Path) -> None:
    (archive / "auditor.toml").write_text('limit = ["members=2"]\n')
    assert "members is 2" in program("tree", "x.tar", cwd=archive).stderr.decode()
    set_both = {"AUDITOR_LIMIT": "members=1 depth=5"}
    assert "members is 1" in program("tree", "x.tar", cwd=archive, environment=set_both).stderr.decode()
