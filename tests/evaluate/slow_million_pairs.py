"""Memory over a million pairs. Not collected by default: `pytest tests/evaluate/slow_million_pairs.py -s`."""

from __future__ import annotations

import resource

from auditor.evaluate.expression import Source, activation, compile_expression
from auditor.evaluate.strict_yaml import Mark


def resident_kib() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * resource.getpagesize() // 1024


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
