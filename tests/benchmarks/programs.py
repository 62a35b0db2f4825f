"""Whole processes: processor seconds with all descendants, and peak anonymous memory."""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
AUDITOR = [sys.executable, "-m", "auditor"]
SQUASHFS = "images/rootfs.zstd.squashfs"
STAND_IN = '#!/bin/sh\nwhile [ $# -gt 2 ]; do [ "$1" = -d ] && out=$2; shift; done\n' + (
    'exec unsquashfs -q -no-progress -f -d "$out" "$2"\n'
)
"""`sasquatch` for unblob, by unsquashfs: the last word is the image, the word after -d the folder."""
GIB = 1 << 30


class Failed(Exception):
    """A tool could not be run; the message is the reason."""


def cpu(words: list[str], folder: Path, environment: dict[str, str] | None = None) -> float:
    """Run a command and return the processor seconds of it and everything it started."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with open(folder / "errors", "wb") as errors:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, cwd=folder, env=environment
        )
        total, code = 0.0, 0
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                break
            total += usage.ru_utime + usage.ru_stime
            if pid == child.pid:
                code = child.returncode = os.waitstatus_to_exitcode(status)
    if code:
        lines = (folder / "errors").read_text(errors="replace").strip().splitlines()
        raise Failed(lines[-1][:200] if lines else f"ended with {code}")
    return round(total, 3)


def commands(corpus: Path, options: argparse.Namespace, folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is compared: name, words, environment."""
    plain = dict(os.environ)
    image, tree = str(corpus / SQUASHFS), str(corpus / "rootfs")
    found = {"auditor": ([*AUDITOR, "scan", image, "-o", f"cyclonedx={folder / 'auditor.json'}"], plain)}
    if options.syft:
        words = [str(options.syft), "scan", f"dir:{tree}", "-q", "-o", f"cyclonedx-json={folder / 'syft.json'}"]
        found["syft"] = (words, {**plain, "SYFT_CHECK_FOR_APP_UPDATE": "false"})
    if options.unblob:
        (folder / "bin").mkdir()
        (folder / "bin/sasquatch").write_text(STAND_IN)
        (folder / "bin/sasquatch").chmod(0o755)
        words = [str(options.unblob), "-d", "1", "-f", "-e", str(folder / "unblob"), image]
        found["unblob"] = (words, {**plain, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"})
    if options.cve_bin_tool:
        (folder / "home").mkdir()
        words = [str(options.cve_bin_tool), "--offline", "--disable-version-check", "-f", "json", tree]
        found["cve-bin-tool"] = (words, {**plain, "HOME": str(folder / "home")})
    return found


def compare(corpus: Path, options: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the tools in turn; returns processor seconds run by run, and the scores of their bills."""
    folder = folder.resolve()
    waiting = commands(corpus, options, folder)
    rows: dict[str, Any] = {}
    for name, (words, environment) in list(waiting.items()):
        try:
            cpu(words, folder, environment)
        except (Failed, OSError) as failure:
            rows[name] = {"skipped": str(failure)}
            del waiting[name]
        else:
            rows[name] = {"cpu": []}
    for _ in range(options.runs):
        for name, (words, environment) in waiting.items():
            shutil.rmtree(folder / "unblob", ignore_errors=True)
            rows[name]["cpu"].append(cpu(words, folder, environment))
    if "unblob" in waiting:
        rows["unblob"]["files"] = files_below(folder / "unblob")
    bills = {name: folder / f"{name}.json" for name in ("auditor", "syft") if name in waiting}
    return rows, {name: score(corpus, path) for name, path in bills.items()}


def files_below(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def score(corpus: Path, bill: Path) -> dict[str, Any]:
    """The score line of a bill, by the project's own scorer."""
    script = Path(__file__).resolve().parents[2] / "fixtures" / "corpus.py"
    words = [sys.executable, str(script), "score", str(corpus / "truth.json"), str(bill)]
    line: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return line


def large_image(corpus: Path, folder: Path) -> Path:
    """An ext4 image of 1 GiB: the root file system and files of noise, the same every time."""
    tree, image = folder / "tree", folder / "large.ext4"
    shutil.copytree(corpus / "rootfs", tree, symlinks=True)
    noise = random.Random(1)
    for number in range(10):
        (tree / f"noise-{number}").write_bytes(noise.randbytes(60 << 20))
    with open(image, "wb") as file:
        file.truncate(GIB)
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


def peak(corpus: Path, folder: Path) -> dict[str, Any]:
    """Peak RssAnon in bytes while a 1 GiB image is scanned: largest process, and all together."""
    image = large_image(corpus, folder)
    report = folder / "large.json"
    child = subprocess.Popen([*AUDITOR, "scan", str(image), "-f", "json"], stdout=open(report, "wb"))  # noqa: SIM115
    one, together, samples = 0, 0, 0
    while child.poll() is None:
        sizes = [anonymous(pid) for pid in family(child.pid)]
        one, together, samples = max(one, *sizes), max(together, sum(sizes)), samples + 1
        time.sleep(0.01)
    if child.returncode:
        raise Failed(f"scan of the large image ended with {child.returncode}")
    size = image.stat().st_size
    image.unlink()
    return {"image": size, "largestProcess": one, "together": together, "samples": samples}
