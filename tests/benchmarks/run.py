"""Measure, write docs/figures.json with the raw values, and docs/benchmarks.md from it.

    python tests/benchmarks/run.py CORPUS [--runs 5] [--parts LIST] [--peers syft,unblob,cve-bin-tool,blint] [--environments FOLDER]
    python tests/benchmarks/run.py --check | --page

CORPUS is a folder made by `fixtures/corpus.py build`. The commit that is checked out and the tools it is compared
with are installed into environments of their own below FOLDER (default: a temporary one; tools that are there
already are used). `--check` measures nothing and ends with 1 when the page is not what the figures say; `--page`
writes it again. Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import documents
import fleet
import growth
import judging
import page
import peers
import programs
import reading
import whatif
import work

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES = ROOT / "docs" / "figures.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PARTS = ["fleet", "programs", "growth", "reading", "documents", "whatif", "judging"]


def digests(corpus: Path) -> dict[str, dict[str, Any]]:
    """Size in bytes and SHA-256 of every input that is measured."""
    found = {}
    for name in (*reading.IMAGES, "truth.json"):
        path = corpus / name
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found[name] = {"size": path.stat().st_size, "sha256": digest}
    return found


def revision() -> str:
    """The commit that is measured."""
    words = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def installed(names: list[str], folder: Path, own: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """Install what is measured; returns programs and versions by name."""
    found = {"auditor": peers.ourselves(own, ROOT)}
    for name in names:
        peer = peers.PEERS[name]
        found[name] = peers.environment(folder / name, peer.package, peer.program)
    packages = {name: peers.PEERS[name].package if name in peers.PEERS else name for name in found}
    return found, {name: peers.version(program, packages[name]) for name, program in found.items()}


def measure(options: argparse.Namespace, kept: dict[str, Any]) -> dict[str, Any]:
    """Measure the parts that were asked for; the others stay as they are, with the commit they were measured at."""
    corpus = options.corpus.resolve()
    names = [name for name in options.peers.split(",") if name]
    words = ["python", "tests/benchmarks/run.py", "CORPUS", "--runs", str(options.runs)]
    words += ["--slow-runs", str(options.slow_runs)]
    figures: dict[str, Any] = {**kept, "command": shlex.join(words), "inputs": digests(corpus)}
    commit = revision()
    figures["commits"] = {**kept.get("commits", {}), **dict.fromkeys(options.parts, commit)}
    figures["machine"] = {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        tools: dict[str, Path] = {}
        if {"programs", "growth"} & set(options.parts):
            tools, versions = installed(names, options.environments or folder / "peers", folder / "own")
            figures["versions"] = {**kept.get("versions", {}), **versions}
        if "fleet" in options.parts:  # on all processors
            program = peers.ourselves(folder / "own", ROOT, "fleet")
            figures["fleet"] = fleet.measure(program, corpus, folder, options.runs)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        if "programs" in options.parts:
            figures["programs"], figures["scores"], figures["phases"] = programs.compare(
                corpus, tools, folder, options.runs, options.slow_runs
            )
            figures["work"] = work.measure(corpus / programs.SQUASHFS)
        if "growth" in options.parts:
            sizes = tuple(int(size) for size in options.sizes.split(","))
            figures["growth"] = growth.measure(tools["auditor"], corpus, folder, sizes)
    if "reading" in options.parts:
        figures["reading"] = reading.measure(corpus, options.runs)
    if "documents" in options.parts:
        figures["documents"] = documents.measure(options.runs)
    if "whatif" in options.parts:
        figures["whatif"] = whatif.measure(whatif.PARTS, whatif.FUNCTIONS, options.runs)
    if "judging" in options.parts:
        figures["judging"] = [judging.measure() for _ in range(options.runs)]
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each measurement")
    parser.add_argument("--slow-runs", type=int, default=5, help="counted runs of tools that take over ten seconds")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS, help=",".join(PARTS))
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="tools to compare with")
    parser.add_argument("--environments", type=Path, help="where the tools are or will be installed")
    parser.add_argument("--sizes", default="1,2,4,8", help="GiB of the images that show growth")
    parser.add_argument("--check", action="store_true", help="compare the page with the figures")
    parser.add_argument("--page", action="store_true", help="write the page from the figures")
    options = parser.parse_args()
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    if options.check:
        return int(PAGE.read_text(encoding="utf-8") != page.render(kept))
    if options.page:
        PAGE.write_text(page.render(kept), encoding="utf-8")
        return 0
    if options.corpus is None:
        parser.error("CORPUS is missing")
    figures = measure(options, kept)
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    # From the file, as the check does: the order of its keys is not that of the measurement.
    PAGE.write_text(page.render(json.loads(FIGURES.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
