"""The page of the figures: medians and ratios of the raw values, nothing else."""

from __future__ import annotations

from statistics import median
from typing import Any

import targets
from page_libraries import documents, judging, questions
from reading import IMAGES
from tables import ratio, rows, spread

MIB = 1 << 20
WHAT = {
    "auditor scan": "`auditor scan`, squashfs with zstd, packed",
    "auditor check": "`auditor check`, the same",
    "auditor check, no cache": "`auditor check --cache-dir none`: signatures and facts parsed anew",
    "auditor check, 100 bytes": "`auditor check` of 100 zeros: the fixed part",
    "auditor tree": "`auditor tree`, the same",
    "auditor check, to be kept": "`auditor check`, the same, result kept",
    "auditor check, again": "`auditor check`, the same, once more",
    "auditor check, folder": "`auditor check` of the folder, results kept",
    "auditor check, folder, 20 changed": "`auditor check` of the folder, 20 files changed",
    "syft": "syft, the same tree unpacked beforehand",
    "unblob, depth 1": "unblob, depth 1: unpacking only",
    "unblob": "unblob, as it comes: unpacking only",
    "cve-bin-tool": "cve-bin-tool, the same tree unpacked beforehand",
    "blint": "blint sbom, the same tree unpacked beforehand",
}
OURS = ("auditor scan", "auditor check", "auditor tree")
PROGRAMS_TEXT = (
    "The rows of auditor examine afresh (`--fresh`), with signatures, facts and checked rules from the cache, except "
    "where the row says otherwise. syft, cve-bin-tool and blint get the files, auditor and unblob the packed image."
)


TRIED = {
    "decoding blocks": "zstandard and ISA-L decode whole blocks, each block once, with one decoder for the process. Not "
    "decoding what another image had too would need results by block, which a prepared image could falsify for others "
    "(docs/decisions/0002-results-kept-by-input.md): not built.",
    "SHA-256 of every file": "hashlib (OpenSSL, with the processor's instructions), once for each file; every digest is "
    "in the report.",
    "the rest": "walking, records and messages in Python: records are msgspec structures, messages go in batches, "
    "what is loaded before the fork is taken from the collector.",
    "searching patterns": "one Hyperscan database for all patterns, pieces that fit the processor's cache, `re` only "
    "where it found an end.",
    "detector signatures": "judges what the search found: nothing yet.",
}
"""Step -> what was done about its cost."""
STARTS = (
    "- The start: rules, facts, checked expressions, signatures and license categories come parsed from the cache, a "
    "report in one format loads one format, workers start with the first file that is not kept.",
    "- 20 files of a folder changed: all others are hashed, because times and sizes of files are not believed; that and "
    "the start are most of it.",
)


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


def verdicts(figures: dict[str, Any]) -> str:
    """Every target with the figure that keeps or misses it."""
    return (
        "## Targets\n\nWhat was wanted, whether reached or not; what was tried on the missed ones stands under *Where the "
        "time goes*.\n\n" + rows(("figure", "target", "measured", ""), targets.table(figures))
    )


def programs(figures: dict[str, Any]) -> str:
    part = figures["programs"]
    lines, notes = [], ""
    for name, row in sorted(part.items(), key=lambda one: list(WHAT).index(one[0])):
        if "skipped" in row:
            notes += f"\n{name} was not measured: {row['skipped'].replace('`', ' ')}.\n"
            continue
        ratios = (ratio(part[ours]["cpu"], row["cpu"]) for ours in OURS)
        lines.append((WHAT[name], spread(row["cpu"]), *ratios, f"{median(row['peak']):.0f}"))
    if "files" in part.get("unblob, depth 1", {}):
        notes += (
            "\nunblob calls `sasquatch` for squashfs, which is in no package archive used here; a script that passes "
            "image and folder on to `unsquashfs` stood in for it "
            f"({part['unblob, depth 1']['files']} files came out at depth 1).\n"
        )
    notes += (
        "\ncve-bin-tool is run by a script of a few lines that leaves empty what it would fetch while it loads and "
        "scans without its vulnerability database.\n"
    )
    versions = ", ".join(f"{name} {number}" for name, number in sorted(figures["versions"].items()))
    head = ("program", "processor s", *(f"{ours.removeprefix('auditor ')} / this" for ours in OURS), "peak MiB")
    return (
        "## Whole programs\n\nUser and system time of the program and everything it started, start-up included, "
        f"the programs in turn; peak memory is that of the largest process. {PROGRAMS_TEXT} {versions}.\n\n"
        + rows(head, lines)
        + notes
        + "\n"
        + budget(figures)
    )


def budget(figures: dict[str, Any]) -> str:
    """The cost of a check against the hash of the same bytes."""
    hashing = figures["work"]["SHA-256 of every file"]
    part = figures["programs"]
    check, fixed = median(part["auditor check"]["cpu"]), median(part["auditor check, 100 bytes"]["cpu"])
    again = median(part["auditor check, again"]["cpu"])
    saved = check / again
    first, second = part["auditor check, folder"]["cpu"], part["auditor check, folder, 20 changed"]["cpu"]
    changed = median(one / other for one, other in zip(first, second, strict=True))
    return (
        f"`auditor check` costs {check:.2f} s: {fixed:.2f} s for 100 bytes, and {(check - fixed) / hashing:.1f} "
        f"times `hashlib.sha256` of the unpacked bytes ({hashing:.3f} s in this run) for the rest. Once more it costs {again:.2f} s, {saved:.1f} times "
        f"less; of a folder with 20 files changed {changed:.1f} times less than the first time.\n"
    )


def steps_of(figures: dict[str, Any]) -> list[tuple[str, float]]:
    """The steps of the worker, the dearest first."""
    return sorted(figures["work"].items(), key=lambda row: (-row[1], row[0]))


def phases(figures: dict[str, Any]) -> str:
    """Where our own time goes: phases of the program, and steps of the worker."""
    first, again = (
        [
            (one["name"], f"{one['processor']:.3f}", f"{one['workers']:.3f}", f"{one['wall']:.3f}")
            for one in figures["phases"][name]
        ]
        for name in ("first", "again")
    )
    whole = sum(figures["work"].values())
    steps = [
        (name, f"{seconds:.3f}", f"{seconds / whole:.0%}") for name, seconds in steps_of(figures) if seconds > 0.001
    ]
    return (
        "## Where the time goes\n\n`auditor check --profile FILE` of the squashfs with zstd, one run, seconds:\n\n"
        + rows(("phase", "processor", "workers", "elapsed"), first)
        + "\nThe same with everything kept: hashing the image is in *unpack and identify*, no worker starts:\n\n"
        + rows(("phase", "processor", "workers", "elapsed"), again)
        + f"\nThe work of a worker on it, in process, {whole:.2f} s with the clock running; each step without those "
        "inside it:\n\n" + rows(("step", "processor s", "share"), steps) + left(figures)
    )


def left(figures: dict[str, Any]) -> str:
    """The three dearest steps, and what was done about each."""
    lines = [f"- {name}: {TRIED.get(name, 'nothing yet.')}" for name, _ in steps_of(figures)[:3]]
    return "\nThe three largest costs that are left, and what was tried:\n\n" + "\n".join((*lines, *STARTS)) + "\n"


def memory(figures: dict[str, Any]) -> str:
    if "growth" not in figures:
        return ""
    first = figures["growth"][0]
    lines = [
        (
            f"{row['image'] / MIB / 1024:.0f} GiB",
            f"{row['cpu']:.2f}",
            f"{row['cpu'] / first['cpu'] / (row['image'] / first['image']):.2f}",
            f"{row['largestProcess'] / MIB:.0f}",
            f"{row['together'] / MIB:.0f}",
        )
        for row in figures["growth"]
    ]
    head = (
        "image",
        "processor s",
        "per GiB, of that of the first",
        "RssAnon of one process, MiB",
        "of all together, MiB",
    )
    return (
        "## Growth and memory\n\n`auditor scan` of ext4 images, each GiB with three copies of the root file system and "
        "300 MiB of noise, one run each; `RssAnon` sampled every 10 ms, the highest.\n\n" + rows(head, lines)
    )


def fleet(figures: dict[str, Any]) -> str:
    """One process against two, pair by pair."""
    if "fleet" not in figures:
        return ""
    part = figures["fleet"]
    lines = []
    for count in ("1", "2"):
        runs = [pair[count] for pair in part["pairs"]]
        lines.append((count, *(spread([run[key] for run in runs]) for key in ("elapsed", "firstToLast", "processor"))))
    whole, steady = (
        ratio(*([pair[count][key] for pair in part["pairs"]] for count in ("1", "2")))
        for key in ("elapsed", "firstToLast")
    )
    return (
        f"## Fleet\n\n`auditor fleet scan` of {part['images']} generated images in a local folder, {part['files']} files "
        f"and {part['bytes'] / MIB:.1f} MiB each, all but one file the same in all; on both cores, which other work was "
        "using too, in turn:\n\n"
        + rows(("processes", "elapsed s", "from the first image to the last, s", "processor s of all"), lines)
        + f"\nTwo processes are {whole} times as fast as one, {steady} times without the start of the cluster.\n"
    )


def scores(figures: dict[str, Any]) -> str:
    keys = ("truth", "named", "right_version", "wrong_version", "no_version", "not_in_truth", "license_right")
    lines = [(name, *(str(line[key]) for key in keys)) for name, line in figures["scores"].items()]
    head = ("program", "in the truth", "named", "version right", "wrong", "none", "names outside", "license right")
    return (
        "## What is found\n\nComponents of the corpus' root file system with an ELF file, by the rules of "
        "`fixtures/corpus.py score`. The package database had been removed from the image. The corpus is one set of "
        "Debian packages which the signatures were developed on: it says what is possible, not what a stranger's "
        "image will give.\n\n" + rows(("program", *head[1:]), lines) + halves(figures["scores"])
    )


def halves(scores: dict[str, Any]) -> str:
    """Both halves of the components, every second one by name; empty for figures from before they were counted."""
    keys = ("truth", "named", "right_version", "wrong_version", "no_version")
    lines = [
        (name, half, *(str(counts[key]) for key in keys))
        for name, line in scores.items()
        for half, counts in zip(("1st, 3rd, 5th ...", "2nd, 4th, 6th ..."), line.get("halves", ()), strict=False)
    ]
    if not lines:
        return ""
    head = ("program", "components by name", "in the truth", "named", "version right", "wrong", "none")
    text = "\nThe two halves, every second component by name: what was fitted to single components differs between them.\n\n"
    return text + rows(head, lines)


def commits(figures: dict[str, Any]) -> str:
    """The commits the parts were measured at."""
    parts: dict[str, list[str]] = {}
    for part, commit in sorted(figures["commits"].items()):
        parts.setdefault(commit, []).append(part)
    return "; ".join(f"{commit} ({', '.join(names)})" for commit, names in sorted(parts.items()))


def render(figures: dict[str, Any]) -> str:
    """Return docs/benchmarks.md."""
    machine = figures["machine"]
    inputs = [(f"`{name}`", str(one["size"]), f"`{one['sha256']}`") for name, one in sorted(figures["inputs"].items())]
    return (
        "# Benchmarks\n\nGenerated from docs/figures.json, which has every raw value, by\n\n"
        f"    {figures['command']}\n\n"
        f"Measured at commit {commits(figures)} on a shared {machine['processors']}-core machine "
        f"({machine['system']}, {machine['architecture']}, Python {machine['python']}) with other work going on, "
        "everything on one core. Seconds are processor seconds: median (least - most). Quote ratios; they are medians "
        "of the ratios run by run.\n\n"
        + "\n".join(
            (
                verdicts(figures),
                programs(figures),
                scores(figures),
                phases(figures),
                reading(figures),
                memory(figures),
                fleet(figures),
                documents(figures),
                questions(figures),
                *([judging(figures)] if "judging" in figures else []),
            )
        )
        + "\n## Inputs\n\n"
        + rows(("file", "bytes", "SHA-256"), inputs)
    )
