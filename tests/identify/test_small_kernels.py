"""Programs compiled here with the names and texts of operating systems, and look-alikes, in every form of a build."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "fixtures/microcontrollers.py"
TOOLS = ("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc")
SYSTEMS = 10

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"{' or '.join(TOOLS)} is not installed"),
]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    folder = tmp_path_factory.mktemp("kernels")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(SCRIPT.parent), str(SCRIPT.parent.parent)))}
    for verb in (["build", str(folder), "--own"], ["score", str(folder)]):
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *verb], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    truth = json.loads((folder / "truth.json").read_text())["files"]
    assert len({row["system"] for row in truth} - {None}) >= SYSTEMS
    assert {row["form"] for row in truth} == {"elf", "map", "stripped", "bin", "hex", "s19"}
    found: dict[str, dict[str, int]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("form", ["elf", "map"])
def test_symbols_and_maps_name_every_system(counted: dict[str, dict[str, int]], form: str) -> None:
    line = counted[f"own {form}"]
    assert line["named"] == line["files"] >= 2 * SYSTEMS


@pytest.mark.parametrize("form", ["stripped", "bin", "hex", "s19"])
def test_without_symbols_what_the_bytes_carry_is_named(counted: dict[str, dict[str, int]], form: str) -> None:
    line = counted[f"own {form}"]
    assert line["named"] + line["silent"] == line["files"]
    assert line["named"] >= 14


def test_nothing_is_taken_for_a_system_that_it_is_not(counted: dict[str, dict[str, int]]) -> None:
    line = counted["own no system"]
    assert line["silent"] == line["files"] >= 48
    assert not any("false" in line for line in counted.values())
