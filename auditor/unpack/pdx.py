"""PDX: a zip file with ODX documents, the files they refer to and a catalog.

Packaging as in ISO 22901-1, clause on PDX: `index.xml` lists the contents.
"""

from __future__ import annotations

from auditor.unpack import zip as zip_format
from auditor.unpack.view import Budget, Container, View

NAME = "pdx"
TITLE = "PDX package (zip with ODX documents)"
MAGICS = ((0, b"PK\x03\x04"),)
ANYWHERE = False
KIND = "ecu"
MADE_BY = "odxtools"

CATALOG = b"index.xml"


def open(view: View, budget: Budget) -> Container | None:
    """Read a zip whose members are a catalog and at least one ODX document."""
    container = zip_format.open(view, budget)
    if container is None:
        return None
    entries = list(container.entries)
    names = [entry.name.lower().rsplit(b"/", 1)[-1] for entry in entries]
    if CATALOG not in names or not any(b".odx" in name[-8:] for name in names):
        return None
    container.entries = entries
    return container
