"""No stage reaches back to a later one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "auditor"
BASE = {"compiled", "declared", "model", "record", "judgement", "limits", "resources", "vehicle"}
ORDER = ["unpack", "identify", "worker", "resolve", "trace", "evaluate", "whatif", "report"]
ALLOWED = {stage: BASE | set(ORDER[: index + 1]) for index, stage in enumerate(ORDER)}
ALLOWED["knowledge"] = BASE | {"knowledge"}
for later in ORDER[1:]:
    ALLOWED[later] |= {"knowledge"}
RECORDS_ONLY = {"resolve", "trace", "evaluate", "report"}
"""Stages that work on records: bytes were read before them."""


def imports(path: Path) -> set[str]:
    """Names of the packages below auditor that a file imports at run time (imports for types are free)."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("auditor"):
            parts = node.module.split(".")
            found |= (
                {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names if alias.name != "__version__"}
            )
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("auditor.")}
    return found


@pytest.mark.parametrize("stage", sorted(ALLOWED))
def test_stage_imports_nothing_later(stage: str) -> None:
    files = sorted((PACKAGE / stage).rglob("*.py"))
    assert files
    wrong = {str(path.relative_to(PACKAGE)): imports(path) - ALLOWED[stage] for path in files}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_only_the_worker_knows_about_processes() -> None:
    words = ("subprocess", "multiprocessing", "os.fork", "socketpair")
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "worker" not in path.parts and any(word in path.read_text(encoding="utf-8") for word in words)
    ]
    assert wrong == []


def test_only_lookups_know_the_network() -> None:
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "lookup.py" and {"requests", "urllib3", "http"} & _top_imports(path)
    ]
    assert wrong == []


def _top_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    return names | {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
