"""Cost and memory over a million pairs. Not collected by default: `pytest tests/evaluate/slow_million_pairs.py -s`."""

from __future__ import annotations

import resource
import time
from datetime import date

from auditor.evaluate import evaluate, load_policy
from auditor.evaluate.expression import Source, activation, compile_expression
from auditor.evaluate.strict_yaml import Mark
from auditor.model import Actor, Component, Evidence, Input, Inventory, Licenses, Origin


def resident_kib() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize() // 1024


def library(index: int) -> Component:
    return Component(
        id=f"c{index}", key=f"deb:lib{index}", kind="library", layer="middleware", name=f"lib{index}", ecu="A",
        version="1.0", declared=True, observed=True, purl=f"pkg:deb/debian/lib{index}@1.0",
        origin=(Origin("owner", party="example", country="DE", confidence="high", basis="read"),),
        licenses=Licenses(concluded="MIT", category="permissive"), governance="community", supplier=Actor("Example"),
        evidence=(Evidence(f"deb:lib{index}", "name", "x", "package_db", "package-database", "decisive"),),
    )  # fmt: skip


def test_a_million_pairs_do_not_grow() -> None:
    source = Source("rule.yaml", Mark(1, 1))
    text = "component.owner.jurisdiction in ['outside', 'restricted'] && component.governance == 'vendor'"
    program = compile_expression(text, "component", {}, source, boolean=True)
    facts = {"component": {"owner": {"jurisdiction": "outside"}, "governance": "vendor"}, "run": {}, "ecu": {}}
    before = 0
    for turn in range(11):
        for _ in range(100_000):
            assert program.evaluate(activation(facts)).value is True
        if turn == 0:
            before = resident_kib()
    assert resident_kib() - before < 4096, "one million evaluations grew the process"


def test_cost_per_pair() -> None:
    inventory = Inventory(
        inputs=(Input("i", "a.img", "squashfs", 1, "00", "A"),),
        artifacts=(),
        components=tuple(map(library, range(100_000))),
    )
    policy = load_policy(["cn-autonomy"])
    start = time.process_time()
    judgement = evaluate(inventory, policy, None, as_of=date(2026, 11, 24))
    seconds = time.process_time() - start
    pairs = sum(run.count for run in judgement.rules_run)
    applicable = sum(run.count > 0 for run in judgement.rules_run)
    print(f"\n{pairs} pairs, {applicable} rules, {len(judgement.findings)} findings: "
          f"{seconds:.2f} s of processor time, {seconds / pairs * 1e6:.2f} us a pair, {resident_kib() // 1024} MiB")  # fmt: skip
    assert pairs > 1_000_000
