"""What the project wants of its speed and memory, and whether the figures keep it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

MIB = 1 << 20
Figures = dict[str, Any]


class Target(NamedTuple):
    """A bound on one figure; `most` says whether it may not be above it or not below it."""

    what: str
    bound: float
    most: bool
    measured: Callable[[Figures], float]
    unit: str = ""

    def line(self, figures: Figures) -> tuple[str, str, str, str]:
        """Return the row of the page."""
        found = self.measured(figures)
        kept = found <= self.bound if self.most else found >= self.bound
        sign = "at most" if self.most else "at least"
        return self.what, f"{sign} {self.bound:g}{self.unit}", f"{found:.2f}{self.unit}", "kept" if kept else "missed"


def over(above: list[float], below: list[float]) -> float:
    """Median of the ratios run by run, of the medians where one has fewer runs."""
    if len(above) != len(below):
        return median(above) / median(below)
    return median(a / b for a, b in zip(above, below, strict=True))


def walked(image: str, base: str) -> Callable[[Figures], float]:
    return lambda figures: over(figures["reading"]["images"][image]["walk"], figures["reading"]["images"][image][base])


def cpu(figures: Figures, name: str) -> list[float]:
    found: list[float] = figures["programs"][name]["cpu"]
    return found


def against(above: str, below: str) -> Callable[[Figures], float]:
    return lambda figures: over(cpu(figures, above), cpu(figures, below))


def read(document: str) -> Callable[[Figures], float]:
    return lambda figures: over(figures["documents"][document]["records"], figures["documents"][document]["loads"])


def fixed(figures: Figures) -> float:
    return median(cpu(figures, "auditor check, 100 bytes"))


def beyond_start(figures: Figures) -> float:
    """Processor time of a check without the fixed part, in times the hash of what is unpacked."""
    return float((median(cpu(figures, "auditor check")) - fixed(figures)) / figures["work"]["SHA-256 of every file"])


def unblob_and_syft(figures: Figures) -> float:
    both = median(cpu(figures, "unblob")) + median(cpu(figures, "syft"))
    return both / median(cpu(figures, "auditor check"))


def largest(figures: Figures) -> float:
    return max(row["together"] for row in figures["growth"]) / MIB


def of_one_gib(figures: Figures) -> float:
    return float(figures["growth"][0]["together"]) / MIB


def uneven(figures: Figures) -> float:
    """Largest deviation from time per byte of the first image, in per cent."""
    rows = figures["growth"]
    rates = [row["cpu"] / row["image"] for row in rows]
    return max(abs(rate / rates[0] - 1) for rate in rates) * 100


def processes(figures: Figures) -> float:
    pairs = figures["fleet"]["pairs"]
    return median(pair["1"]["elapsed"] / pair["2"]["elapsed"] for pair in pairs)


TARGETS = (
    Target("walk of ext4 / SHA-256 of its files", 3, True, walked("images/rootfs.ext4", "sha256")),
    Target("walk of squashfs with zstd / SHA-256 of its files", 5, True, walked("images/rootfs.zstd.squashfs", "sha256")),
    Target("walk of squashfs with gzip / SHA-256 of its files", 7, True, walked("images/rootfs.gzip.squashfs", "sha256")),
    Target("walk of squashfs with xz / its decoding", 1.2, True, walked("images/rootfs.xz.squashfs", "decode")),
    Target("unblob at depth 1 / `auditor tree`", 8, False, against("unblob, depth 1", "auditor tree")),
    Target("`auditor check`: start", 0.9, True, fixed, " s"),
    Target("`auditor check` beyond its start / SHA-256 of the files", 8, True, beyond_start),
    Target("`auditor check` / syft", 1, True, against("auditor check", "syft")),
    Target("`auditor scan` / syft", 1, True, against("auditor scan", "syft")),
    Target("cve-bin-tool / `auditor check`", 25, False, against("cve-bin-tool", "auditor check")),
    Target("cve-bin-tool / `auditor scan`", 20, False, against("cve-bin-tool", "auditor scan")),
    Target("unblob and syft / `auditor check`", 10, False, unblob_and_syft),
    Target(
        "first check of a folder / check with 20 files changed", 4, False,
        against("auditor check, folder", "auditor check, folder, 20 changed"),
    ),
    Target("time per GiB of larger images against the first", 15, True, uneven, " % off"),
    Target("anonymous memory for 1 GiB, all processes", 256, True, of_one_gib, " MiB"),
    Target("anonymous memory for the largest image, all processes", 400, True, largest, " MiB"),
    Target("fleet: one process / two", 1.6, False, processes),
    Target("CycloneDX of 100,000 components to records / `json.loads`", 3, True, read("cyclonedx")),
    Target("SPDX of 100,000 packages to records / `json.loads`", 3, True, read("spdxJson")),
)  # fmt: skip


def table(figures: Figures) -> list[tuple[str, str, str, str]]:
    """Return (what, target, measured, kept or missed)."""
    return [target.line(figures) for target in TARGETS]
