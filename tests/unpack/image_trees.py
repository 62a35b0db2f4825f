"""Trees that the tests pack with the formats' own tools, and what a walk must show of them."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from auditor.limits import Limits
from auditor.model import Artifact, Evidence, Problem
from auditor.unpack import walk
from auditor.unpack.view import Budget, View

FIXED_TIME = 1_700_000_000


@dataclass
class Walked:
    """Everything a walk gave."""

    artifacts: list[Artifact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def by_path(self) -> dict[str, Artifact]:
        return {artifact.path: artifact for artifact in self.artifacts}

    @property
    def codes(self) -> set[str]:
        return {problem.code for problem in self.problems}


def walked(data: bytes | Path, **limits: int) -> Walked:
    """Walk bytes or a file with the default limits, changed as named; checks every digest."""
    result = Walked()

    def report(fact: Problem | Evidence) -> None:
        if isinstance(fact, Problem):
            assert fact.message.isprintable()
            result.problems.append(fact)

    raw = data.read_bytes() if isinstance(data, Path) else data
    for artifact, view in walk(View(raw), Budget(Limits(**limits)), report):
        if view is not None:
            assert artifact.id == hashlib.sha256(b"".join(view.windows())).hexdigest()
            assert artifact.size == view.size
        assert artifact.path.isprintable()
        result.artifacts.append(artifact)
    return result


def need(tool: str) -> str:
    """Return the path of a system tool, or skip."""
    found = shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{tool} is not installed")
    return found


def run(tool: str, *arguments: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
    """Run a system tool and return its output."""
    done = subprocess.run([need(tool), *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, check=True)
    return done.stdout


def sample_tree(root: Path, *, links: bool = True, modes: bool = True) -> Path:
    """Make a tree with what images hold: empty, tiny, sparse, large, links, odd names, modes."""
    noise = random.Random(7)
    root.mkdir(parents=True)
    contents = {
        "etc/os-release": b"ID=example\n",
        "etc/empty": b"",
        "usr/bin/tool": b"\x7fELF" + noise.randbytes(150_000),
        "usr/bin/text": b"line of text\n" * 30_000,
        "usr/share/data.bin": noise.randbytes(4096),
        "usr/share/tail.bin": noise.randbytes(131_072 + 77),
        "usr/share/holes.bin": noise.randbytes(5000) + bytes(400_000) + noise.randbytes(100),
        "usr/share/naïve name.txt": "ünïcode\n".encode(),
        **{f"many/file{number:03}": b"n%d\n" % number for number in range(120)},
    }
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "deep").joinpath(*"abcdefgh").mkdir(parents=True)
    if links:
        (root / "usr/bin/sh").symlink_to("tool")
        (root / "sbin").symlink_to("/usr/bin")
        (root / "usr/long").symlink_to("x" * 90)
    if modes:
        (root / "usr/bin/tool").chmod(0o4755)
        (root / "etc/os-release").chmod(0o640)
    return root


Node = tuple[str, int | None, int, str, str | None]
"""Kind, permission bits, size, sha256, target."""


def expected(root: Path, *, modes: bool = True) -> dict[str, Node]:
    """Return what a walk of an image of `root` must show, by path."""
    nodes: dict[str, Node] = {}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(folder) / name
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode) if modes else None
            shown = str(path.relative_to(root))
            if path.is_symlink():
                nodes[shown] = ("symlink", mode, 0, "", os.readlink(path))
            elif path.is_dir():
                nodes[shown] = ("directory", mode, 0, "", None)
            else:
                content = path.read_bytes()
                nodes[shown] = ("file", mode, len(content), hashlib.sha256(content).hexdigest(), None)
    return nodes


def shown(result: Walked, *, modes: bool = True, below: str = "") -> dict[str, Node]:
    """Return the members of the container `below` (default: the input) in the form of `expected`."""
    nodes = {}
    for artifact in result.artifacts:
        prefix = below + "!/" if below else ""
        if artifact.parent != below or artifact.path == "lost+found":
            continue
        size = 0 if artifact.kind != "file" else artifact.size
        nodes[artifact.path.removeprefix(prefix)] = (
            artifact.kind,
            artifact.mode if modes else None,
            size,
            artifact.id,
            artifact.target,
        )
    return nodes
