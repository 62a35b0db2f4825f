"""Document readers: one module per format.

A format module has NAME, TITLE, `sniff(sample) -> bool`, `read(sample) -> Document`, and where the
format has a schema `check(sample, document) -> Document`, which adds violations and minimum elements;
the other modules of this package are what they share. A reader raises `notes.Unreadable` (a `Damaged`) for a
document it recognizes and cannot read; everything less than that is a problem inside the `Document`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

import msgspec

from auditor.identify.sample import Sample
from auditor.model import Document


@cache
def formats() -> tuple[ModuleType, ...]:
    """Return the format modules by name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(module for module in modules if hasattr(module, "sniff"))


def _reads(module: ModuleType, sample: Sample) -> bool:
    """Tell whether a module is for the sample; the user's word may have more behind a colon, for the module."""
    return sample.declared.partition(":")[0] == module.NAME if sample.declared else bool(module.sniff(sample))


def read(sample: Sample) -> Document | None:
    """Read a bill of materials; None when the artifact is none.

    Raises Damaged with a `code` when it is one and cannot be read.
    """
    if sample.head[:4] == b"\x7fELF" and not sample.declared:
        return None  # half of the files of an image are programs, and none of them is a document
    from auditor.identify.documents import element_sets, expressions, json_document
    from auditor.identify.documents.json_text import collector_off

    with collector_off():
        module = next((module for module in formats() if _reads(module, sample)), None)
        if module is None:
            return None
        document: Document = module.read(sample)
        if hasattr(module, "check"):
            document = module.check(sample, document)
        json_document.forget(sample)
        elements = {**dict(document.elements), **element_sets.more(document)}
        return msgspec.structs.replace(
            document,
            elements=tuple(sorted(elements.items())),
            problems=(*document.problems, *expressions.too_costly(document.components, sample.limits)),
            path=sample.artifact.path,
            sha256=sample.artifact.id,
        )
