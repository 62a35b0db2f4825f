"""Typed tables of facts in `rules/detectors` that the detectors read."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from auditor import resources


@cache
def table(name: str, shape: Any) -> Any:
    """Return `rules/detectors/<name>.yaml` converted to `shape` (a msgspec type).

    Raises ValueError with the file's name when the file does not have that shape.
    """
    import yaml

    path = resources.folder("rules") / "detectors" / f"{name}.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return msgspec.convert(yaml.load(path.read_bytes(), loader), shape)  # noqa: S506 - a safe loader
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"rules/detectors/{name}.yaml: {error}") from error
