"""A Report to bytes: one module per format.

A format module has NAME, TITLE, `BINARY` (True when the bytes are not text) and
`render(report, style) -> bytes`; with `JUDGED = False` it says nothing of findings and verdict.
Modules are found by name order; a module is called like its format, with `_` for `-` and without
dots, so that one format is loaded without the others.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from auditor.report.build import build, unjudged

if TYPE_CHECKING:
    from auditor.report.schema import Report

__all__ = ["Style", "build", "formats", "judged", "known", "render", "unjudged"]


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
    modules = (_module(name) for name in _names())
    return {module.NAME: module for module in modules if module is not None}


def known(name: str) -> bool:
    """Tell whether a format exists."""
    return _named(name) is not None


def judged(name: str) -> bool:
    """Tell whether a format says something of findings or the verdict."""
    return bool(getattr(_named(name), "JUDGED", True))


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_")))


def _module(name: str) -> ModuleType | None:
    """Return a module of this package when it is a format."""
    module = importlib.import_module(f"{__name__}.{name}")
    return module if hasattr(module, "NAME") and hasattr(module, "render") else None


def _named(name: str) -> ModuleType | None:
    """Return the module of a format; None when there is none of this name."""
    stem = name.replace("-", "_").replace(".", "")
    module = _module(stem) if stem in _names() else None
    return module if module is not None and name == module.NAME else None


def render(report: Report, name: str, style: Style | None = None) -> bytes:
    """Return the report in a format; raises KeyError for a format that does not exist."""
    module = _named(name)
    if module is None:
        raise KeyError(name)
    data: bytes = module.render(report, style or Style())
    return data
