"""S37: good programs, documents and images raise no problem under the limits that hazards are stopped by."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.model import Examination
from auditor.worker import Workers, open_input

ROOT = Path(__file__).resolve().parent.parent
for folder in ("tests/benchmarks", "tests/unpack"):
    sys.path.insert(0, str(ROOT / folder))

PROGRAMS, LARGEST = 500, 100_000
PLACES = ("/usr/bin", "/usr/sbin", "/usr/lib")
NOT_GOOD = {"f2fs", "iso9660", "qnx6", "sealed", "yaffs2"}
"""Seeds that are recognized only: opaque by design."""
TOOLS = ("mksquashfs", "mke2fs", "mkfs.erofs", "mkfs.cramfs", "mkfs.fat", "mkfs.ubifs", "mkimage", "dtc", "sfdisk")
TOOLS += ("img2simg", "mkbootimg", "srec_cat", "rauc", "mender-artifact", "lzop", "lz4", "cpio", "mcopy", "openssl")


def examined(path: Path) -> Examination:
    opened = open_input(path)
    with Workers(Limits()) as workers:
        (found,) = workers.examine([opened])
    opened.close()
    return found


def test_good_programs(tmp_path: Path) -> None:
    """Programs and libraries of the distribution, of every kind that stands there."""
    found: list[Path] = []
    for place in PLACES:
        for path in sorted(Path(place).rglob("*")):
            if path.is_symlink() or not path.is_file() or not 0 < path.stat().st_size <= LARGEST:
                continue
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(path)
    found = found[:: max(1, len(found) // PROGRAMS)][:PROGRAMS]
    if len(found) < PROGRAMS:
        pytest.skip(f"only {len(found)} small programs on this machine")
    for number, path in enumerate(found):
        shutil.copyfile(path, tmp_path / f"{number:03}-{path.name}")
    looked = examined(tmp_path)
    assert [(problem.path, problem.code, problem.message) for problem in looked.problems] == []
    assert sum(artifact.format == "elf" and artifact.complete for artifact in looked.artifacts) == PROGRAMS


@pytest.mark.integration
def test_good_images(tmp_path: Path) -> None:
    """Images as the formats' own tools make them."""
    from reliability import seeds

    if missing := [tool for tool in TOOLS if shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]:
        pytest.skip(f"needs {missing}")
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for number, (name, make) in enumerate(seeds().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        if name not in NOT_GOOD and not name.startswith(("bill ", "demo ")):
            (inputs / f"{number:02}-{name}").write_bytes(make(folder))
    assert len(list(inputs.iterdir())) >= 40
    looked = examined(inputs)
    assert [(problem.path, problem.code, problem.message) for problem in looked.problems] == []


def test_good_documents() -> None:
    """Bills of materials as public tools write them."""
    looked = examined(ROOT / "fixtures/boms")
    assert [(problem.path, problem.code, problem.message) for problem in looked.problems] == []
    assert len(looked.documents) >= 36
