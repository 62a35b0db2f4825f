"""What decides the rows of an image besides its bytes, and the digest of all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from auditor import compiled, resources
from auditor.limits import Limits
from auditor.worker.kept import LIBRARIES, OPTIONAL


@dataclass(frozen=True)
class Settings:
    """How every image of a run is audited."""

    as_of: str
    """ISO day."""
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of `auditor.evaluate.load_policy`."""
    knowledge: Sequence[str] = ()
    """Folders with the user's own facts, at the same place on every machine."""
    limits: Limits = field(default_factory=Limits)
    require_isolation: bool = False
    most: int = 8 << 30
    """Bytes of the largest object that is fetched."""


def stamp(settings: Settings) -> str:
    """Return 16 hexadecimal digits that change with the code, the shipped data and everything in `settings`."""
    total = hashlib.sha256(_code().encode())
    plain = {
        "as-of": settings.as_of,
        "policy": {name: _text(name, value) for name, value in settings.policy.items()},
        "limits": settings.limits,
        "isolation": settings.require_isolation,
    }
    total.update(msgspec.json.encode(plain, order="sorted"))
    named = (*settings.policy.get("packs", ()), *settings.policy.get("rule_folders", ()), *settings.knowledge)
    for path in (Path(one) for one in named):
        for inner in sorted(path.rglob("*.yaml")) if path.is_dir() else [path] if path.is_file() else []:
            _add(total, str(inner.relative_to(path.parent)), inner)
    return total.hexdigest()[:16]


def _text(name: str, value: Any) -> Any:
    """Return plain data; of folders and files the contents count, which are added apart, and not the place."""
    return [Path(one).name for one in value] if name in ("packs", "rule_folders") else value


def _add(total: Any, name: str, path: Path) -> None:
    data = path.read_bytes()
    total.update(f"{name}:{len(data)}:".encode("utf-8", "surrogateescape") + data)


@cache
def _code() -> str:
    """Return the digest of the program: its code without the command line, its rules and facts, its libraries."""
    total = hashlib.sha256()
    package, rules = Path(__file__).resolve().parent.parent, resources.folder("rules")
    for root, path in _program(package, rules):
        _add(total, path.relative_to(root).as_posix(), path)
    for name in (*LIBRARIES, *OPTIONAL, "cel-expr-python"):
        total.update(f"{name} {compiled.release(name) or '-'}\n".encode())
    return total.hexdigest()


def _program(package: Path, rules: Path) -> Iterator[tuple[Path, Path]]:
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in ("cli", "rules", "demo"):
            yield package, path
    for path in sorted(rules.rglob("*.yaml")):
        yield rules, path
