"""What is measured in process: reading bills of materials, questions about a vehicle, judging."""

from __future__ import annotations

from statistics import median
from typing import Any

from tables import ratio, rows, spread
from whatif import TARGET

MIB = 1 << 20
LOADS = 3.0
"""Times `json.loads` that reading a bill may cost."""


def documents(figures: dict[str, Any]) -> str:
    """What reading large bills costs, against `json.loads` and against the target."""
    part = figures["documents"]
    text = part["tagValue"]
    names = {
        "cyclonedx": ("CycloneDX JSON", "components"),
        "cyclonedxSmall": ("CycloneDX JSON", "components"),
        "spdxJson": ("SPDX JSON", "packages"),
    }
    lines = []
    for key, (label, unit) in names.items():
        bill = part[key]
        pairs = zip(bill["records"], bill["loads"], strict=True)
        kept = "kept" if median(a / b for a, b in pairs) <= LOADS else "missed"
        lines.append(
            (
                f"{label}, {bill[unit]} {unit}, {bill['bytes'] / MIB:.1f} MiB",
                spread(bill["loads"]),
                spread(bill["records"]),
                ratio(bill["records"], bill["loads"]),
                kept,
                spread(bill["read"]),
                ratio(bill["read"], bill["loads"]),
            )
        )
    head = (
        *("document", "`json.loads`, collector off, s", "to records, s", "ratio", f"target {LOADS:.0f}"),
        *("as an audit does, s", "ratio"),
    )
    faster = median(a / b for a, b in zip(text["fewerRead"], text["spdxTools"], strict=True))
    return (
        "## Bills of materials\n\nTo records: every component with its pointer. As an audit does: its schema and the minimum elements, too.\n\n"
        + rows(head, lines)
        + f"\nSPDX tag-value, {text['packages']} packages, {text['bytes'] / MIB:.1f} MiB: {spread(text['read'])} s. "
        f"spdx-tools parses a document of {text['fewer']} such packages in {spread(text['spdxTools'])} s, auditor in "
        f"{spread(text['fewerRead'])} s, ratio {faster:.4f}.\n"
    )


def questions(figures: dict[str, Any]) -> str:
    """What a question about a large vehicle costs, against its target."""
    part = figures["whatif"]
    names = {
        "question": "three things removed at once",
        "sets": "smallest sets of parties and of countries, up to three",
        "both": "both, as `auditor whatif` answers",
    }
    lines = [(label, spread(part[key]["cpu"]), spread(part[key]["wall"])) for key, label in names.items()]
    kept = "kept" if max(part["both"]["cpu"]) <= TARGET else "missed"
    return (
        f"## What-if\n\nA graph of {part['parts']} parts and {part['functions']} functions in the proportions of a vehicle, "
        f"`tests/benchmarks/whatif.py`, in process. Target: both within {TARGET:.0f} s of processor time: {kept}.\n\n"
        + rows(("question", "processor s", "elapsed s"), lines)
    )


def judging(figures: dict[str, Any]) -> str:
    """What a verdict costs, for each rule on each component that it is about."""
    part = figures["judging"]
    one = part[0]
    each = spread([row["microseconds a pair"] for row in part])
    alone = spread([row["expressions, microseconds each"] for row in part])
    made = spread([row["making facts, seconds"] for row in part])
    idle = spread([row["their seconds"] - row["seconds with one rule about documents"] for row in part])
    return (
        f"## Rules\n\n{one['components']} components under the {one['rules']} rules of cn-autonomy are {one['pairs']} "
        f"pairs of a rule and what it is about: {each} microseconds a pair, of it {alone} for the condition itself "
        f"(CEL); making the facts of all components costs {made} s. {one['rules that do not apply']} rules about kinds "
        f"that are not there make no difference that can be measured: {idle} s (`tests/benchmarks/judging.py`).\n"
    )
