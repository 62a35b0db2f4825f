"""Images that were cut short: what is missing is said, whatever the format. Never a shorter tree without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from container_seeds import SEEDS
from image_trees import Walked, walked
from test_mutants import MAKERS

ALL = {**MAKERS, **SEEDS}
SHARES = (0.25, 0.5, 0.75, 0.95)


def content(result: Walked) -> set[tuple[str, str]]:
    """Path and digest of everything inside."""
    return {(artifact.path, artifact.id) for artifact in result.artifacts if artifact.path}


def unknown(result: Walked) -> bool:
    """Whether nothing was claimed: such an input is an unknown, which never passes."""
    (whole,) = result.artifacts
    return whole.format == "" and whole.understood == 0


@pytest.mark.integration
@pytest.mark.parametrize("name", ALL)
def test_what_a_cut_takes_is_said(name: str, tmp_path: Path) -> None:
    data = ALL[name](tmp_path)
    wanted = content(walked(data))
    for size in (*(int(len(data) * share) for share in SHARES), len(data) - 1):
        result = walked(data[:size])
        missing = wanted - content(result)
        assert not missing or result.problems or unknown(result), (size, len(data), sorted(missing)[:3])


@pytest.mark.parametrize("size", [2200, 4000])
def test_an_image_cut_to_an_unknown_never_passes(size: int, program: Any, tmp_path: Path) -> None:
    code = b"\x13\0\0\xea" + bytes(60) + b"U-Boot 2023.01 (Jan 10 2023)\0"
    (tmp_path / "loader.bin").write_bytes(code.ljust(size, b"\x90"))
    done = program("check", "loader.bin", "-f", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 4
    assert report["verdict"]["result"] == "inconclusive"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("name", "size", "format"),
    [
        ("super", 5000, "super"),
        ("qnx-ifs", 100, "qnx_ifs"),
        ("boot-image", 2000, "boot_img"),
        ("u-boot", 4400, "u_boot"),
        ("kernel-arm64", 700, "linux_image"),
    ],
)
def test_a_cut_inside_the_header_is_a_problem_of_that_format(name: str, size: int, format: str, tmp_path: Path) -> None:
    result = walked(ALL[name](tmp_path)[:size])
    assert "truncated" in result.codes
    assert result.artifacts[0].format == format
