"""Corrections by the user (`--assert FILE`): evidence with a name and a day, never stronger than the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auditor.model import Actor, Component, DeclaredLicense, Evidence, Inventory

if TYPE_CHECKING:
    from auditor.evaluate.strict_yaml import MarkedFile
    from auditor.knowledge import Knowledge

KEYS = ("component", "ecu", "claim", "value", "who", "date", "source")
REQUIRED = ("component", "claim", "value", "who", "date", "source")
CLAIMS = ("version", "license", "supplier", "manufacturer", "country", "purl", "cpe", "mpn")
PLAIN = ("version", "purl", "cpe", "mpn")
MOST = 10_000


@dataclass(frozen=True)
class Assertion:
    """What one person says about one component."""

    component: str
    """Name, key, purl, CPE, part number or name@version."""
    claim: str
    value: str
    who: str
    date: str
    source: str
    ecu: str | None
    line: int
    file: str
    version: str | None = None
    """Which of several versions is meant, empty = the one of no known version; None = whichever there is."""


def meant(said: Assertion, components: Iterable[Component]) -> list[Component]:
    """Return the components that somebody speaks of: by name, controller and, where it is given, version."""
    from auditor.evaluate.naming import called

    return [
        one
        for one in components
        if said.ecu in (None, one.ecu) and said.version in (None, one.version or "") and said.component in called(one)
    ]


def strange(said: Assertion) -> str:
    """Return the line that no component is what somebody speaks of."""
    version = f" in version {said.version}" if said.version else " without a version" if said.version == "" else ""
    where = f" in {said.ecu}" if said.ecu else ""
    return f"{said.file}:{said.line}: no component{where} is called {said.component!r}{version}"


def load(path: Path) -> tuple[Assertion, ...]:
    """Read `assertions: [{component, ecu?, claim, value, who, date, source}]`. Raises PolicyError."""
    from auditor.evaluate.rules import check_keys
    from auditor.evaluate.strict_yaml import read

    marked = read(path)
    check_keys(marked, (), ("assertions",))
    entries = marked.value.get("assertions")
    if not isinstance(entries, list) or len(entries) > MOST:
        raise marked.error(("assertions",), f"assertions must be a list of at most {MOST}")
    return tuple(_one(marked, index, path.name) for index in range(len(entries)))


def _one(marked: MarkedFile, index: int, file: str) -> Assertion:
    from auditor.evaluate.rules import check_keys, day, one_of

    place: tuple[str | int, ...] = ("assertions", index)
    check_keys(marked, place, KEYS)
    entry: dict[str, Any] = marked.value["assertions"][index]
    if missing := [key for key in REQUIRED if key not in entry]:
        raise marked.error(place, f"the assertion lacks {', '.join(missing)}")
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise marked.error((*place, key), f"{key} must be text")
    one_of(marked, (*place, "claim"), CLAIMS)
    day(marked, (*place, "date"))
    return Assertion(**{"ecu": None, **entry}, line=marked.values[place].line, file=file)


def check_countries(assertions: Sequence[Assertion], knowledge: Knowledge) -> None:
    """Raise PolicyError for a country that nobody knows."""
    from auditor.evaluate.errors import PolicyError

    for one in assertions:
        if one.claim == "country" and knowledge.country(one.value) is None:
            raise PolicyError(one.file, one.line, 1, f"{one.value!r} is no country")


def apply(
    inventory: Inventory, assertions: Sequence[Assertion], knowledge: Knowledge
) -> tuple[Inventory, tuple[str, ...]]:
    """Return the inventory with the assertions as votes, and a line for each that names no component.

    What was seen or declared stays; an assertion fills what is missing and contradicts what differs.
    """
    components = {one.id: one for one in inventory.components}
    unmatched = []
    for said in assertions:
        # what is answered first must not change whom the next line means
        mine = meant(said, inventory.components)
        for one in mine:
            components[one.id] = _with(components[one.id], said, knowledge)
        if not mine:
            unmatched.append(f"{strange(said)}: nothing is asserted")
    return msgspec.structs.replace(inventory, components=tuple(components.values())), tuple(unmatched)


def vote(one: Component, said: Assertion) -> Evidence:
    """Return what somebody says about a component as a vote; who, when and whence stand in its pointer."""
    return Evidence(
        subject=one.key,
        claim=said.claim,
        value=said.value,
        detector="assertion",
        method="asserted",
        grade="supporting",
        path=said.file,
        pointer=f"{said.who}, {said.date}: {said.source}",
        line=said.line,
    )


def _with(one: Component, said: Assertion, knowledge: Knowledge) -> Component:
    changed: dict[str, Any] = {"evidence": (*one.evidence, vote(one, said))}
    before: object = None
    if said.claim in PLAIN:
        before = getattr(one, said.claim)
        changed[said.claim] = before or said.value
    elif said.claim == "license":
        changed["declared_licenses"] = (*one.declared_licenses, DeclaredLicense(said.value))
    elif said.claim == "country":
        before = one.declared_origin
        changed["declared_origin"] = before or knowledge.country(said.value)
    else:
        actor: Actor | None = getattr(one, said.claim)
        before = actor.name if actor else None
        changed[said.claim] = actor or Actor(said.value)
    if before is not None and before not in (said.value, knowledge.country(said.value)):
        text = f"{said.claim}: asserted {said.value} by {said.who}, otherwise {before}"
        changed["contradictions"] = (*one.contradictions, text)
    return msgspec.structs.replace(one, **changed)
