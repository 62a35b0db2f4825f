"""Read every device tree of a folder and count what is known of it.

    python tests/benchmarks/device_trees.py FOLDER

FOLDER holds `*.dtb`, for example an unpacked Debian linux-image package. Prints JSON: trees, those whose SoC vendor is
named, seated, and seated by a fact that was read; chips by classification; vendor prefixes nobody is on record for
with the number of chips; milliseconds per tree (the whole way through the worker).
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from auditor import knowledge
from auditor.inputs import describe, shown
from auditor.limits import Limits
from auditor.model import Component, Origin
from auditor.resolve import resolve
from auditor.trace import trace
from auditor.worker import Workers, open_input

DAY = date(2026, 11, 24)


def measure(folder: Path) -> dict[str, Any]:
    facts = knowledge.load()
    counted = Counter[str]()
    classes, prefixes = Counter[str](), Counter[str]()
    times = []
    with Workers(Limits(), 1, False) as workers:
        for path in sorted(folder.rglob("*.dtb")):
            opened = open_input(str(path))
            start = time.perf_counter()
            (look,) = workers.examine([opened])
            described = describe(opened, look, shown(opened.path))
            inventory = trace(resolve([described], [look], facts), facts, DAY)
            times.append(1000 * (time.perf_counter() - start))
            opened.close()
            counted.update(_counted(seats(inventory.components)))
            for one in inventory.components:
                if one.classification:
                    classes[one.classification] += 1
                if one.classification == "unknown":
                    prefixes[one.key.removeprefix("chip:").partition(",")[0]] += 1
    times.sort()
    middle, late = times[len(times) // 2], times[len(times) * 95 // 100]
    return {
        **dict(sorted(counted.items())),
        "chips": dict(sorted(classes.items())),
        "unknown_prefixes": dict(prefixes.most_common()),
        "milliseconds": {"median": round(middle, 1), "p95": round(late, 1), "max": round(times[-1], 1)},
    }


def seats(components: tuple[Component, ...]) -> list[Origin]:
    """Who makes the SoC and where it is seated."""
    main = [one for one in components if any(vote.claim == "soc" for vote in one.evidence)]
    return [origin for one in main for origin in one.origin if origin.stage == "hq"]


def _counted(found: list[Origin]) -> list[str]:
    marks = ["trees"]
    marks += ["vendor_named"] if any(one.party for one in found) else []
    marks += ["vendor_seated"] if any(one.country for one in found) else []
    marks += ["vendor_seat_read"] if any(one.country and one.basis == "read" for one in found) else []
    return marks


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1])), indent=1))
