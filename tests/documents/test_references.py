"""References between components: duplicates, dangling ends, self-dependencies and cycles, against brute force."""

from __future__ import annotations

import itertools

from document_samples import codes, cyclonedx, read
from hypothesis import given
from hypothesis import strategies as st


def document(edges: dict[str, list[str]], refs: list[str]):
    components = [{"type": "library", "name": ref, "bom-ref": ref} for ref in refs]
    return read(cyclonedx(components=components, dependencies=[{"ref": k, "dependsOn": v} for k, v in edges.items()]))


def on_cycles(edges: dict[str, list[str]]) -> set[str]:
    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [t for t in edges.get(start, []) if t != start]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += [t for t in edges.get(node, []) if t != node]
        return seen

    return {node for node in edges if node in reachable(node)}


NODES = "abcdef"


@given(st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES + "xy"), unique=True, max_size=4)))
def test_findings_equal_brute_force(edges):
    found = document(edges, list(NODES))
    dangling = {t for t in itertools.chain(*edges.values()) if t in "xy"}
    loops = [node for node, targets in edges.items() if node in targets]
    assert codes(found).count("dangling-ref") == len(dangling)
    assert codes(found).count("self-dependency") == len(loops)
    cyclic = [problem for problem in found.problems if problem.code == "dependency-cycle"]
    assert bool(cyclic) == bool(on_cycles(edges))


def test_a_cycle_names_its_members_and_not_what_hangs_on_it():
    found = document({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []}, list("abcd"))
    (problem,) = [problem for problem in found.problems if problem.code == "dependency-cycle"]
    assert "'b', 'c'" in problem.message and "'a'" not in problem.message and "'d'" not in problem.message


def test_paths_are_not_enumerated():
    refs = [f"n{i}" for i in range(60)]
    edges = {refs[i]: refs[i + 1 : i + 3] for i in range(60)}
    assert document(edges, refs).problems == ()


def test_long_chains_do_not_recurse():
    refs = [f"n{i}" for i in range(20_000)]
    edges = {refs[i]: [refs[(i + 1) % 20_000]] for i in range(20_000)}
    assert codes(document(edges, refs)) == ["dependency-cycle"]


def test_duplicate_refs_have_a_place():
    found = read(cyclonedx(components=[{"type": "library", "name": n, "bom-ref": "a"} for n in "xy"]))
    assert [(p.code, p.pointer) for p in found.problems] == [("duplicate-ref", "/components/1")]


def test_links_to_other_documents_are_not_dangling():
    assert document({"a": ["urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#b"]}, ["a"]).problems == ()
