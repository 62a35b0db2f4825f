"""Shipped policy files as they were parsed before, kept from one run to the next (see `auditor.compiled`)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from auditor import compiled
from auditor.evaluate import strict_yaml
from auditor.evaluate.strict_yaml import MarkedFile

Read = Callable[[Path, str], MarkedFile]
"""Parses the file at a path under the name that errors call it."""


class Parsed:
    """What the strict reader made of files, by the digest of name and bytes."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self.name = f"policies-{compiled.key(compiled.release('PyYAML'), code=(strict_yaml.__file__,))}.msgpack"
        self._before = compiled.load(self.name, dict[str, MarkedFile], root) or {}
        self._rows: dict[str, MarkedFile] = {}

    def read(self, path: Path, name: str) -> MarkedFile:
        """Return a file as `strict_yaml.read` does; raises what it raises."""
        data = strict_yaml.content(path, name)
        digest = sha256(name.encode("utf-8", "surrogateescape") + b"\0" + data).hexdigest()
        row = self._before.get(digest)
        self._rows[digest] = strict_yaml.parse_bytes(data, name) if row is None else row
        return self._rows[digest]

    def keep(self) -> None:
        """Write what was read in this run, when some of it is new."""
        if not self._rows.keys() <= self._before.keys():
            compiled.keep(self.name, self._rows, self.root)
