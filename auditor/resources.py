"""Where the shipped data lives: in the wheel beside the code, in a checkout beside `pyproject.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def folder(name: str) -> Path:
    """Return the folder `rules` or `demo` of this installation.

    The packaged folder comes first; the checkout's only when the `pyproject.toml` beside it
    names this project, so that a wheel install never reads a stranger's folder.
    Raises FileNotFoundError when neither is there.
    """
    package = Path(__file__).resolve().parent
    packaged = package / name
    if packaged.is_dir():
        return packaged
    project = package.parent / "pyproject.toml"
    in_checkout = package.parent / {"demo": "fixtures/demo"}.get(name, name)
    if project.is_file() and 'name = "auditor"' in project.read_text(encoding="utf-8") and in_checkout.is_dir():
        return in_checkout
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation: reinstall auditor")
