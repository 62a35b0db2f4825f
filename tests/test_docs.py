"""The generated pages are what the code and the data say today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr + "\nrun: python docs/generate.py"


def test_asking_the_generator_for_help_writes_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--check" in done.stdout
    assert "written" not in done.stdout
