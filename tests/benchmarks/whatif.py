"""What a question about a large vehicle costs: removal and smallest sets over parts and functions.

    python tests/benchmarks/whatif.py [PARTS] [FUNCTIONS] [RUNS]

Prints JSON: seconds of processor time and of the clock for one question (`--remove`, three things at once), for the
smallest sets of parties and countries up to three, and for both together, as `auditor whatif` answers them.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from auditor.whatif import answer
from auditor.whatif.cuts import smallest
from auditor.whatif.supply import Entry, Part, Stage, Supply, Way, Work

PARTS, FUNCTIONS = 1000, 100
TARGET = 1.0
"""Seconds of processor time within which question and smallest sets of such a vehicle are to be answered."""
ECUS, PARTIES, COUNTRIES = 60, 300, 25
SEED = 20261125


def vehicle(parts: int, functions: int) -> Supply:
    """Return a graph in the proportions of a real vehicle: two parts in three have one way, the rest a second source."""
    draw = random.Random(SEED)
    homes = {f"party:p{number}": f"country:{number % COUNTRIES:02}" for number in range(PARTIES)}

    def way(name: str, switch: float | None) -> Way:
        owner, foundry = draw.sample(sorted(homes), 2)
        stages = [
            Stage("part", (Entry(name, frozenset((f"part:{name}",))),)),
            Stage("control", (Entry(owner, frozenset((owner, homes[owner]))),)),
            Stage("fab", (Entry(foundry, frozenset((foundry, homes[foundry]))),)),
        ]
        sites = tuple(
            Entry(f"site {code}", frozenset((f"country:{code:02}",))) for code in draw.sample(range(COUNTRIES), 2)
        )
        return Way(name, (*stages, Stage("assembly", sites)), switch)

    made = []
    for number in range(parts):
        ways = [way(f"x{number}", 0)] + [way(f"y{number}", 12)] * (draw.random() < 1 / 3)
        made.append(
            Part(
                f"c{number}",
                f"x{number}",
                f"e{number % ECUS}",
                tuple(ways),
                frozenset(),
                1000.0,
                draw.choice((None, 8)),
            )
        )
    ecus = [f"e{number}" for number in range(ECUS)]
    works = [Work(f"f{number}", f"f{number}", tuple(sorted(draw.sample(ecus, 4)))) for number in range(functions)]
    return Supply(tuple(made), tuple(works), tuple(ecus), {})


def timed(work: Callable[[], Any], runs: int) -> dict[str, list[float]]:
    """Return processor and clock seconds of each run, sorted."""
    cpu, wall = [], []
    for _ in range(runs):
        start, clock = time.process_time(), time.perf_counter()
        work()
        cpu.append(round(time.process_time() - start, 4))
        wall.append(round(time.perf_counter() - clock, 4))
    return {"cpu": sorted(cpu), "wall": sorted(wall)}


def measure(parts: int, functions: int, runs: int) -> dict[str, Any]:
    """Return the figures."""
    graph = vehicle(parts, functions)
    removed = ("country:03", "party:p7", "part:x11")

    def question(sets: bool) -> None:
        answer.answer(graph, removed, sets=sets)

    def sets() -> None:
        for kind in ("party", "country"):
            smallest(graph, kind)

    return {
        "parts": parts,
        "functions": functions,
        "question": timed(lambda: question(False), runs),
        "sets": timed(sets, runs),
        "both": timed(lambda: question(True), runs),
    }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    parts, functions, runs = (*numbers, *(PARTS, FUNCTIONS, 5)[len(numbers) :])
    print(json.dumps(measure(parts, functions, runs), indent=1))
