"""What the program says about the machine, and its completion scripts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from auditor import __version__


def test_doctor_names_versions_isolation_and_knowledge(program: Any, tmp_path: Path) -> None:
    done = program("doctor", "-f", "json", environment={"AUDITOR_CACHE_DIR": str(tmp_path)})
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["auditor"] == __version__
    assert found["isolation"]["rlimits"]
    assert found["rules"] > 0 and found["libraries"]["lief"]
    assert found["cache"] == str(tmp_path)
    text = program("doctor").stdout.decode()
    assert "\nisolation   " in text and "\nknowledge   20" in text


def test_doctor_without_a_cache_says_so(program: Any) -> None:
    assert "cache       none" in program("doctor", environment={"AUDITOR_CACHE_DIR": "none"}).stdout.decode()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_a_script_of_the_shell(shell: str, program: Any) -> None:
    done = program("completion", shell)
    assert done.returncode == 0
    assert b"_AUDITOR_COMPLETE" in done.stdout
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=done.stdout, check=False).returncode == 0


def test_completion_offers_verbs_and_options(program: Any) -> None:
    asked = {"_AUDITOR_COMPLETE": "bash_complete", "COMP_WORDS": "auditor che", "COMP_CWORD": "1"}
    assert "check" in program(environment=asked).stdout.decode()
    asked |= {"COMP_WORDS": "auditor check --fail", "COMP_CWORD": "2"}
    assert "--fail-on" in program(environment=asked).stdout.decode()
