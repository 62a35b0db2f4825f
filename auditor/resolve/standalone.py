"""Files that run by themselves and whose system nobody recognized, wherever they were delivered.

The system of one processor says nothing about another's: a microcontroller's image is asked about on its own, as an
input, in a folder or in an archive. Files that belong to the tree of an operating system are that system's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from auditor.model import Artifact, Component, Evidence, Examination, Input

RUN_BY_THEMSELVES = frozenset({"os-kernel", "os-distribution", "rtos", "hypervisor", "bootloader", "firmware"})
"""Kinds of components that need no other system beneath them."""
FLASHED = frozenset({"intel_hex", "srec", "ti_txt", "uf2", "vbf", "esp_image"})
"""Formats that hold what is written to a controller's memory."""
CARRIERS = frozenset(
    {"tar", "zip", "ar", "cpio", "gzip", "bzip2", "xz", "zstd", "lzma-alone", "lz4", "lzo"}
    | {"swupdate", "mender", "pdx", "odx"}
)
"""Containers that hand over files as they are; a file system or boot image has a system of its own."""
TREE = frozenset({"bin", "sbin", "lib", "etc", "dev", "proc", "var", "system", "vendor", "opt"})
"""Folders of an operating system's tree; two of them, or `usr`, beside each other make one."""
MARKS = frozenset({"load-digest", "vector-table"})
"""Claims of a bare-metal ELF file and of a binary for microcontrollers."""
SMALLEST = 1024
"""Bytes below which a file of no known format is no image, unless it begins with a vector table."""


def unnamed(
    components: Iterable[Component], votes: Iterable[Evidence], group: Sequence[tuple[Input, Examination]]
) -> list[tuple[str, str]]:
    """Return (place, type) of each such file of one controller; the type is its format, `elf` or `raw-image`."""
    named = {
        (vote.input, vote.path)
        for component in components
        if component.observed and component.kind in RUN_BY_THEMSELVES
        for vote in component.evidence
        if vote.role == "self"
    }
    marks = {(vote.input, vote.path, vote.claim) for vote in votes if vote.claim in MARKS}
    found = []
    for item, look in group:
        holders = {file.path: file for file in look.artifacts}
        papers = {paper.path for paper in look.documents}
        roots = _roots(holders)
        known = [path for input_, path in named if input_ == item.id]
        for path, file in holders.items():
            kind = _type(file, {claim for claim in MARKS if (item.id, path, claim) in marks})
            if kind is None or path in papers or not _delivered(file, holders, roots):
                continue
            if not any(path in ("", one) or one.startswith(f"{path}!/") for one in known):
                found.append(("!/".join(filter(None, (item.path, path))), kind))
    return sorted(found)


def _type(file: Artifact, marks: set[str]) -> str | None:
    """Return what kind of image a file would be; None when it is none."""
    if file.kind != "file" or not file.id:
        return None
    if file.format in FLASHED:
        return file.format
    if file.format == "":
        return "raw-image" if file.size >= SMALLEST or "vector-table" in marks else None
    return "elf" if "load-digest" in marks else None


def _roots(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders, with a closing slash, that hold the tree of an operating system."""
    beside: dict[str, set[str]] = {}
    for path in paths:
        parts = path.split("/")
        for depth, part in enumerate(parts[:-1]):
            if part in TREE or part == "usr":
                beside.setdefault("".join(f"{one}/" for one in parts[:depth]), set()).add(part)
    return tuple(sorted(folder for folder, names in beside.items() if "usr" in names or len(names) > 1))


def _delivered(file: Artifact, holders: dict[str, Artifact], roots: tuple[str, ...]) -> bool:
    """Tell whether a file was handed over as it is: nothing around it is the tree or the image of a system."""
    holder = file.parent
    while holder is not None:
        around = holders.get(holder)
        if around is None or (around.kind != "directory" and around.format not in CARRIERS):
            return False
        holder = around.parent
    return not file.path.startswith(roots) if roots else True
