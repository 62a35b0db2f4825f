"""The stage itself: examinations of all inputs to one immutable inventory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from auditor.model import Comparison, Component, Document, Evidence, Examination, Input, Inventory, Link
from auditor.resolve import built, declared, links, listed, observed, part_types, same_bytes, searched, standalone

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge


def resolve(inputs: Sequence[Input], examinations: Sequence[Examination], knowledge: Knowledge) -> Inventory:
    """Resolve the votes and documents of a run.

    `examinations` stand in the order of `inputs`; inputs with the same `ecu` belong to one
    controller, whose bills of materials are compared with its images.
    """
    components: list[Component] = []
    edges: list[Link] = []
    rows: list[Comparison] = []
    documents: list[Document] = []
    rest: list[Evidence] = []
    looked: list[tuple[str, str]] = []
    unnamed: list[tuple[str, str, str]] = []
    for ecu in sorted({item.ecu for item in inputs}):
        group = [(item, look) for item, look in zip(inputs, examinations, strict=True) if item.ecu == ecu]
        votes = [msgspec.structs.replace(vote, input=item.id) for item, look in group for vote in look.evidence]
        votes += list(same_bytes.votes(votes, group))
        papers = [msgspec.structs.replace(paper, input=item.id) for item, look in group for paper in look.documents]
        papers = built.matched(part_types.complete(papers), group)
        hashes = {file.id: file.path for _, look in group for file in look.artifacts if file.id}
        lists = listed.components(votes, ecu, knowledge)
        names = {item.id: item.path for item, _ in group}
        votes = [vote for vote in votes if not listed.is_listing(vote)]
        seen, unused = observed.components(votes, ecu, names, knowledge)
        files = observed.programs(unused, observed.owned(seen.values()))
        joined, compared, ids = declared.join(seen, papers, ecu, files, hashes, lists, knowledge)
        alone = standalone.unnamed(joined, votes, group)
        looked += [(ecu, line) for line in searched.systems(joined, votes, group, [place for place, _ in alone])]
        unnamed += [(ecu, *one) for one in alone]
        components += joined
        rows += compared
        documents += papers
        edges += links.dynamic(joined, unused) | links.traces(joined) | links.stated(papers, ids)
        rest += [vote for votes in unused.values() for vote in votes]
    return Inventory(
        inputs=tuple(inputs),
        artifacts=tuple(
            (item.id, file) for item, look in zip(inputs, examinations, strict=True) for file in look.artifacts
        ),
        components=tuple(
            sorted(components, key=lambda part: (part.ecu, part.kind, part.key, part.version or "", part.id))
        ),
        links=links.strongest(edges),
        documents=tuple(documents),
        comparison=tuple(sorted(rows, key=lambda row: row.component)),
        searched=tuple(looked),
        unnamed=tuple(unnamed),
        unresolved=tuple(sorted(rest, key=observed.order)),
    )
