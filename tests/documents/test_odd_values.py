"""Any node of a published document replaced by a value of another type: diagnosed, never a crash."""

from __future__ import annotations

import copy
import json
import random

import pytest
from document_samples import BOMS, index, read

from auditor.unpack.view import Damaged

ODD = [None, True, 0, -1.5, "", [], {}, "x", [None], [[]], [{}], {"a": None}, ["x", 1], 10**30]
ROWS = [row["file"] for row in index() if row["file"].endswith(".json")]


def places(tree):
    waiting = [((), tree)]
    while waiting:
        path, node = waiting.pop()
        if path:
            yield path
        pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        waiting += [((*path, key), value) for key, value in pairs]


def replaced(tree, path, value):
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value


@pytest.mark.parametrize("name", ROWS)
def test_odd_values(name):
    tree = json.loads((BOMS / name).read_text(encoding="utf-8-sig"))
    paths = list(places(tree))
    chance = random.Random(name)
    for _ in range(60):
        mutant = copy.deepcopy(tree)
        path = chance.choice(paths)
        replaced(mutant, path, copy.deepcopy(chance.choice(ODD)))
        try:
            document = read(json.dumps(mutant))
        except Damaged as error:
            assert error.code in ("unsupported-document", "damaged")
            continue
        assert document is None or document.format
