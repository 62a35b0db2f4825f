"""Rule files: read strictly, checked, compiled.

One file is one rule and its name is the rule's id. Everything a rule may contain is in `_KEYS`;
what is missing or misspelled is an error with file, line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.expression import Expression, Source, compile_expression, is_optional
from auditor.evaluate.facts_model import SUBJECTS
from auditor.evaluate.message import Message, compile_message
from auditor.evaluate.parsed import Read
from auditor.evaluate.policy import SEVERITIES, Effective, Rule, RuleBasis, Suspension, Text
from auditor.evaluate.strict_yaml import Mark, MarkedFile, read
from auditor.judgement import Reference
from auditor.model import ComponentKind

COMPONENT_KINDS: tuple[str, ...] = get_args(ComponentKind)
SOFTWARE_KINDS = frozenset(COMPONENT_KINDS) - {"chip", "material", "dataset", "service"}
GROUPS = {"component": frozenset(COMPONENT_KINDS), "software": SOFTWARE_KINDS}
"""Names in `applies-to` that stand for several component kinds."""
BASES: tuple[RuleBasis, ...] = ("law", "standard", "practice", "house")
FAMILIES = (
    "autonomy", "chips", "license", "origin", "bom", "image", "connected-vehicle", "cn-autonomy", "eu-cra", "unece-iso",
    "materials", "ai", "sites", "generations",
)  # fmt: skip
"""Folders of shipped rules; other folders beside them hold other data."""
MAX_RULES = 5000

_TEXT, _LIST, _MAP = str, list, dict
_KEYS: dict[str, type] = {
    "id": _TEXT, "title": _TEXT, "severity": _TEXT, "applies-to": _LIST, "where": _TEXT, "when": _TEXT,
    "message": _TEXT,
    "rationale": _TEXT, "remediation": _TEXT, "basis": _TEXT, "framework": _TEXT, "references": _LIST,
    "effective": _MAP, "params": _MAP, "status": _TEXT, "raises": _TEXT, "supplier-question": _TEXT,
    "zh": _MAP, "tests": _LIST, "survivors": _MAP,
}  # fmt: skip
_REQUIRED = ("id", "title", "severity", "applies-to", "when", "message", "rationale", "basis", "status", "tests")
_ZH_KEYS = ("title", "message", "remediation")
_REFERENCE_KEYS = ("title", "clause", "url", "read")
_EFFECTIVE_KEYS = ("from", "until", "suspended")
_SUSPENDED_KEYS = ("from", "until", "renewal")


@dataclass(frozen=True)
class RuleFile:
    """A rule as its file says it, checked but not yet compiled with the parameters of a policy."""

    id: str
    family: str
    marked: MarkedFile
    subject: str
    kinds: frozenset[str]
    params: dict[str, Any]

    @property
    def value(self) -> dict[str, Any]:
        """The keys of the file."""
        value: dict[str, Any] = self.marked.value
        return value


def load_folder(
    folder: Path, prefix: str = "", families: tuple[str, ...] | None = None, parse: Read = read, *, but: str = ""
) -> dict[str, RuleFile]:
    """Read every rule below `folder` by id. Raises PolicyError.

    `families` are the subfolders to read, None = all; `but` is one to leave out.
    """
    found: dict[str, RuleFile] = {}
    paths = sorted(folder.rglob("*.yaml"))
    if len(paths) > MAX_RULES:
        name = prefix + paths[MAX_RULES].relative_to(folder).as_posix()
        raise PolicyError(name, 1, 1, f"more than {MAX_RULES} rule files in one folder")
    for path in paths:
        inner = path.relative_to(folder)
        first = inner.parts[0] if len(inner.parts) > 1 else ""
        if (families is not None and first not in families) or (but and first == but):
            continue
        if path.is_symlink() or not path.is_file():
            continue
        name = prefix + inner.as_posix()
        rule = check(parse(path, name), path.stem, family=first or "user")
        if rule.id in found:
            message = f"the rule {rule.id!r} stands twice, also in {found[rule.id].marked.name}"
            raise rule.marked.error(("id",), message)
        found[rule.id] = rule
    return found


def check(marked: MarkedFile, stem: str, family: str) -> RuleFile:
    """Check the shape of a rule. Raises PolicyError."""
    value = marked.value
    if not isinstance(value, dict):
        raise marked.error((), "a rule file is a mapping of keys")
    check_keys(marked, (), _KEYS)
    for key, expected in _KEYS.items():
        if key in value and not isinstance(value[key], expected):
            names: dict[type, str] = {str: "text", list: "a list", dict: "a mapping"}
            raise marked.error((key,), f"{key} must be {names[expected]}")
    missing = [key for key in _REQUIRED if key not in value]
    if missing:
        raise marked.error((), f"the rule lacks {', '.join(missing)}")
    if value["id"] != stem:
        raise marked.error(("id",), f"the id must be the name of the file: {stem!r}")
    one_of(marked, ("severity",), SEVERITIES)
    one_of(marked, ("status",), ("stable", "trial"))
    one_of(marked, ("basis",), BASES)
    if "raises" in value:
        one_of(marked, ("raises",), ("fail", "undetermined"))
    if not value.get("remediation") and SEVERITIES.index(value["severity"]) >= SEVERITIES.index("medium"):
        raise marked.error((), "remediation is required from severity medium up")
    for index in range(len(value.get("references", []))):
        check_keys(marked, ("references", index), _REFERENCE_KEYS)
    _check_sources(marked)
    subject, kinds = _applies_to(marked)
    return RuleFile(value["id"], family, marked, subject, kinds, _params(marked))


def _check_sources(marked: MarkedFile) -> None:
    """Demand that a stable rule that rests on a law or standard names a clause that was really read."""
    value = marked.value
    references = value.get("references", [])
    for index, reference in enumerate(references):
        if not isinstance(reference.get("title"), str):
            raise marked.error(("references", index), "a reference needs a title")
        if reference.get("read") is not None:
            day(marked, ("references", index, "read"))
    was_read = any(one.get("clause") and one.get("url") and one.get("read") for one in references)
    if value["basis"] in ("law", "standard") and value["status"] == "stable" and not was_read:
        message = "a stable rule on a law or standard needs a reference with clause, url and the day it was read"
        raise marked.error(("basis",), message, "status: trial")


def check_keys(marked: MarkedFile, path: tuple[str | int, ...], allowed: Any) -> None:
    """Demand that the value at `path` is a mapping with no key outside `allowed`."""
    value = marked.value
    for step in path:
        value = value[step]
    if not isinstance(value, dict):
        raise marked.error(path, f"{path[-1] if path else 'the file'} must be a mapping")
    for key in value:
        if key not in allowed:
            raise marked.error((*path, key), f"unknown key {key!r}", closest(key, allowed), key=True)


def one_of(marked: MarkedFile, path: tuple[str | int, ...], allowed: tuple[str, ...]) -> str:
    """Demand that the value at `path` is one of `allowed` and return it."""
    value = marked.value
    for step in path:
        value = value[step]
    if not isinstance(value, str) or value not in allowed:
        message = f"{path[-1]} must be one of {', '.join(allowed)}, not {value!r}"
        raise marked.error(path, message, closest(str(value), allowed))
    return value


def day(marked: MarkedFile, path: tuple[str | int, ...]) -> date:
    """Demand that the value at `path` is an ISO day and return it."""
    value = marked.value
    for step in path:
        value = value[step]
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise marked.error(path, f"{path[-1]} must be a day like 2027-01-31, not {value!r}") from None


def _applies_to(marked: MarkedFile) -> tuple[str, frozenset[str]]:
    names = marked.value["applies-to"]
    others = [name for name in SUBJECTS if name != "component"]
    kinds: set[str] = set()
    subjects: set[str] = set()
    for index, name in enumerate(names):
        if name in GROUPS:
            kinds |= GROUPS[name]
        elif name in others and (name not in COMPONENT_KINDS or len(names) == 1):
            subjects.add(name)  # `dataset` alone is the vehicle's, beside other kinds it is a component
        elif name in COMPONENT_KINDS:
            kinds.add(name)
        else:
            known = [*GROUPS, *COMPONENT_KINDS, *others]
            raise marked.error(("applies-to", index), f"unknown subject {name!r}", closest(str(name), known))
    if len(subjects) + bool(kinds) != 1:
        raise marked.error(("applies-to",), "a rule is about component kinds, or about one other subject")
    return ("component", frozenset(kinds)) if kinds else (subjects.pop(), frozenset())


def _params(marked: MarkedFile) -> dict[str, Any]:
    params: dict[str, Any] = marked.value.get("params", {})
    for name, value in params.items():
        if not name.isidentifier():
            raise marked.error(("params", name), "a parameter's name is letters, digits and underscores", key=True)
        if not is_parameter(value):
            raise marked.error(("params", name), "a parameter is text, a number, true or false, or a list of text")
    return params


def is_parameter(value: Any) -> bool:
    """Tell whether a value may be a parameter."""
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str | int | float | bool)


def compile_rule(rule: RuleFile, params: dict[str, Any], severity: str | None = None) -> Rule:
    """Compile a rule with its resolved parameters. Raises PolicyError with the place of the fault."""
    value = rule.value
    marked = rule.marked
    when = compile_expression(value["when"], rule.subject, params, _source(marked, ("when",)), boolean=True)
    chinese = value.get("zh", {})
    if "zh" in value:
        check_keys(marked, ("zh",), _ZH_KEYS)
    question = None
    if "supplier-question" in value:
        question = _message(rule, ("supplier-question",), params)
    chosen: Any = severity or value["severity"]
    return Rule(
        id=rule.id,
        file=marked.name,
        family=rule.family,
        subject=rule.subject,
        kinds=rule.kinds,
        where=compile_where(rule, params),
        when=when,
        raises=value.get("raises", "fail"),
        severity=chosen,
        status=value["status"],
        basis=value["basis"],
        english=Text(value["title"], _message(rule, ("message",), params), value.get("remediation", "").strip()),
        chinese=Text(
            chinese.get("title", value["title"]),
            _message(rule, ("zh", "message") if "message" in chinese else ("message",), params),
            chinese.get("remediation", value.get("remediation", "")).strip(),
        ),
        rationale=value["rationale"].strip(),
        references=tuple(Reference(**one) for one in value.get("references", [])),
        framework=value.get("framework", ""),
        effective=_effective(marked),
        params=params,
        supplier_question=question,
        line=marked.values[("when",)].line,
    )


def compile_where(rule: RuleFile, params: dict[str, Any]) -> Expression | None:
    """Compile the condition of applicability; it may only read facts that are always known."""
    text = rule.value.get("where")
    if text is None:
        return None
    found = compile_expression(text, rule.subject, params, _source(rule.marked, ("where",)), boolean=True)
    for path in found.mentioned:
        if is_optional(path, rule.subject):
            raise rule.marked.error(("where",), f"where reads {path}, which may be unknown: ask it in when")
    return found


def _source(marked: MarkedFile, path: tuple[str | int, ...]) -> Source:
    return Source(marked.name, marked.values.get(path, Mark(1, 1)))


def _message(rule: RuleFile, path: tuple[str | int, ...], params: dict[str, Any]) -> Message:
    text: Any = rule.value
    for step in path:
        text = text[step]
    if not isinstance(text, str):
        raise rule.marked.error(path, f"{path[-1]} must be text")
    return compile_message(text.strip(), rule.subject, params, _source(rule.marked, path))


def _effective(marked: MarkedFile) -> Effective:
    value = marked.value.get("effective")
    if value is None:
        return Effective()
    check_keys(marked, ("effective",), _EFFECTIVE_KEYS)
    pauses: list[Suspension] = []
    for index in range(len(value.get("suspended", []))):
        path: tuple[str | int, ...] = ("effective", "suspended", index)
        check_keys(marked, path, _SUSPENDED_KEYS)
        renewal = one_of(marked, (*path, "renewal"), ("none", "unknown"))
        pauses.append(Suspension(day(marked, (*path, "from")), day(marked, (*path, "until")), renewal))
    start = day(marked, ("effective", "from")) if "from" in value else None
    until = day(marked, ("effective", "until")) if "until" in value else None
    return Effective(start, until, tuple(pauses))
