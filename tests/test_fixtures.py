"""The committed fixtures are what fixtures/make.py makes, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "fixtures" / "demo"


def test_rebuilt_fixtures_are_the_committed_ones(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "fixtures" / "make.py"), str(tmp_path)], check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(DEMO): path.read_bytes() for path in DEMO.rglob("*") if path.is_file()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []
    assert max(len(data) for data in kept.values()) < 200_000


@pytest.mark.integration
@pytest.mark.skipif(not shutil.which("unsquashfs"), reason="needs unsquashfs")
def test_the_system_tool_reads_the_same_root_file_system(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from fixtures.make import root_files

    subprocess.run(
        ["unsquashfs", "-q", "-n", "-d", str(tmp_path / "root"), str(DEMO / "t-box" / "rootfs.squashfs")], check=True
    )
    for path, (content, mode) in root_files().items():
        found = tmp_path / "root" / path
        if isinstance(content, str):
            assert str(found.readlink()) == content
        else:
            assert found.read_bytes() == content
            assert found.stat().st_mode & 0o777 == mode
