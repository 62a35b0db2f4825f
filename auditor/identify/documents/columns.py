"""Names of columns and properties to our fields (`rules/knowledge/part-list-columns.yaml`, in many languages)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from auditor.model import DeclaredLicense
from auditor.resources import folder

SEPARATORS = re.compile(r"[\s,;、，；]+")
LONGEST_NAME = 200
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@cache
def _data() -> dict[str, Any]:
    import yaml

    text = (folder("rules") / "knowledge" / "part-list-columns.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return data


def normal(heading: str) -> str:
    """Return a heading for comparison: NFKC, lower case, letters and digits only."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(character for character in folded if character.isalnum())


@cache
def headings() -> dict[str, str]:
    """Return normalized heading -> field."""
    return {normal(name): field for field, names in _data()["columns"].items() for name in names}


def mapping(said: str) -> dict[str, str]:
    """Return normalized heading -> field of `field=heading,field=heading`.

    Raises ValueError for a field that does not exist and for what is no pair.
    """
    found = {}
    for pair in filter(None, said.split(",")):
        field, _, heading = pair.partition("=")
        if field.strip() not in _data()["columns"] or not normal(heading):
            raise ValueError(f"{pair!r} is not FIELD=HEADING; the fields are {', '.join(_data()['columns'])}")
        found[normal(heading)] = field.strip()
    return found


def heading_field(heading: str, own: Mapping[str, str]) -> tuple[str | None, int]:
    """Return the field of a column and its number (`Manufacturer 2` is the second manufacturer, 1-based).

    `own` are headings that the user has mapped; they come first.
    """
    key = normal(heading)
    found = own.get(key) or headings().get(key)
    if found:
        return found, 1
    digits = re.search(r"[0-9]{1,2}$", key)
    if digits:
        found = headings().get(key[: digits.start()])
        if found:
            return found, int(digits.group())
    return None, 1


@cache
def _properties() -> dict[str, str]:
    return {name.lower(): field for field, names in _data()["properties"].items() for name in names}


@lru_cache(maxsize=4096)
def property_field(name: str) -> str | None:
    """Return the field a property speaks about, by its whole name; `paths` for the places generators name."""
    if len(name) >= LONGEST_NAME:
        return None
    return _properties().get(name.lower()) or ("paths" if _paths().fullmatch(name) else None)


@cache
def _paths() -> re.Pattern[str]:
    return re.compile("|".join(_data()["path-properties"]))


def number(value: str) -> float | None:
    """Return a quantity (`4`, `1,5`, `2 pcs`), None when there is none."""
    match = NUMBER.match(value.strip())
    return float(match.group().replace(",", ".")) if match else None


def split(value: str) -> tuple[str, ...]:
    """Split a list of designators (`U1, U2 U3`)."""
    return tuple(part for part in SEPARATORS.split(value) if part)


@cache
def _words(section: str) -> frozenset[str]:
    return frozenset(normal(word) or word for word in _data()[section])


def is_unknown(value: str) -> bool:
    """Tell whether a cell says that the value is not known."""
    return len(value) < 40 and (normal(value) or value.strip()) in _words("unknown")


def yes_or_no(value: str | None) -> bool | None:
    """Return what a yes/no cell says, None when it says neither."""
    key = normal(value) if value else ""
    return True if key in _words("yes") else False if key in _words("no") else None


@cache
def _types() -> dict[str, str]:
    return {normal(word): kind for kind, words in _data()["types"].items() for word in words}


def component_type(value: str | None) -> str | None:
    """Return the component type a cell names, None when it names none."""
    return _types().get(normal(value)) if value else None


def license_of(value: str | None) -> tuple[DeclaredLicense, ...]:
    """Return the license of a cell."""
    return (DeclaredLicense(value=value),) if value else ()
