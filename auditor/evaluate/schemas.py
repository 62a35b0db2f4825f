"""JSON Schemas (2020-12) of the files that users write: rules, waivers, knowledge. Editors complete and check by them.

The readers check more than a schema can say (conditions compile, days are real, ids are known): what the
schema takes may still be refused, what the readers take is always taken by the schema.
"""

from __future__ import annotations

from typing import Any

from auditor.evaluate import rules, waivers
from auditor.evaluate.facts_model import SUBJECTS
from auditor.evaluate.policy import SEVERITIES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string", "minLength": 1}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_TYPES: dict[type, dict[str, str]] = {str: {"type": "string"}, list: {"type": "array"}, dict: {"type": "object"}}
_HELP = {
    "when": "CEL; true = finding; a fact that is not known leaves the rule undetermined.",
    "where": "CEL over facts that are always known: where the rule applies.",
    "message": "One line; {facts} in braces.",
    "supplier-question": "What to ask when it cannot be decided; {facts} in braces.",
}


def rule() -> dict[str, Any]:
    """Return the schema of one rule file."""
    subjects = sorted({*rules.GROUPS, *rules.COMPONENT_KINDS, *SUBJECTS})
    keys: dict[str, Any] = {name: dict(_TYPES[kind]) for name, kind in rules._KEYS.items()}
    keys["severity"] = {"enum": list(SEVERITIES)}
    keys["status"] = {"enum": ["stable", "trial"]}
    keys["basis"] = {"enum": list(rules.BASES)}
    keys["raises"] = {"enum": ["fail", "undetermined"]}
    keys["applies-to"] = {"type": "array", "minItems": 1, "items": {"enum": subjects}}
    keys["zh"] = _closed(dict.fromkeys(rules._ZH_KEYS, _TEXT))
    reference = {key: {"type": ["string", "null"]} for key in rules._REFERENCE_KEYS}
    keys["references"] = {"type": "array", "items": _closed(reference, ["title"])}
    effective = {key: {"anyOf": [_DAY, {"type": "null"}]} for key in ("from", "until")}
    keys["effective"] = _closed({**effective, "suspended": {}})
    keys["tests"] = {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["name", "expect"]}}
    for name, text in _HELP.items():
        keys[name]["description"] = text
    return {"$schema": DRAFT, "title": "rule", **_closed(keys, list(rules._REQUIRED))}


def waiver() -> dict[str, Any]:
    """Return the schema of `auditor-waivers.yaml`."""
    keys: dict[str, Any] = dict.fromkeys(waivers._KEYS, _TEXT)
    keys |= {"reason": {"enum": list(waivers.REASONS)}, "created": _DAY, "expires": _DAY}
    keys["artifact"] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    one = _closed(keys, list(waivers._REQUIRED))
    one["anyOf"] = [{"required": [name]} for name in ("component", "ecu", "input")]
    entries = {"type": "array", "items": one}
    return {"$schema": DRAFT, "title": "waivers", **_closed({"waivers": entries}, ["waivers"])}


def knowledge() -> dict[str, Any]:
    """Return the schema of the files of a knowledge folder: a list of records; `$defs` has one schema for each kind."""
    import msgspec

    from auditor.knowledge import store

    kinds = {**store.FOLDERS, **store.LISTS}
    found, definitions = msgspec.json.schema_components([*dict.fromkeys(kinds.values())], ref_template="#/$defs/{name}")
    parts = {kind.__name__: part for kind, part in zip(dict.fromkeys(kinds.values()), found, strict=True)}
    files = {
        f"file-{name}": {"type": "array", "items": parts[kind.__name__], "description": f"rules/knowledge/{name}"}
        for name, kind in sorted(kinds.items())
    }
    return {
        "$schema": DRAFT,
        "title": "knowledge",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in files],
        "$defs": {**definitions, **files},
    }


def _closed(keys: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": keys}
    return {**schema, "required": required} if required else schema
