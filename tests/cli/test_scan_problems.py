"""What a scan of a folder could not read is told with the file it concerns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("verb", ["scan", "check"])
def test_a_problem_names_the_file_inside_the_folder(verb: str, program: Any, tmp_path: Path) -> None:
    (tmp_path / "box" / "lib").mkdir(parents=True)
    header = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\x00\x28\x00\x01\x00\x00\x00" + bytes(8)
    broken = header + (0x4000).to_bytes(4, "little") + bytes(4) + b"\x34\x00\x20\x00\x00\x00\x28\x00\x05\x00\x00\x00"
    (tmp_path / "box" / "lib" / "broken.elf").write_bytes(broken + bytes(80))
    (tmp_path / "box" / "good.txt").write_text("a text\n")
    done = program(verb, "box", cwd=tmp_path)
    lines = [line for line in done.stderr.decode().splitlines() if "structure inconsistent" in line]
    assert lines, done.stderr
    assert all("box!/lib/broken.elf" in line for line in lines)
