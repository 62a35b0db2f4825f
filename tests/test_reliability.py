"""Damaged files of every format end no worker; the page of reliability says what was counted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
for folder in ("tests/benchmarks", "tests/unpack"):
    sys.path.insert(0, str(ROOT / folder))

FIGURES = json.loads((ROOT / "docs/figures.json").read_text(encoding="utf-8"))


def test_reliability_page_is_generated() -> None:
    from reliability import page

    if "reliability" not in FIGURES:
        pytest.fail("docs/figures.json has no figures of reliability")
    assert (ROOT / "docs/reliability.md").read_text(encoding="utf-8") == page(FIGURES)


@pytest.mark.integration
def test_mutants_of_every_seed_end_no_worker(tmp_path: Path) -> None:
    import random
    import subprocess

    from reliability import COUNTED, mutate, seeds

    from auditor.limits import Limits
    from auditor.worker import Workers, open_input

    inputs = tmp_path / "inputs"
    inputs.mkdir()
    missing = []
    for number, (name, make) in enumerate(seeds().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            data = make(folder)
        except (pytest.skip.Exception, FileNotFoundError, subprocess.CalledProcessError):
            missing.append(name)
            continue
        source = random.Random(f"quick {name}")
        for index in range(10):
            (inputs / f"{number:02d}-{index}{Path(name).suffix}").write_bytes(mutate(data, source))
    with Workers(Limits()) as workers:
        opened = open_input(inputs)
        (found,) = workers.examine([opened])
        opened.close()
    wrong = {code for codes in COUNTED.values() for code in codes}
    assert [(p.path, p.code, p.message) for p in found.problems if p.code in wrong] == []
    if missing:
        pytest.skip(f"tools are missing for: {', '.join(missing)}")
