"""A scan into a bill of materials loads no rule, and writes the bytes that a check writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BOX = Path(__file__).parents[2] / "fixtures" / "hbom" / "adas-domain-controller.cdx.json"
BILLS = ("cyclonedx", "cyclonedx-1.7", "cyclonedx-xml", "spdx", "spdx-tag-value")


def test_bills_of_scan_and_check_are_the_same(program: Any, tmp_path: Path) -> None:
    for verb in ("scan", "check"):
        wanted = [word for name in BILLS for word in ("-o", f"{name}={verb}-{name}")]
        program(verb, str(BOX), "--as-of", "2026-11-24", *wanted, cwd=tmp_path)
    for name in BILLS:
        scanned, checked = tmp_path / f"scan-{name}", tmp_path / f"check-{name}"
        assert scanned.read_bytes() == checked.read_bytes(), name
        assert scanned.stat().st_size > 1000


@pytest.mark.parametrize(("form", "loaded"), [("table", False), ("cyclonedx", False), ("spdx", False), ("json", True)])
def test_rules_are_loaded_only_for_formats_that_tell_of_them(form: str, loaded: bool, tmp_path: Path) -> None:
    words = [sys.executable, "-X", "importtime", "-m", "auditor", "scan", str(BOX), "-f", form]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ("auditor.evaluate" in done.stderr) is loaded
    assert "license_expression" not in done.stderr or loaded


def test_an_input_without_anything_read_ends_with_three(program: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.bin").write_bytes(b"")
    assert program("scan", "empty.bin", cwd=tmp_path).returncode == 3
    assert program("scan", "empty.bin", "-f", "cyclonedx", cwd=tmp_path).returncode == 3
