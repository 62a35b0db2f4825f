"""How far the reading of the inputs is, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """How far the reading is: sizes in bytes."""

    done: int = 0
    """Of the inputs, read in full."""
    total: int = 0
    """Of all inputs that are files."""
    unpacked: int = 0
    files: int = 0
    path: str = ""
    """What is looked at now."""


Watch = Callable[[Progress | None], None]
"""Told how far it is, and None when the reading is over."""
