"""Licenses as bills of materials write them: an id of the SPDX list, an expression, or a name."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from auditor.report import bom_facts as facts

_OPERATOR = re.compile(r" (?:AND|OR) ")


def choice(value: str, acknowledgement: str) -> dict[str, Any]:
    """Return a license choice; a text that is neither id nor expression becomes a name."""
    if not facts.simple(value):
        return _named(facts.clean(value[: facts.LONGEST_EXPRESSION]), acknowledgement)
    text = facts.clean(value)
    known = _ids().get(text.lower())
    if known:
        return {"license": {"id": known, "acknowledgement": acknowledgement}}
    written = expression(text)
    if written:
        return {"expression": written, "acknowledgement": acknowledgement}
    return _named(text, acknowledgement)


def _named(name: str, acknowledgement: str) -> dict[str, Any]:
    return {"license": {"name": name, "acknowledgement": acknowledgement}}


@cache
def expression(text: str) -> str | None:
    """Return an expression as SPDX writes it when all of its ids are known, else None."""
    parts = _OPERATOR.split(text)
    if all(word.lower() in _ids() for word in parts):  # the usual ones, without the cost of the library
        return "".join(_ids().get(word.lower(), word) for word in re.split(f"({_OPERATOR.pattern})", text))
    from license_expression import get_spdx_licensing

    try:
        return str(get_spdx_licensing().parse(text, validate=True, strict=True))
    except Exception:
        # the parser fails in undocumented ways on malformed input: no expression
        return None


@cache
def _ids() -> dict[str, str]:
    """Return the ids the schema allows, by themselves in lower case; it ships with cyclonedx-python-lib."""
    found = importlib.util.find_spec("cyclonedx")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(found.submodule_search_locations[0], "schema", "_res", "spdx.SNAPSHOT.schema.json")
    return {one.lower(): one for one in msgspec.json.decode(path.read_bytes())["enum"]}
