"""Statements about builds meet the files they speak of, by digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from auditor.model import Document, Examination, Input


def matched(documents: Iterable[Document], group: Sequence[tuple[Input, Examination]]) -> list[Document]:
    """Return the documents with the path of the file that each statement is about; without, where none is here."""
    papers = list(documents)
    if not any(paper.statements for paper in papers):
        return papers
    places: dict[str, str] = {}
    for item, look in group:
        places.setdefault(item.sha256, item.path)
        for file in look.artifacts:
            if file.id and file.path:
                places.setdefault(file.id, f"{item.path}!/{file.path}")
    return [
        msgspec.structs.replace(
            paper,
            statements=tuple(
                msgspec.structs.replace(one, matches=places.get(one.sha256 or "")) for one in paper.statements
            ),
        )
        for paper in papers
    ]


def told(documents: Iterable[Document], names: dict[str, str]) -> list[str]:
    """Return a line for each statement: what it says, of which file; `names` is input id -> path."""
    lines = []
    for paper in documents:
        name = names.get(paper.input, "") + (f"!/{paper.path}" if paper.path else "")
        for one in paper.statements:
            if one.matches is None:
                lines.append(f"{name}: says who built {one.subject}; no input of that controller has its digest")
            else:
                source = f" from {one.source}" if one.source else ""
                lines.append(
                    f"{name}: says that {one.builder or 'nobody named'} built {one.matches}{source}; "
                    "the signature is not checked"
                )
    return lines
