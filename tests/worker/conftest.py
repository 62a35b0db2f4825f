import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.model import Examination
from auditor.worker import Workers, open_input

HERE = Path(__file__).parent


@pytest.fixture
def hostile() -> tuple[str, ...]:
    return (sys.executable, "-I", "-B", str(HERE / "hostile_program.py"))


@pytest.fixture
def run(hostile: tuple[str, ...]) -> Callable[..., tuple[Examination, ...]]:
    def examine(*paths: Path, jobs: int = 1, limits: Limits | None = None, command: Sequence[str] = hostile):
        with Workers(limits or Limits(), jobs, command=command) as workers:
            opened = [open_input(path) for path in paths]
            try:
                return workers.examine(opened)
            finally:
                for each in opened:
                    each.close()

    return examine
