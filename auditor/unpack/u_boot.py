"""U-Boot binaries for ARM: code that starts with a branch and names its release.

The raw binary has no header; what makes it one is the branch over the first words and the
release text every build carries. Device trees behind the code become entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.unpack import fit
from auditor.unpack.device_tree import read_header
from auditor.unpack.view import Budget, Container, Damaged, Entry, Truncated, View

NAME = "u_boot"
TITLE = "U-Boot binary for ARM, with its device tree"
MAGICS = ((3, b"\x14"), (3, b"\xea"))
ANYWHERE = False
KIND = "boot"
MADE_BY = "U-Boot's own build"
IS_CODE = True
"""Most of it is code of its own and not what its entries hold: detectors look at all of it."""

BANNER = re.compile(rb"U-Boot (?:SPL |TPL )?20[0-9][0-9]\.[0-9][0-9]")
TREE = re.compile(rb"\xd0\x0d\xfe\xed")
MAX_SIZE = 16 << 20
MAX_TREES = 64


def open(view: View, budget: Budget) -> Container | None:
    """Look for the release text in the first 16 MiB; images that are larger are no loader."""
    if view.size > MAX_SIZE or view.size < 4096 or BANNER.search(view.data) is None:
        return None
    return Container(extent=view.size, entries=_trees(view, budget))


def _trees(view: View, budget: Budget) -> Iterator[Entry]:
    count = end = 0
    for found in TREE.finditer(view.data):
        start = found.start()
        if start < end or start % 4 or count >= MAX_TREES:
            continue
        rest = view.slice(start, view.size - start)
        try:
            header = read_header(rest)
        except Truncated as cut:
            raise Truncated(cut.message, start) from None
        except Damaged:
            # the loader's own code holds the magic too
            continue
        if header is not None:
            size = _extent(rest, header.size, budget)
            count, end = count + 1, start + size
            name = b"device-tree@%#010x" % start
            yield Entry(
                name=name,
                kind="region",
                size=size,
                data=rest.slice(0, size),
                offset=start,
                format="device_tree",
            )


def _extent(rest: View, size: int, budget: Budget) -> int:
    """Return the bytes of a tree; one that carries images keeps their data behind it."""
    try:
        container = fit.open(rest, budget)
    except Damaged:
        return size  # reported where the tree itself is read
    return size if container is None else container.extent
