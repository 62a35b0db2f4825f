"""vehicle.yaml: read strictly, every reference checked, every fault with its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from auditor.evaluate.errors import closest
from auditor.evaluate.strict_yaml import MarkedFile, Path_, read
from auditor.evaluate.vehicle_checks import check, country, number
from auditor.vehicle import Vehicle

ROLES = ("design", "process-control", "build", "sign", "wafer", "assembly", "test", "vehicle-assembly")
STAGES = ("mine", "refine", "processed")
ASIL = ("QM", "A", "B", "C", "D")
STATUS = ("qualified", "in-qualification", "planned")
RIGHTS = ("owner", "license", "revocable-license")
STACKS = ("modular", "end-to-end")
CHOICES = {
    ("ecus", "asil"): ASIL,
    ("functions", "asil"): ASIL,
    ("sites", "roles"): ROLES,
    ("materials", "stage"): STAGES,
    ("models", "stack"): STACKS,
    ("contributors", "rights"): RIGHTS,
    ("supply", "status"): STATUS,
    ("reserve", "status"): STATUS,
    ("develop", "status"): STATUS,
}
REFERENCES = {
    ("functions", "needs"): "ecus",
    ("functions", "helped-by"): "ecus",
    ("generations", "function"): "functions",
    ("ecus", "lines"): "lines",
    ("sites", "ecus"): "ecus",
    ("models", "ecu"): "ecus",
    ("models", "trained-on"): "datasets",
    ("models", "alternates"): "models",
}
COUNTRIES = ("country", "markets", "stored-in", "trained-in", "fab-country")
SHARES = ("share", "recycled-share")
DAYS = ("eol", "sop")


def load(path: Path) -> Vehicle:
    """Read a vehicle file; materials are named in lower case, as knowledge has them.

    Raises PolicyError (file, line, column).
    """
    marked = read(path)
    found = _convert(marked)
    for place, value in _leaves(marked.value, ()):
        number(marked, place, value)
        _check(marked, place, value)
    named = tuple(msgspec.structs.replace(one, material=one.material.strip().casefold()) for one in found.materials)
    found = msgspec.structs.replace(found, materials=named)
    check(marked, found)
    return found


def _convert(marked: MarkedFile) -> Vehicle:
    try:
        return msgspec.convert(_camel(marked.value), Vehicle, strict=True)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        place = _place(where.rstrip("`"))
        unknown = re.search(r"unknown field `(.*)`", message)
        if unknown:
            key = _kebab(unknown[1])
            raise marked.error((*place, key), f"unknown key {key!r}", closest(key, _keys(place)), key=True) from None
        text = re.sub(r"`(\w+)`", lambda one: f"`{_kebab(one[1])}`", message)
        raise marked.error(place, text[:1].lower() + text[1:]) from None


def _check(marked: MarkedFile, place: Path_, value: Any) -> None:
    """Demand known choices, existing references, codes of countries, days and shares."""
    words = [step for step in place if isinstance(step, str)]
    if len(words) < 2:
        return
    pair = (words[-2], words[-1])
    if pair in CHOICES and value not in CHOICES[pair]:
        raise marked.error(
            place, f"{words[-1]} must be one of {', '.join(CHOICES[pair])}", closest(str(value), CHOICES[pair])
        )
    if pair in REFERENCES:
        known = [str(one.get("id")) for one in marked.value.get(REFERENCES[pair], ()) if isinstance(one, dict)]
        if value not in known:
            raise marked.error(place, f"{REFERENCES[pair]} has no {value!r}", closest(str(value), known))
    code = words[-1] if words[-2] == "shares" else value
    if words[-1] in COUNTRIES or words[-2] == "shares":
        country(marked, place, str(code))
    if (words[-1] in SHARES or words[-2] == "shares") and not 0 <= float(value) <= 1:
        raise marked.error(place, f"a share is between 0 and 1, not {value}")
    if words[-1] in DAYS:
        _day(marked, place, value)


def _day(marked: MarkedFile, place: Path_, value: Any) -> None:
    from datetime import date

    try:
        date.fromisoformat(str(value))
    except ValueError:
        raise marked.error(place, f"{value!r} is no day such as 2027-01-31") from None


def _leaves(value: Any, place: Path_) -> Iterator[tuple[Path_, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*place, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, (*place, index))
    else:
        yield place, value


def _camel(value: Any, *, free: bool = False) -> Any:
    if isinstance(value, dict):
        return {
            key if free else re.sub("-([a-z])", lambda one: one[1].upper(), key): _camel(one, free=key == "shares")
            for key, one in value.items()
        }
    return [_camel(one) for one in value] if isinstance(value, list) else value


def _kebab(name: str) -> str:
    return re.sub("([A-Z])", lambda one: "-" + one[1].lower(), name)


def _place(where: str) -> Path_:
    """Return the path of a msgspec error: `$.ecus[3].fooBar`."""
    steps: list[str | int] = []
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", where):
        steps.append(_kebab(name) if name else int(index))
    return tuple(steps)


def _keys(place: Path_) -> list[str]:
    """Return the keys a mapping at a place may have."""
    kind: Any = Vehicle
    for step in place:
        if isinstance(step, str):
            field = next(one for one in msgspec.structs.fields(kind) if _kebab(one.encode_name) == step)
            kind = next(iter(_structs(field.type)))
    return [_kebab(one.encode_name) for one in msgspec.structs.fields(kind)]


def _structs(kind: Any) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for inner in getattr(kind, "__args__", ()):
        yield from _structs(inner)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of vehicle.yaml; keys in kebab-case."""
    made = msgspec.json.schema(Vehicle)
    for record in made["$defs"].values():
        record["properties"] = {_kebab(name): one for name, one in record.get("properties", {}).items()}
        record["required"] = [_kebab(name) for name in record.get("required", ())]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "vehicle.yaml", **made}
