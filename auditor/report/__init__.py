"""A Report to bytes: one module per format.

A format module has NAME, TITLE, `BINARY` (True when the bytes are not text) and
`render(report, style) -> bytes`. Modules are found by name order.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from auditor.report.build import build

if TYPE_CHECKING:
    from auditor.report.schema import Report

__all__ = ["Style", "build", "formats", "render"]


@dataclass(frozen=True)
class Style:
    """How a report is to look where the format leaves a choice."""

    width: int = 100
    color: bool = False
    links: bool = False
    """Terminal hyperlinks."""
    language: str = "en"
    show: tuple[str, ...] = ()
    """passed, waived, baselined, undetermined: what to list besides open findings."""
    group_by: str = "rule"


@cache
def formats() -> dict[str, ModuleType]:
    """Return the format modules by the name users give."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    found = {}
    for name in names:
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, "NAME") and hasattr(module, "render"):
            found[module.NAME] = module
    return found


def render(report: Report, name: str, style: Style | None = None) -> bytes:
    """Return the report in a format; raises KeyError for a format that does not exist."""
    data: bytes = formats()[name].render(report, style or Style())
    return data
