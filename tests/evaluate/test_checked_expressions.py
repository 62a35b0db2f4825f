"""What was checked once is known the next time, and a fault is found with and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor import compiled
from auditor.evaluate import expression, load_policy
from auditor.evaluate.errors import PolicyError
from auditor.evaluate.expression import Checked, Source, compile_expression
from auditor.evaluate.strict_yaml import Mark

PLACE = Source("demo.yaml", Mark(1, 1))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("AUDITOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(Checked, "shared", classmethod(lambda cls: shared[0]))
    shared = [Checked(compiled.folder())]
    return tmp_path


def test_a_policy_is_the_same_with_and_without(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_policy()
    assert list(fresh.glob("expressions-*.msgpack"))
    again = Checked(fresh)
    assert again.rows
    monkeypatch.setattr(Checked, "shared", classmethod(lambda cls: again))
    monkeypatch.setattr(expression, "_checking", lambda kind: pytest.fail("checked again"))
    assert load_policy() == first


def test_faults_are_not_kept(fresh: Path) -> None:
    for _ in range(2):
        with pytest.raises(PolicyError, match="nosuch"):
            compile_expression("component.nosuch == 'x'", "component", {}, PLACE, boolean=True)
    assert not Checked.shared().rows


def test_what_is_no_condition_stays_none(fresh: Path) -> None:
    compile_expression("component.name", "component", {}, PLACE, boolean=False)
    with pytest.raises(PolicyError, match="true or false"):
        compile_expression("component.name", "component", {}, PLACE, boolean=True)
