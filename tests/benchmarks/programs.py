"""Whole processes: processor seconds with all descendants, results beside them."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import peers

PR_SET_CHILD_SUBREAPER = 36
SQUASHFS = "images/rootfs.zstd.squashfs"


class Failed(Exception):
    """A tool could not be run; the message is the reason."""


class Command(NamedTuple):
    """What is measured: words, environment, exit codes that are no failure, the bill it writes, no warm-up.

    `before` is called before each run.
    """

    words: list[str]
    environment: dict[str, str]
    codes: tuple[int, ...] = (0,)
    bill: str = ""
    slow: bool = False
    before: Callable[[], object] = bool


def cpu(command: Command, folder: Path) -> tuple[float, float]:
    """Run a command; returns processor seconds of it and everything it started, and the peak MiB of one process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with open(folder / "errors", "wb") as errors:
        child = subprocess.Popen(
            command.words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=command.environment,
        )
        total, peak, code = 0.0, 0, 0
        while True:
            try:
                pid, status, usage = os.wait4(-1, 0)
            except ChildProcessError:
                break
            total += usage.ru_utime + usage.ru_stime
            peak = max(peak, usage.ru_maxrss)
            if pid == child.pid:
                code = child.returncode = os.waitstatus_to_exitcode(status)
    if code not in command.codes:
        lines = (folder / "errors").read_text(errors="replace").strip().splitlines()
        raise Failed(lines[-1][:200] if lines else f"ended with {code}")
    return round(total, 3), round(peak / 1024, 1)


def commands(corpus: Path, programs: dict[str, Path], folder: Path) -> dict[str, Command]:
    """What is compared, by name."""
    hidden = ("PYTHON", "AUDITOR")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    image, tree, ours = str(corpus / SQUASHFS), str(corpus / "rootfs"), str(programs["auditor"])
    small = folder / "small.bin"
    small.write_bytes(bytes(100))
    gate = (0, 1, 4)
    fresh = {**plain, "AUDITOR_CACHE_DIR": str(folder / "cache"), "AUDITOR_FRESH": "1"}
    found = {
        "auditor scan": Command([ours, "scan", image, "-o", "cyclonedx=auditor.json"], fresh, bill="auditor.json"),
        "auditor check": Command([ours, "check", image], fresh, gate),
        "auditor check, no cache": Command([ours, "check", image], {**plain, "AUDITOR_CACHE_DIR": "none"}, gate),
        "auditor check, 100 bytes": Command([ours, "check", str(small)], fresh, gate),
        "auditor tree": Command([ours, "tree", image], fresh),
        **again(ours, image, corpus, {**plain, "AUDITOR_CACHE_DIR": str(folder / "cache")}, folder),
    }
    if "syft" in programs:
        words = [str(programs["syft"]), "scan", f"dir:{tree}", "-q", "-o", "cyclonedx-json=syft.json"]
        found["syft"] = Command(words, {**plain, "SYFT_CHECK_FOR_APP_UPDATE": "false"}, bill="syft.json")
    if "unblob" in programs:
        (folder / "bin").mkdir()
        (folder / "bin/sasquatch").write_text(peers.SASQUATCH)
        (folder / "bin/sasquatch").chmod(0o755)
        extended = {**plain, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        words = [str(programs["unblob"]), "-f", "-e", "unblob", image]
        found["unblob, depth 1"] = Command([words[0], "-d", "1", *words[1:]], extended)
        found["unblob"] = Command(words, extended, slow=True)
    if "cve-bin-tool" in programs:
        (folder / "home/.cache/cve-bin-tool").mkdir(parents=True)
        (folder / "offline.py").write_text(peers.CVE_BIN_TOOL)
        python = str(programs["cve-bin-tool"].parent / "python")
        words = [python, "offline.py", tree, "cve-bin-tool.json"]
        home = {**plain, "HOME": str(folder / "home")}
        found["cve-bin-tool"] = Command(words, home, bill="cve-bin-tool.json", slow=True)
    if "blint" in programs:
        words = [str(programs["blint"]), "sbom", "-q", "-i", tree, "-o", "blint.json"]
        found["blint"] = Command(words, plain, bill="blint.json", slow=True)
    return found


def again(ours: str, image: str, corpus: Path, plain: dict[str, str], folder: Path) -> dict[str, Command]:
    """Runs with a cache of results: of the packed image, and of its folder when 20 files were changed."""
    tree = folder / "changing"
    shutil.copytree(corpus / "rootfs", tree, symlinks=True)
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    state = {"round": 0}

    def forget() -> None:
        (folder / "cache" / "results-1.sqlite").unlink(missing_ok=True)

    def change() -> None:
        state["round"] += 1
        for path in files[:: len(files) // 20][:20]:
            with open(path, "ab") as file:
                file.write(b"%d" % state["round"])

    gate = (0, 1, 4)
    return {
        "auditor check, to be kept": Command([ours, "check", image], plain, gate, before=forget),
        "auditor check, again": Command([ours, "check", image], plain, gate),
        "auditor check, folder": Command([ours, "check", str(tree)], plain, gate, before=forget),
        "auditor check, folder, 20 changed": Command([ours, "check", str(tree)], plain, gate, before=change),
    }


def compare(
    corpus: Path, programs: dict[str, Path], folder: Path, runs: int, slow_runs: int
) -> tuple[dict[str, Any], dict[str, Any], dict[str, list[Any]]]:
    """Run the tools in turn; returns processor seconds run by run, the scores of their bills, our phases by run."""
    folder = folder.resolve()
    waiting = commands(corpus, programs, folder)
    rows: dict[str, Any] = {}
    for name, command in list(waiting.items()):
        rows[name] = {"cpu": [], "peak": []}
        if command.slow:
            continue
        try:
            command.before()
            cpu(command, folder)
        except (Failed, OSError) as failure:
            rows[name] = {"skipped": str(failure)}
            del waiting[name]
    for number in range(runs):
        for name, command in list(waiting.items()):
            if command.slow and number >= slow_runs:
                continue
            shutil.rmtree(folder / "unblob", ignore_errors=True)
            try:
                command.before()
                seconds, peak = cpu(command, folder)
            except (Failed, OSError) as failure:
                rows[name] = {"skipped": str(failure)}
                del waiting[name]
                continue
            rows[name]["cpu"].append(seconds)
            rows[name]["peak"].append(peak)
            if name.startswith("unblob"):
                rows[name]["files"] = files_below(folder / "unblob")
    bills = {name.split()[0]: folder / one.bill for name, one in waiting.items() if one.bill}
    phases = {name: profile(programs["auditor"], corpus, folder, name == "first") for name in ("first", "again")}
    return rows, {name: score(corpus, path) for name, path in bills.items()}, phases


def profile(program: Path, corpus: Path, folder: Path, fresh: bool) -> list[Any]:
    """Return the phases of one check of the packed image, examined afresh or with what is kept of it."""
    words = [
        str(program),
        "check",
        str(corpus / SQUASHFS),
        "--profile",
        "profile.json",
        *(["--fresh"] if fresh else []),
    ]
    environment = {**os.environ, "AUDITOR_CACHE_DIR": str(folder / "cache")}
    silent = subprocess.DEVNULL
    for _ in range(1 if fresh else 2):
        subprocess.run(words, cwd=folder, env=environment, stdout=silent, stderr=silent, check=False)
    found: list[Any] = json.loads((folder / "profile.json").read_text())["phases"]
    return found


def files_below(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def score(corpus: Path, bill: Path) -> dict[str, Any]:
    """The score line of a bill, by the project's own scorer."""
    script = Path(__file__).resolve().parents[2] / "fixtures" / "corpus.py"
    words = [sys.executable, str(script), "score", str(corpus / "truth.json"), str(bill)]
    line: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return line
