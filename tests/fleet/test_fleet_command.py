"""The command line without the extra, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor import fleet
from auditor.cli import run


@pytest.mark.parametrize("verb", [["scan", "x"], ["query", "SELECT 1"], ["report"]])
def test_without_the_extra(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fleet, "NEEDED", ("a_module_nobody_has",))
    assert run(["fleet", *verb, "--store", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "pip install 'auditor[fleet]'" in said.err


def test_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fleet, "NEEDED", ())
    (tmp_path / "empty").mkdir()
    pytest.importorskip("distributed", reason="needs the extra fleet")
    assert run(["fleet", "scan", str(tmp_path / "empty"), "--store", str(tmp_path / "store")]) == 3
    assert run(["fleet", "scan", "x", "--store", str(tmp_path / "store"), "--home", "X"]) == 2
    assert run(["fleet", "scan", "x", "--store", str(tmp_path / "store"), "--pack", "none-such"]) == 5
    assert "auditor: error:" in capsys.readouterr().err
