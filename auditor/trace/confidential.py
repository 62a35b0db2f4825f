"""Which components are confidential: their names never leave the machine.

Marked by the user with patterns (`--confidential`, also in the configuration file), or by a document with a property
`confidential` or `auditor:confidential` whose value is yes or true.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from urllib.parse import unquote

from auditor.knowledge.spelling import bare_purl
from auditor.model import Component, Inventory

_MARKS = ("confidential", "auditor:confidential")
_YES = ("true", "yes")


def split(inventory: Inventory, patterns: Sequence[str]) -> tuple[list[Component], int]:
    """Return the components that may be named elsewhere, and the number of those that may not.

    A pattern (`*`, `?`, case does not matter) is compared with name, key, part number and package URL, the latter also
    as `@scope/name`: without its type and version.
    """
    marked = {
        text
        for document in inventory.documents
        for one in document.components
        if any(name.casefold() in _MARKS and value.strip().casefold() in _YES for name, value in one.properties)
        for text in (one.name, one.purl, one.mpn)
        if text
    }
    folded = [pattern.casefold() for pattern in patterns]
    free = [one for one in inventory.components if not _confidential(one, marked, folded)]
    return free, len(inventory.components) - len(free)


def _confidential(component: Component, marked: set[str], patterns: Sequence[str]) -> bool:
    said = {vote.value for vote in component.evidence if vote.claim in ("name", "purl", "mpn")}
    texts = {one for one in (component.name, component.key, component.purl, component.mpn, *said) if one}
    plain = [unquote(bare_purl(one)) for one in texts if one.startswith("pkg:")]
    texts |= {*plain, *(one.partition("/")[2] for one in plain)}
    return bool(texts & marked) or any(fnmatch.fnmatchcase(text.casefold(), one) for text in texts for one in patterns)
