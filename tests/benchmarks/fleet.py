"""A fleet of generated images with shared content, by one process and by two."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = 200
LIBRARIES, OTHERS = 40, 12
"""Files of the corpus that are in every image; a program of its own comes to each."""
SMALLEST, LARGEST = 20_000, 400_000
"""Bytes of a library that is taken."""


def shared(corpus: Path) -> dict[str, tuple[bytes, int]]:
    """Files that all images have: libraries and files of /etc, the same every time."""
    tree = corpus / "rootfs"
    plain = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    libraries = [path for path in plain if ".so" in path.name and SMALLEST < path.stat().st_size < LARGEST]
    others = [path for path in plain if path.is_relative_to(tree / "etc")]
    chosen = [*libraries[:: max(1, len(libraries) // LIBRARIES)][:LIBRARIES], *others[:OTHERS]]
    return {path.relative_to(tree).as_posix(): (path.read_bytes(), 0o644) for path in chosen}


def images(corpus: Path, folder: Path) -> dict[str, Any]:
    """Write the images; returns what they are."""
    sys.path.append(str(ROOT))  # `fixtures`
    from fixtures import make
    from fixtures.writers import squashfs

    files = shared(corpus)
    folder.mkdir()
    for number in range(IMAGES):
        program = make.linux(texts=[f"Example Motors telematics daemon 2.{number}.0"], interpreter=make.LOADER)
        data = squashfs.build({**files, "usr/bin/telematicsd": (program, 0o755)}, make.TIME)
        (folder / f"unit-{number:03}.img").write_bytes(data)
    return {"images": IMAGES, "files": len(files) + 1, "bytes": len(data)}


def scan(program: Path, folder: Path, processes: int) -> dict[str, float]:
    """Audit all images into a new store; returns seconds: elapsed, between first and last image, of all processors."""
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    words = [str(program), "fleet", "scan", str(folder / "images"), "--store", str(store), "--as-of", "2026-11-24"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*words, "--processes", str(processes)], check=True, cwd=folder, capture_output=True)
    elapsed, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    ends = sorted(path.stat().st_mtime for path in (store / "images").iterdir())
    if len(ends) != IMAGES:
        raise ValueError(f"{len(ends)} of {IMAGES} images have a row")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "elapsed": round(elapsed, 2),
        "firstToLast": round(ends[-1] - ends[0], 2),
        "processor": round(processor, 2),
    }


def measure(program: Path, corpus: Path, folder: Path, runs: int) -> dict[str, Any]:
    """Pairs of runs, by one process and by two, after one run that is not counted."""
    place = folder / "fleet"
    place.mkdir()
    found = images(corpus, place / "images")
    scan(program, place, 2)
    pairs = [{str(processes): scan(program, place, processes) for processes in (1, 2)} for _ in range(runs)]
    return {**found, "pairs": pairs}
