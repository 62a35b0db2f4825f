"""Read `rules/signatures/*.yaml` strictly: a fault names the file and the field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from auditor import resources
from auditor.identify.signatures.record import Signature

MAX_SIZE = 1 << 20
"""Bytes of one signature file."""


class SignatureFault(Exception):
    """A signature file that cannot be used."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file = file
        self.message = message


def files(folder: Path | None = None) -> list[Path]:
    """Return the signature files by name; the shipped ones unless a folder is given."""
    root = resources.folder("rules") / "signatures" if folder is None else folder
    return sorted(path for path in root.glob("*.yaml") if path.is_file())


def digest(folder: Path | None = None) -> str:
    """Return the sha256 over names and bytes of all signature files."""
    total = hashlib.sha256()
    for path in files(folder):
        data = path.read_bytes()
        total.update(f"{path.name}:{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


def load(folder: Path | None = None) -> tuple[Signature, ...]:
    """Return all signatures sorted by id. Raises SignatureFault."""
    found: dict[str, Signature] = {}
    for path in files(folder):
        for signature in read(path):
            if signature.id in found:
                raise SignatureFault(path.name, f"the id {signature.id!r} stands twice")
            found[signature.id] = signature
    return tuple(found[key] for key in sorted(found))


def read(path: Path) -> Iterator[Signature]:
    """Yield the signatures of one file: a mapping, or a list of them for a small family."""
    import yaml

    data = path.read_bytes()
    if len(data) > MAX_SIZE:
        raise SignatureFault(path.name, f"is larger than {MAX_SIZE} bytes")
    try:
        value = yaml.load(data.decode("utf-8"), Loader=_loader())  # noqa: S506 (a subclass of the safe loader)
    except UnicodeDecodeError as error:
        raise SignatureFault(path.name, f"is not UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise SignatureFault(path.name, f"is not valid YAML: {' '.join(str(error).split())}") from error
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        try:
            yield msgspec.convert(item, Signature)
        except msgspec.ValidationError as error:
            raise SignatureFault(path.name, f"entry {index + 1}: {error}") from error


@cache
def _loader() -> Any:
    """Return a safe loader that refuses duplicate keys."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class StrictLoader(base):  # type: ignore[misc]
        """Safe loader; a key that stands twice is an error."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        keys = [loader.construct_object(key) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            twice = sorted({str(key) for key in keys if keys.count(key) > 1})
            raise yaml.constructor.ConstructorError(None, None, f"keys stand twice: {twice}", node.start_mark)
        return dict(loader.construct_pairs(node, deep=True))

    StrictLoader.add_constructor("tag:yaml.org,2002:map", mapping)
    return StrictLoader
