"""Parts that one document counts under an anonymous id and another one names: joined before anything is resolved."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from auditor.model import Declared, Document

FORMAT = "catena-x"


def complete(papers: Iterable[Document]) -> list[Document]:
    """Return the documents of one controller, each part with what the others say under the same asset id.

    The description of the assembly itself is about the controller, not about one of its parts.
    """
    papers = list(papers)
    ours = [one for one in papers if one.format == FORMAT]
    if not ours:
        return papers
    parts = [part for one in ours for part in one.components if part.ref]
    named = {part.ref: part for part in parts if part.mpn}
    counted = {part.ref: part for part in parts if not part.mpn}
    assemblies = {one.subject.ref for one in ours if one.subject is not None}
    return [_completed(one, named, counted, assemblies) if one.format == FORMAT else one for one in papers]


def _completed(
    paper: Document, named: dict[str | None, Declared], counted: dict[str | None, Declared], assemblies: set[str | None]
) -> Document:
    if paper.subject is None:
        own = next((part for part in paper.components if part.ref in assemblies), None)
        if own is not None:
            return msgspec.structs.replace(paper, subject=own, components=())
    return msgspec.structs.replace(
        paper, components=tuple(_joined(part, named.get(part.ref), counted.get(part.ref)) for part in paper.components)
    )


def _joined(part: Declared, name: Declared | None, count: Declared | None) -> Declared:
    if name is None or count is None:
        return part
    return msgspec.structs.replace(
        part,
        name=name.name,
        mpn=name.mpn,
        quantity=count.quantity,
        supplier=count.supplier,
        properties=(*count.properties, *name.properties),
    )
