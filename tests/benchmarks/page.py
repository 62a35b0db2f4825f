"""The page of the figures: medians and ratios of the raw values, nothing else."""

from __future__ import annotations

from statistics import median
from typing import Any

from reading import IMAGES

MIB = 1 << 20
REASONS = {"cve-bin-tool": "without a vulnerability database downloaded beforehand it does not start"}


def rows(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    table = [head, tuple("---" for _ in head), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table) + "\n"


def ratio(above: list[float], below: list[float]) -> str:
    """Median of the ratios run by run: a machine that slows down slows both."""
    return f"{median(a / b for a, b in zip(above, below, strict=True)):.2f}"


def spread(values: list[float]) -> str:
    return f"{median(values):.3f} ({min(values):.3f} - {max(values):.3f})"


def reading(figures: dict[str, Any]) -> str:
    part = figures["reading"]
    lines = []
    for name, label in IMAGES.items():
        row = part["images"][name]
        floor = [a + b for a, b in zip(row["sha256"], row["decode"], strict=True)]
        decoding = ratio(row["walk"], row["decode"]) if row["blocks"] else "-"
        times = (spread(row["walk"]), spread(row["sha256"]), spread(row["decode"]))
        lines.append((label, *times, ratio(row["walk"], row["sha256"]), decoding, ratio(row["walk"], floor)))
    head = ("image", "walk, s", "SHA-256 of the files, s", "decoding alone, s")
    return (
        "## Reading an image\n\nIn process, imports not counted. *Walk* opens the image in memory, recognizes every file, "
        "opens what is packed inside and computes the SHA-256 of each file and of the image itself. It is compared with "
        f"`hashlib.sha256` over the same {part['files']} files ({part['bytes'] / MIB:.0f} MiB, already in memory), with "
        "decoding the compressed blocks alone, and with both together.\n\n"
        + rows((*head, "walk / SHA-256", "walk / decoding", "walk / (SHA-256 + decoding)"), lines)
    )


def programs(figures: dict[str, Any]) -> str:
    part = figures["programs"]
    what = {
        "auditor": "`auditor scan`, squashfs with zstd, packed",
        "syft": "syft, the same tree unpacked beforehand",
        "unblob": "unblob, depth 1: unpacking only",
        "cve-bin-tool": "cve-bin-tool, the same tree unpacked beforehand",
    }
    lines, notes = [], ""
    for name, row in part.items():
        if "skipped" in row:
            notes += (
                f"\n{name} was not measured: {REASONS.get(name, 'it failed')} ({row['skipped'].replace('`', ' ')}).\n"
            )
        else:
            lines.append((what[name], spread(row["cpu"]), ratio(part["auditor"]["cpu"], row["cpu"])))
    if "files" in part.get("unblob", {}):
        notes += (
            "\nunblob calls `sasquatch` for squashfs, which is in no package archive used here; a script that passes "
            f"image and folder on to `unsquashfs` stood in for it ({part['unblob']['files']} files came out).\n"
        )
    return (
        "## Whole programs\n\nUser and system time of the program and everything it started, start-up included, "
        "the programs in turn.\n\n" + rows(("program", "processor s", "auditor / this"), lines) + notes
    )


def memory(figures: dict[str, Any]) -> str:
    part = figures["memory"]
    return (
        f"## Memory\n\n`auditor scan` of an ext4 image of {part['image'] / MIB:.0f} MiB (the root file system and 600 MiB "
        f"of noise), one run, `RssAnon` sampled {part['samples']} times: at most "
        f"{part['largestProcess'] / MIB:.0f} MiB in one process, {part['together'] / MIB:.0f} MiB in all together.\n"
    )


def documents(figures: dict[str, Any]) -> str:
    bill, text = figures["documents"]["cyclonedx"], figures["documents"]["tagValue"]
    return (
        f"## Bills of materials\n\nCycloneDX JSON, {bill['components']} components, {bill['bytes'] / MIB:.1f} MiB, read "
        f"as an audit does (records, pointers, schema, minimum elements): {spread(bill['read'])} s, `json.loads` with "
        f"the collector off {spread(bill['loads'])} s, ratio {ratio(bill['read'], bill['loads'])}.\n\nSPDX tag-value, "
        f"{text['packages']} packages, {text['bytes'] / MIB:.1f} MiB: {spread(text['read'])} s. spdx-tools parses a "
        f"document of {text['fewer']} such packages in {spread(text['spdxTools'])} s, auditor in "
        f"{spread(text['fewerRead'])} s, ratio {median(a / b for a, b in zip(text['fewerRead'], text['spdxTools'], strict=True)):.4f}.\n"
    )


def scores(figures: dict[str, Any]) -> str:
    keys = ("truth", "named", "right_version", "wrong_version", "no_version", "not_in_truth", "license_right")
    lines = [(name, *(str(line[key]) for key in keys)) for name, line in figures["scores"].items()]
    head = ("program", "in the truth", "named", "version right", "wrong", "none", "names outside", "license right")
    return (
        "## What is found\n\nComponents of the corpus' root file system with an ELF file, by the rules of "
        "`fixtures/corpus.py score`. The package database had been removed from the image. The corpus is one set of "
        "Debian packages which the signatures were developed on: it says what is possible, not what a stranger's "
        "image will give.\n\n" + rows(("program", *head[1:]), lines)
    )


def render(figures: dict[str, Any]) -> str:
    """Return docs/measurements.md."""
    machine = figures["machine"]
    inputs = [(f"`{name}`", str(one["size"]), f"`{one['sha256']}`") for name, one in sorted(figures["inputs"].items())]
    return (
        "# Measurements\n\nGenerated from docs/figures.json, which has every raw value, by\n\n"
        f"    {figures['command']}\n\n"
        f"Measured at commit {figures['commit']} on a shared {machine['processors']}-core machine "
        f"({machine['system']}, {machine['architecture']}, Python {machine['python']}) with other work going on, "
        "everything on one core. Seconds are processor seconds: median (least - most). Quote ratios; they are medians "
        "of the ratios run by run.\n\n"
        + "\n".join((reading(figures), programs(figures), memory(figures), documents(figures), scores(figures)))
        + "\n## Inputs\n\n"
        + rows(("file", "bytes", "SHA-256"), inputs)
    )
