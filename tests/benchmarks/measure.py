"""Measure, write docs/figures.json with the raw values, and docs/measurements.md from it.

    python tests/benchmarks/measure.py CORPUS [--syft PROGRAM] [--unblob PROGRAM] [--cve-bin-tool PROGRAM] [--runs 5]
    python tests/benchmarks/measure.py --check

CORPUS is a folder made by `fixtures/corpus.py build`. Other tools are measured where their program is named.
`--check` measures nothing and ends with 1 when the page is not what the figures say. Linux only.
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
import page
import programs
import reading

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES = ROOT / "docs" / "figures.json"
PAGE = ROOT / "docs" / "measurements.md"


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
    """The commit that is measured, with a mark when the code differs from it."""
    asked = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*asked, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    watched = ("auditor", "rules", "tests/benchmarks")
    changed = subprocess.run(
        [*asked, "status", "--porcelain", "--", *watched], capture_output=True, text=True, check=True
    )
    return f"{commit} and changes" if changed.stdout.strip() else commit


def command(options: argparse.Namespace) -> str:
    """The command with the places of this machine left out."""
    words = ["python", "tests/benchmarks/measure.py", "CORPUS"]
    for name in ("syft", "unblob", "cve_bin_tool"):
        if getattr(options, name):
            words += [f"--{name.replace('_', '-')}", name.replace("_", "-")]
    return shlex.join([*words, "--runs", str(options.runs)])


def measure(options: argparse.Namespace) -> dict[str, Any]:
    corpus = options.corpus.resolve()
    figures: dict[str, Any] = {"commit": revision(), "command": command(options), "inputs": digests(corpus)}
    figures["machine"] = {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        figures["programs"], figures["scores"] = programs.compare(corpus, options, Path(folder))
        figures["memory"] = programs.peak(corpus, Path(folder))
    figures["reading"] = reading.measure(corpus, options.runs)
    figures["documents"] = documents.measure(options.runs)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each measurement")
    parser.add_argument("--check", action="store_true", help="compare the page with the figures")
    for name in ("syft", "unblob", "cve-bin-tool"):
        parser.add_argument(f"--{name}", type=Path, help=f"program of {name}")
    options = parser.parse_args()
    if options.check:
        return int(PAGE.read_text(encoding="utf-8") != page.render(json.loads(FIGURES.read_text(encoding="utf-8"))))
    if options.corpus is None:
        parser.error("CORPUS is missing")
    kept = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    figures = {**kept, **measure(options)}
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page.render(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
