"""Large XML of which only a few elements matter: the rest of the tree is dropped while it is read."""

from __future__ import annotations

from auditor.identify.documents import xml_text
from auditor.identify.documents.xml_text import Builder, Element
from auditor.identify.sample import Sample
from auditor.limits import Limits


class _Pruner(Builder):
    """Keeps the wanted elements whole, in document order, and nothing else."""

    def __init__(self, limits: Limits, wanted: frozenset[str]) -> None:
        super().__init__(limits)
        self.wanted = wanted
        self.found: list[Element] = []
        self.inside = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        super().start(name, attributes)
        self.inside += self.stack[-1].name in self.wanted

    def end(self, name: str) -> None:
        """Close an element; drop it unless it is wanted or inside something wanted."""
        element = self.stack[-1]
        super().end(name)
        if element.name in self.wanted:
            self.inside -= 1
            self.found.append(element)
        if not self.inside and self.stack:
            self.stack[-1].children.clear()
            self.stack[-1].text = ""


def find(sample: Sample, wanted: frozenset[str]) -> list[Element]:
    """Return the elements of these names; raises Unreadable like `xml_text.parse`."""
    data = sample.data
    xml_text.refuse_large(data, sample.limits)
    text = xml_text.decode(data)
    xml_text.refuse_document_type(text)
    pruner = _Pruner(sample.limits, wanted)
    pruner.run(text)
    return pruner.found
