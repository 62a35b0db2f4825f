"""Annotations for SPDX documents that are given back: SPDX 3 JSON-LD and SPDX 2 tag-value; every byte stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from auditor.identify.documents import spdx_tag_value
from auditor.identify.documents.notes import Notes

CREATION = "_:auditorCreation"
AGENT = "urn:auditor:agent"


def elements(
    graph: Iterable[tuple[str, Mapping[str, Any]]], comments: Mapping[str, str], tool: str, created: str
) -> list[dict[str, Any]]:
    """Return the elements to append to `@graph`: who annotates, and one Annotation per commented element.

    `graph` are (pointer, element) pairs, `comments` pointer -> text, `created` a time as SPDX writes it.
    """
    notes: list[dict[str, Any]] = []
    for pointer, node in graph:
        subject = node.get("spdxId") or node.get("@id")
        if pointer in comments and isinstance(subject, str):
            notes.append(
                {
                    "type": "Annotation",
                    "spdxId": f"urn:auditor:annotation:{len(notes) + 1}",
                    "creationInfo": CREATION,
                    "annotationType": "other",
                    "subject": subject,
                    "statement": comments[pointer],
                }
            )
    if not notes:
        return []
    creation = {
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": created,
        "createdBy": [AGENT],
    }
    agent = {"type": "SoftwareAgent", "spdxId": AGENT, "creationInfo": CREATION, "name": tool}
    return [creation, agent, *notes]


def tag_value(data: bytes, comments: Mapping[str, str], tool: str, created: str) -> bytes | None:
    """Append an annotation for each package of a tag-value document that has a comment (`line N` -> text).

    Returns None when the text is not UTF-8, ends inside a `<text>`, or none of the packages has an id.
    """
    notes = Notes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    tree = spdx_tag_value.build(spdx_tag_value.tags(text, notes), notes)
    if any(problem.code == "truncated" for problem in notes.problems):
        return None
    added = []
    for node in tree["packages"]:
        comment = comments.get(node.place)
        if comment is not None and node.get("SPDXID"):
            body = comment.replace(spdx_tag_value.CLOSE, "")
            added.append(
                f"\nAnnotator: Tool: {tool}\nAnnotationDate: {created}\nAnnotationType: OTHER\n"
                f"SPDXREF: {node['SPDXID']}\nAnnotationComment: <text>{body}</text>\n"
            )
    return data + ("\n" + "".join(added)).encode() if added else None
