"""Reads the files of `rules/knowledge` and of user overlays into one table of typed records per kind."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from auditor import compiled
from auditor.knowledge import material_records, reading, records
from auditor.knowledge.reading import KnowledgeError, convert, parse

FOLDERS: dict[str, type[records.Sourced]] = {
    "parties": records.Party,
    "systems": records.Software,
    "projects": records.Software,
    "chips": records.Chip,
    "materials": material_records.Material,
}
"""Folders of YAML files, each a list of records with an id."""

LISTS: dict[str, type[msgspec.Struct]] = {
    "chip-classes": records.ChipClass,
    "isa": records.Machine,
    "countries": records.Country,
    "listings": records.Listing,
    "licenses": records.License,
    "license-compatibility": records.Compatibility,
    "ai": records.ModelFormat,
}
"""Files that are one list of records."""

KEYS = {"countries": "alpha2", "license-compatibility": ""}
"""What names a record, where it is not `id`; empty = its place in the list."""

OTHERS = {"part-list-columns"}
"""Files of this folder that another module reads."""

SHIPPED = "rules/knowledge"


@dataclass
class Store:
    """All records, by kind and id, with the place each stands at."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind, id) -> `rules/knowledge/parties/a.yaml#id`; a user's file is named without its folder."""
    conventions: records.Conventions | None = None
    prefixes: records.Prefixes | None = None
    lifecycles: tuple[records.Lifecycle, ...] = ()
    digest: str = ""


def read(shipped: Path, overlays: Sequence[Path]) -> Store:
    """Read the shipped folder and then each overlay; a later record extends the earlier one of its id.

    Raises KnowledgeError for a file that is not valid.
    """
    store = Store({kind: {} for kind in (*FOLDERS, *LISTS)})
    files = list(_files((shipped, *overlays)))
    digest = hashlib.sha256()
    for number, relative, data in files:
        digest.update(f"{number}/{relative}\0{len(data)}\0".encode() + data)
    store.digest = digest.hexdigest()
    root = compiled.folder()
    name = f"knowledge-{compiled.key(store.digest, code=(reading.__file__, __file__))}.msgpack"
    kept = compiled.load(name, dict[str, Any], root)
    trees = {} if kept is None else kept
    plain: dict[tuple[str, str], dict[str, Any]] = {}
    for number, relative, data in files:
        place = f"{number}/{relative}"
        _read_file(store, plain, relative, data, trees, place, overlays=bool(overlays))
    if kept is None:
        compiled.keep(name, trees, root)
    return store


def _files(folders: Sequence[Path]) -> Iterator[tuple[int, str, bytes]]:
    """Yield (number of the folder, path inside it, content) of every knowledge file."""
    for number, folder in enumerate(folders):
        if not folder.is_dir():
            raise KnowledgeError(f"{folder.name}:1:1: not a folder of knowledge files")
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".yaml", ".csv") and path.is_file():
                yield number, path.relative_to(folder).as_posix(), path.read_bytes()


def _read_file(
    store: Store,
    plain: dict[tuple[str, str], dict[str, Any]],
    relative: str,
    data: bytes,
    trees: dict[str, Any],
    place: str,
    *,
    overlays: bool,
) -> None:
    """Read one file into the store; `trees` holds what was parsed before, by place."""
    shipped = place.startswith("0/")
    name = f"{SHIPPED}/{relative}" if shipped else f"knowledge:{relative}"
    kind = relative.split("/", 1)[0].removesuffix(".yaml")

    def tree() -> Any:
        if place not in trees:
            trees[place] = parse(data, name)
        return trees[place]

    if relative.endswith(".csv"):
        store.lifecycles += _read_csv(data, name)
    elif kind == "conventions":
        store.conventions = convert(tree(), records.Conventions, name, data)
    elif kind == "dt-prefixes":
        store.prefixes = convert(tree(), records.Prefixes, name, data)
    elif kind in OTHERS:
        return
    elif kind in FOLDERS or kind in LISTS:
        values = tree()
        if not isinstance(values, list):
            raise KnowledgeError(f"{name}:1:1: a list of records is expected")
        key = KEYS.get(kind, "id")
        record_type: Any = FOLDERS.get(kind) or LISTS[kind]
        if shipped and not overlays:
            converted = convert(values, list[record_type], name, data)
        else:
            converted = [
                convert(_merge(plain, kind, key, value), record_type, name, data, (index,))
                for index, value in enumerate(values)
            ]
        _keep(store, kind, key, converted, name, shipped)
    else:
        known = ", ".join(sorted((*(f"{folder}/" for folder in FOLDERS), *(f"{one}.yaml" for one in LISTS))))
        raise KnowledgeError(
            f"{name}:1:1: no such kind of knowledge; known: {known}, conventions.yaml, dt-prefixes.yaml"
        )


def _merge(plain: dict[tuple[str, str], dict[str, Any]], kind: str, key: str, value: Any) -> Any:
    """Lay a record over the earlier one of the same id: its fields win, and only their sources are replaced."""
    if not key or not isinstance(value, dict) or not isinstance(value.get(key), str):
        return value
    before: Mapping[str, Any] = plain.get((kind, value[key]), {})
    merged = {**before, **value}
    if "sources" in before:
        kept = []
        for source in before["sources"]:
            fields = [one for one in source.get("fields", ()) if one not in value]
            if fields:
                kept.append({**source, "fields": fields})
        merged["sources"] = [*value.get("sources", ()), *kept]
    plain[kind, value[key]] = merged
    return merged


def _keep(store: Store, kind: str, key: str, converted: Sequence[Any], name: str, shipped: bool) -> None:
    """Put converted records into their table; a repeated id inside the shipped files is an error."""
    table = store.tables[kind]
    for record in converted:
        identity = str(getattr(record, key)) if key else str(len(table))
        if shipped and identity in table:
            raise KnowledgeError(f"{name}:1:1: {identity!r} stands already in {store.places[kind, identity]}")
        table[identity] = record
        store.places[kind, identity] = f"{name}#{identity}"


def located(trouble: str, folders: Sequence[Path]) -> str:
    """Return a trouble of a user's record (`knowledge:FILE#ID: what`) with the line of the record."""
    found = re.match(r"knowledge:([^#]+)#([^:]+)(: .*)", trouble, re.DOTALL)
    if found is None:
        return trouble
    for folder in reversed(folders):
        path = folder / found[1]
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if record := re.search(rf"\bid:[ ]+['\"]?{re.escape(found[2])}(?![\w.+-])", text):
                line = text.count("\n", 0, record.start()) + 1
                return f"knowledge:{found[1]}:{line}: {found[2]}{found[3]}"
    return trouble


def _read_csv(data: bytes, name: str) -> tuple[records.Lifecycle, ...]:
    """Read release cycles; lines that start with `#` are the license notice."""
    lines = [line for line in data.decode("utf-8").splitlines() if not line.startswith("#")]
    rows = csv.DictReader(io.StringIO("\n".join(lines)))
    columns = list(records.Lifecycle.__struct_fields__)
    if rows.fieldnames != columns:
        raise KnowledgeError(f"{name}:1:1: the columns are {', '.join(columns)}")
    return tuple(records.Lifecycle(**{column: row[column] or "" for column in columns}) for row in rows)
