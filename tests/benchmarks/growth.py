"""Images of 1, 2, 4 ... GiB: does time grow with the image, and memory not?"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

GIB = 1 << 30
TREES = 3
"""Copies of the root file system in each GiB."""
NOISE = 300 << 20
"""Bytes of noise in each GiB."""


def image_of(corpus: Path, folder: Path, size: int) -> Path:
    """An ext4 image of `size` GiB: copies of the root file system and files of noise, the same every time."""
    tree, image = folder / "tree", folder / "large.ext4"
    tree.mkdir()
    noise = random.Random(1)
    for number in range(size):
        for copy in range(TREES):
            shutil.copytree(corpus / "rootfs", tree / f"root-{number}-{copy}", symlinks=True)
        for part in range(5):
            (tree / f"noise-{number}-{part}").write_bytes(noise.randbytes(NOISE // 5))
    with open(image, "wb") as file:
        file.truncate(size * GIB)
    program = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "mkfs.ext4"
    subprocess.run([program, "-q", "-F", "-d", str(tree), str(image)], check=True)
    shutil.rmtree(tree)
    return image


def anonymous(pid: int) -> int:
    """Anonymous resident bytes of a process; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("RssAnon:")), "RssAnon: 0")
    return int(line.split()[1]) * 1024


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def measure(program: Path, corpus: Path, folder: Path, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Per image: bytes, processor seconds, peak RssAnon in bytes of the largest process and of all together."""
    rows = []
    for size in sizes:
        image = image_of(corpus, folder, size)
        rows.append({"image": image.stat().st_size, **watched(program, image, folder)})
        image.unlink()
    return rows


def watched(program: Path, image: Path, folder: Path) -> dict[str, Any]:
    """Scan one image and sample the memory of all processes while it runs."""
    one, together, samples = 0, 0, 0
    with open(folder / "large.json", "wb") as report:
        child = subprocess.Popen([str(program), "scan", str(image), "-f", "json", "--fresh"], stdout=report)
        while True:
            # what is alive is sampled before it is asked whether it ended: wait4 collects it
            sizes = [anonymous(pid) for pid in family(child.pid)]
            one, together, samples = max(one, *sizes), max(together, sum(sizes)), samples + 1
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"scan of the large image ended with {child.returncode}")
    seconds = round(usage.ru_utime + usage.ru_stime, 3)
    return {"cpu": seconds, "largestProcess": one, "together": together, "samples": samples}
