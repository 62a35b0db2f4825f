"""What a verdict costs: processor time for each applicable (rule, component) pair over 100,000 components.

    python tests/benchmarks/judging.py [COMPONENTS]

Prints JSON. `making facts` is the part before the first rule, `not applicable` a run of rules about kinds that
the inventory does not have, `expressions` the evaluation of the conditions alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from auditor.evaluate import Policy, evaluate, load_policy
from auditor.evaluate.expression import activation
from auditor.evaluate.subjects import Subjects
from auditor.model import Actor, Component, Evidence, Input, Inventory, Licenses, Origin

DAY = date(2026, 11, 24)
COUNT = 100_000


def library(index: int) -> Component:
    """A library as a package database shows it, declared too."""
    return Component(
        id=f"c{index}", key=f"deb:lib{index}", kind="library", layer="middleware", name=f"lib{index}", ecu="A",
        version="1.0", declared=True, observed=True, purl=f"pkg:deb/debian/lib{index}@1.0",
        origin=(Origin("owner", party="example", country="DE", confidence="high", basis="read"),),
        licenses=Licenses(concluded="MIT", category="permissive", declared="MIT", basis="read"), governance="vendor",
        supplier=Actor("Example"),
        evidence=(Evidence(f"deb:lib{index}", "name", "x", "package_db", "package-database", "decisive"),),
    )  # fmt: skip


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of one call, and what it returned."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def facts_only(inventory: Inventory, policy: Policy) -> None:
    """Make the facts of every component in the engine's form, and ask nothing."""
    subjects = Subjects(inventory, policy, DAY, accept_stated=False)
    for one in inventory.components:
        activation(subjects.component(one).facts)


def expressions_only(inventory: Inventory, policy: Policy) -> int:
    """Evaluate every condition about libraries on one component's facts, as often as there are components."""
    subjects = Subjects(inventory, policy, DAY, accept_stated=False)
    prepared = activation(subjects.component(inventory.components[0]).facts)
    rules = [rule for rule in policy.rules if "library" in rule.kinds]
    for _ in inventory.components:
        for rule in rules:
            rule.when.evaluate(prepared)
    return len(rules) * len(inventory.components)


def measure(count: int = COUNT) -> dict[str, Any]:
    """Return the figures; times in processor seconds of this process."""
    image = Input("i", "a.img", "squashfs", 1, "00", "A")
    inventory = Inventory(inputs=(image,), artifacts=(), components=tuple(map(library, range(count))))
    policy = load_policy(["cn-autonomy"])
    whole, judgement = seconds(lambda: evaluate(inventory, policy, None, as_of=DAY))
    pairs = sum(run.count for run in judgement.rules_run)
    chips = load_policy(["cn-autonomy"], select=["chip-*", "home-chip-foreign-fab", "ai-model-*", "bootloader-*"])
    idle, other = seconds(lambda: evaluate(inventory, chips, None, as_of=DAY))
    none, _ = seconds(lambda: evaluate(inventory, load_policy(["base"], select=["bom-empty"]), None, as_of=DAY))
    made, _ = seconds(lambda: facts_only(inventory, policy))
    asked, evaluations = seconds(lambda: expressions_only(inventory, policy))
    return {
        "components": count,
        "rules": len(policy.rules),
        "pairs": pairs,
        "findings": len(judgement.findings),
        "seconds": round(whole, 2),
        "microseconds a pair": round(whole / pairs * 1e6, 2),
        "making facts, seconds": round(made, 2),
        "expressions, microseconds each": round(asked / evaluations * 1e6, 2),
        "rules that do not apply": len(chips.rules),
        "their pairs": sum(run.count for run in other.rules_run),
        "their seconds": round(idle, 2),
        "seconds with one rule about documents": round(none, 2),
        "resident MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT), indent=1))
