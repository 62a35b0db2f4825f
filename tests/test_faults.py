"""Tests can fail: each of a dozen faults, put in by hand, must turn a test red.

A copy of the project gets one fault at a time; the tests named beside it run against the copy.
Run with `pytest -m faults`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.faults

FAULTS = {
    "unknown becomes pass": (
        "auditor/evaluate/judge.py",
        'return _Decision("undetermined", sure, absent, english, chinese)',
        'return _Decision("pass", sure, absent, english, chinese, decided=True)',
        "tests/test_demo.py",
    ),
    "one vote dropped": (
        "auditor/resolve/observed.py",
        "votes = sorted(votes, key=order)\n",
        "votes = sorted(votes, key=order)[1:]\n",
        "tests/test_demo.py",
    ),
    "last artifact skipped": (
        "auditor/worker/examine.py",
        "if self.detect and view is not None and path not in self.skip:",
        'if self.detect and view is not None and not path.endswith("telematicsd"):',
        "tests/test_demo.py",
    ),
    "reader error swallowed": (
        "auditor/worker/examine.py",
        "            self.collected.problems.append(placed)\n",
        "            pass\n",
        "tests/cli/test_endings.py",
    ),
    "bill of materials beats bytes": (
        "auditor/resolve/declared.py",
        "version = seen.version or said.version",
        "version = said.version or seen.version",
        "tests/test_demo.py",
    ),
    "version differences unseen": (
        "auditor/resolve/comparison.py",
        "return extends(one, other) or extends(other, one)",
        "return True",
        "tests/resolve",
    ),
    "truncated version preferred": (
        "auditor/resolve/votes.py",
        "for other, part in own.items() if extends(value, other))",
        "for other, part in own.items() if value == other)",
        "tests/resolve",
    ),
    "traces in other files count as own": (
        "auditor/resolve/votes.py",
        "MENTION = 0.1",
        "MENTION = 10.0",
        "tests/resolve",
    ),
    "incomplete input passes": (
        "auditor/evaluate/gate.py",
        "        if one.complete or one.id in accepted - open_:\n",
        "        if one.path:\n",
        "tests/cli/test_endings.py",
    ),
    "unreadable input passes": (
        "auditor/evaluate/gate.py",
        "            codes.add(3)\n            reasons",
        "                reasons",
        "tests/cli/test_endings.py",
    ),
    "unidentified executables forgotten": (
        "auditor/resolve/observed.py",
        "    if not votes:\n        return {}\n    one",
        "    if votes:\n        return {}\n    one",
        "tests/resolve",
    ),
    "undetermined does not gate": (
        "auditor/evaluate/gate.py",
        'if policy.on_unknown == "inconclusive" and reaching:',
        'if policy.on_unknown == "inconclusive" and not reaching:',
        "tests/cli/test_endings.py",
    ),
    "stated facts decide": (
        "auditor/trace/ownership.py",
        "basis = min((fact.basis for fact in facts), key=_BASES.index)",
        "basis = max((fact.basis for fact in facts), key=_BASES.index)",
        "tests/trace",
    ),
    "expired waiver holds": (
        "auditor/evaluate/waivers.py",
        "as_of < waiver.expires",
        "as_of <= waiver.expires",
        "tests/evaluate",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project and, beside it, an environment that imports the copy."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("auditor", "rules", "fixtures", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    venv.create(folder / "env", with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "env" / "lib" / version / "site-packages"
    (site / "copy.pth").write_text(f"{folder}\n{sysconfig.get_paths()['purelib']}\n")
    return folder


def run(folder: Path, target: str) -> int:
    done = subprocess.run(
        [str(folder / "env" / "bin" / "python"), "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", target],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode


@pytest.mark.parametrize("target", sorted({target for *_, target in FAULTS.values()}))
def test_without_a_fault_all_is_green(target: str, copy: Path) -> None:
    assert run(copy, target) == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_turns_a_test_red(fault: str, copy: Path) -> None:
    file, before, after, target = FAULTS[fault]
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{file} changed: find a new place for this fault"
    path.write_text(text.replace(before, after), encoding="utf-8")
    try:
        assert run(copy, target) == 1
    finally:
        path.write_text(text, encoding="utf-8")
