"""The license of a component as facts: declared, found, understood or not."""

from __future__ import annotations

import re
from typing import Any

from auditor.model import Component, Licenses

_LICENSE_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-+:]*")
_LICENSE_TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9][A-Za-z0-9.\-+:]*)")
_OPERATORS = frozenset({"AND", "OR", "WITH"})


def _valid(component: Component) -> bool | None:
    """Tell whether the license as written is an SPDX expression; None without one, or where a limit ended reading."""
    licenses = component.licenses
    written = " AND ".join(one.value for one in component.declared_licenses) or licenses.declared or licenses.observed
    if licenses.concluded is None:
        limited = any(line.startswith("license: ") for line in component.contradictions)
        return False if written and not limited else None
    text = written or licenses.concluded
    # `Proprietary` by itself is a name, which is a legal way to declare; inside an expression it is no id
    names = license_ids(licenses.declared or "") if len(text.split()) > 1 else []
    mapped = [id_ for id_ in names if id_.startswith("LicenseRef-")]
    return valid_license(text) and all(id_.casefold() in text.casefold() for id_ in mapped)


def _differs(component: Component) -> bool | None:
    licenses = component.licenses
    if any(line.startswith("license: declared") for line in component.contradictions):
        return True
    found = licenses.concluded is not None and "declared:licenses" not in licenses.sources
    return False if found and licenses.declared else None


def license_facts(component: Component, *, accept_stated: bool) -> dict[str, Any]:
    """Return the facts about the license of one component; what only a statement says is absent unless accepted."""
    licenses: Licenses = component.licenses
    facts: dict[str, Any] = {"known": bool(licenses.concluded or licenses.declared or licenses.observed)}
    facts |= {name: text for name in ("declared", "observed") if (text := getattr(licenses, name))}
    if (valid := _valid(component)) is not None:
        facts["valid"] = valid
    if licenses.basis == "stated" and not accept_stated:
        return facts
    if licenses.concluded:
        facts["expression"] = licenses.concluded
        facts["ids"] = license_ids(licenses.concluded)
    if (differs := _differs(component)) is not None:
        facts["differs"] = differs
    if licenses.category:
        facts["category"] = licenses.category
    return facts


def license_ids(expression: str) -> list[str]:
    """Return the license ids that an SPDX expression names, sorted; one with an exception is an id of its own."""
    found: list[str] = []
    with_exception = False
    for word in _LICENSE_WORD.findall(expression):
        if with_exception and found:
            found[-1] += f" WITH {word}"
        elif word not in _OPERATORS:
            found.append(word)
        with_exception = word == "WITH"
    return sorted(set(found))


def valid_license(expression: str) -> bool:
    """Tell whether a text follows the grammar of SPDX license expressions (ids are not looked up)."""
    at = depth = 0
    operand_expected = True
    text = expression.strip()
    while at < len(text):
        token = _LICENSE_TOKEN.match(text, at)
        if token is None:
            return False
        at = token.end()
        word = token[1]
        if word == "(":
            if not operand_expected:
                return False
            depth += 1
        elif word == ")":
            depth -= 1
            if operand_expected or depth < 0:
                return False
        elif (word in _OPERATORS) == operand_expected:
            return False
        else:
            operand_expected = word in _OPERATORS
    return bool(text) and not operand_expected and depth == 0
