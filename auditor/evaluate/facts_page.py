"""The reference of the facts that rules may ask, generated from the records in `facts_model`."""

from __future__ import annotations

import ast
import inspect
from typing import Any, get_args, get_type_hints

import msgspec

from auditor.evaluate import facts_model, vehicle_model
from auditor.evaluate.facts_model import SUBJECTS, EcuFacts, RunFacts, variable
from auditor.evaluate.vocabulary import allowed

_INTRODUCTION = """\
# Facts

What a rule's condition may ask, generated from the records in `auditor/evaluate/facts_model.py` and
`vehicle_model.py`. A fact marked
**optional** may be unknown: then its key is absent, and a rule that needs it is undetermined. `where` may only ask
facts that are always known. `run` is there in every rule, `ecu` in rules about components. The records of the vehicle
(`feature` for a function, `site`, `material`, `generation`, `dataset`, `model`) exist only with `--vehicle FILE`; in
`applies-to`, `material` and `dataset` alone mean these records, beside others the component kinds of that name.
"""


def facts_page() -> str:
    """Return the page in Markdown, one table per record."""
    documented = _documented()
    text = _INTRODUCTION
    variables: dict[str, type[msgspec.Struct]] = {variable(kind): record for kind, record in SUBJECTS.items()}
    variables |= {"run": RunFacts, "ecu": EcuFacts}
    pending = [(f"`{name}`", record) for name, record in variables.items()]
    done: set[str] = set()
    while pending:
        title, record = pending.pop(0)
        if record.__name__ in done:
            continue
        done.add(record.__name__)
        text += f"\n## {title}\n\n{(record.__doc__ or '').strip()}\n\n| fact | type | meaning |\n|---|---|---|\n"
        extras = get_type_hints(record, include_extras=True)
        for name, declared in get_type_hints(record).items():
            shown, nested = _type(declared)
            meaning = documented.get((record.__name__, name), "")
            if listed := allowed(extras[name]):
                meaning = f"{meaning} One of {', '.join(f'`{one}`' for one in listed)}.".lstrip()
            text += f"| `{name}` | {shown} | {meaning} |\n"
            pending += [(_title(one), one) for one in nested]
    return text


def _title(record: type[msgspec.Struct]) -> str:
    return record.__name__.removesuffix("Facts").lower()


def _type(declared: Any) -> tuple[str, list[type[msgspec.Struct]]]:
    """Return a field's type in words and the records it holds."""
    options = [one for one in get_args(declared) if one is not type(None)]
    if type(None) in get_args(declared):
        inner, nested = _type(options[0])
        return f"{inner}, optional", nested
    if options:
        return f"list of {_type(options[0])[0]}", []
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return f"a {_title(declared)}", [declared]
    return {str: "text", bool: "true or false", int: "whole number", float: "number"}[declared], []


def _documented() -> dict[tuple[str, str], str]:
    """Return the text below each field: (record, field) -> one line."""
    found: dict[tuple[str, str], str] = {}
    modules = (facts_model, vehicle_model)
    for record in (one for module in modules for one in ast.parse(inspect.getsource(module)).body):
        if not isinstance(record, ast.ClassDef):
            continue
        for field, below in zip(record.body, record.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                found[(record.name, field.target.id)] = " ".join(str(below.value.value).split())
    return found
