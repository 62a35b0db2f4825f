"""The rule language: CEL behind one module.

Every expression is compiled twice: checked against the types of `facts_model` (typing errors have
a place and a suggestion), and compiled again for evaluation on plain maps, where a fact that is
not known is an absent key. `&&` and `||` absorb an absent fact when the other side decides;
otherwise the answer is None: undetermined.
"""

from __future__ import annotations

import re
import types
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from auditor import compiled
from auditor.evaluate import facts_model, tokens, vehicle_model, vocabulary
from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.facts_model import SUBJECTS, EcuFacts, RunFacts, variable
from auditor.evaluate.strict_yaml import Mark
from auditor.limits import Limits

FUNCTIONS = (
    "all", "contains", "double", "endsWith", "exists", "exists_one", "filter", "getFullYear", "has", "in", "int",
    "map", "matches", "size", "startsWith", "string", "timestamp", "duration", "true", "false", "params",
)  # fmt: skip
"""What an expression may call, for suggestions."""

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_FIELD = re.compile(r"undefined field '([^']*)' not found in struct 'auditor\.([^']*)'")
_REFERENCE = re.compile(r"undeclared reference to '([^']*)'")


@dataclass(frozen=True)
class Source:
    """Where an expression stands, for its errors."""

    file: str
    mark: Mark


@dataclass(frozen=True)
class Outcome:
    """What an evaluation gave: a value, or None because a fact is absent, or a fault of the rule."""

    value: Any = None
    fault: str = ""


_TRUE, _FALSE, _ABSENT = Outcome(True), Outcome(False), Outcome()


@dataclass(frozen=True)
class Expression:
    """A compiled expression."""

    text: str
    references: tuple[str, ...]
    """Paths of facts it reads (`component.owner.country`), sorted, without those only tested by `has()`."""
    mentioned: tuple[str, ...]
    """The same with those tested by `has()`."""
    substituted: str
    """The text with its parameters filled in."""

    @cached_property
    def program(self) -> Any:
        """The compiled form, made when first evaluated: most messages of a run are never written."""
        return _evaluating().compile(self.substituted)

    def evaluate(self, activation: Any) -> Outcome:
        """Evaluate on the facts of one subject (see `activation`)."""
        try:
            result = self.program.eval(activation)
        except RuntimeError as error:
            return Outcome(fault=_one_line(str(error)))
        value = result.plain_value()
        if value is True or value is False:
            return _TRUE if value else _FALSE
        if result.type().name() != "ERROR":
            return Outcome(value)
        text = str(value)
        return _ABSENT if text.startswith("NOT_FOUND: Key not found") else Outcome(fault=_one_line(text))


def activation(facts: dict[str, Any]) -> Any:
    """Return the facts of one subject, by variable name, in the engine's form: made once, used by every rule."""
    return _evaluating().Activation(facts)


def variables(kind: str) -> dict[str, type[msgspec.Struct]]:
    """Return the variables of rules about subjects of `kind`, with their records."""
    names: dict[str, type[msgspec.Struct]] = {variable(kind): SUBJECTS[kind], "run": RunFacts}
    if kind == "component":
        names["ecu"] = EcuFacts
    return names


def compile_expression(
    text: str, kind: str, params: dict[str, Any], source: Source, *, boolean: bool, any_value: bool = False
) -> Expression:
    """Check and compile an expression over subjects of `kind`. Raises PolicyError with file, line and column.

    With `any_value`, a fact may be compared with a value that it never has.
    """
    if len(text.encode()) > Limits().expression_size:
        raise _error(text, source, 0, f"the expression is longer than {Limits().expression_size} bytes")
    try:
        substituted = tokens.substitute(text, params)
    except KeyError as error:
        name, offset = error.args
        message = f"unknown parameter {name!r}: declare it under params"
        raise _error(text, source, offset, message, closest(name, params)) from None
    sound = Checked.shared()
    name = f"{kind}\0{text}\0{substituted.text}" + "\0" * any_value
    known = sound.rows.get(name)
    if known is None:
        try:
            checked = _checking(kind).compile(substituted.text)
            _evaluating().compile(substituted.text)
        except RuntimeError as error:
            raise _explain(str(error), text, substituted, kind, source) from None
        if not any_value:
            for offset, value, allowed in vocabulary.strangers(substituted.text, variables(kind)):
                message = f"{value!r} is none of the values of this fact: {', '.join(allowed)}"
                raise _error(text, source, substituted.original(offset), message, closest(value, allowed))
        plain, guarded = (_references(text, kind, guarded=guarded) for guarded in (False, True))
        known = sound.add(name, Sound(checked.return_type().name(), plain, guarded))
    if boolean and known.returned != "BOOL":
        raise _error(text, source, 0, f"the expression must be true or false, it is {known.returned.lower()}")
    return Expression(text, known.references, known.mentioned, substituted.text)


class Sound(msgspec.Struct, frozen=True, array_like=True):
    """What was found out about an expression that is well formed."""

    returned: str
    references: tuple[str, ...]
    mentioned: tuple[str, ...]


class Checked:
    """Expressions that were checked before, by kind of subject and text; kept from one run to the next."""

    MOST = 4_000

    def __init__(self, root: Path | None) -> None:
        self.root = root
        sources = (facts_model.__file__, vehicle_model.__file__, tokens.__file__, vocabulary.__file__)
        code = (__file__, *map(str, sources))
        self.name = f"expressions-{compiled.key(compiled.release('cel-expr-python'), code=code)}.msgpack"
        self.rows = compiled.load(self.name, dict[str, Sound], root) or {}
        self._known = len(self.rows)

    @classmethod
    @cache
    def shared(cls) -> Checked:
        """Return the one of this process."""
        return cls(compiled.folder())

    def add(self, name: str, row: Sound) -> Sound:
        """Note an expression that is sound; returns its row."""
        if len(self.rows) < self.MOST:
            self.rows[name] = row
        return row

    def keep(self) -> None:
        """Write what is new."""
        if len(self.rows) > self._known:
            self._known = len(self.rows)
            compiled.keep(self.name, self.rows, self.root)


def _references(text: str, kind: str, *, guarded: bool) -> tuple[str, ...]:
    known = variables(kind)
    chains = [chain for chain in tokens.chains(text) if chain.names[0] in known and (guarded or not chain.guarded)]
    paths = {".".join(chain.names) for chain in chains}
    return tuple(sorted(path for path in paths if "." in path))


# ---------------------------------------------------------------- environments


@cache
def _evaluating() -> Any:
    from cel_expr_python import cel

    names = sorted({*map(variable, SUBJECTS), "run"})
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))


@cache
def _checking(kind: str) -> Any:
    from cel_expr_python import cel

    declared = {name: cel.Type(f"auditor.{record.__name__}") for name, record in variables(kind).items()}
    return cel.NewEnv(_descriptors(), variables=declared)


@cache
def _descriptors() -> Any:
    """Return a protobuf pool with one message per record of facts."""
    from google.protobuf import descriptor_pb2, descriptor_pool

    kinds = descriptor_pb2.FieldDescriptorProto
    scalars = {str: kinds.TYPE_STRING, bool: kinds.TYPE_BOOL, int: kinds.TYPE_INT64, float: kinds.TYPE_DOUBLE}
    file = descriptor_pb2.FileDescriptorProto(name="auditor/facts.proto", package="auditor", syntax="proto3")
    pending: list[type[msgspec.Struct]] = [*SUBJECTS.values(), RunFacts, EcuFacts]
    done: set[str] = set()
    while pending:
        record = pending.pop()
        if record.__name__ in done:
            continue
        done.add(record.__name__)
        message = file.message_type.add(name=record.__name__)
        for number, (name, declared) in enumerate(get_type_hints(record).items(), 1):
            plain, repeated = _plain(declared)
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if issubclass(plain, msgspec.Struct):
                pending.append(plain)
                type_name = f".auditor.{plain.__name__}"
                message.field.add(name=name, number=number, type=kinds.TYPE_MESSAGE, type_name=type_name, label=label)
            else:
                message.field.add(name=name, number=number, type=scalars[plain], label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _plain(declared: Any) -> tuple[type, bool]:
    """Return the element type of a field's annotation and whether it is a list."""
    if get_origin(declared) in (Union, types.UnionType):
        declared = next(part for part in get_args(declared) if part is not type(None))
    if get_origin(declared) is tuple:
        return get_args(declared)[0], True
    return declared, False


def is_optional(path: str, kind: str) -> bool:
    """Tell whether the fact at `path` (or a record on the way to it) may be unknown."""
    names = path.split(".")
    record: Any = variables(kind).get(names[0])
    for name in names[1:]:
        declared = get_type_hints(record).get(name) if record is not None else None
        if declared is None:
            return False
        if type(None) in get_args(declared):
            return True
        plain, _ = _plain(declared)
        record = plain if issubclass(plain, msgspec.Struct) else None
    return False


# ---------------------------------------------------------------- errors


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"\s*\[[A-Z_]+\]$", "", text).split())


def _error(text: str, source: Source, offset: int, message: str, suggestion: str = "") -> PolicyError:
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    file_line, file_column = source.mark.inside(line, column)
    return PolicyError(source.file, file_line, file_column, message, suggestion)


def _explain(message: str, text: str, substituted: tokens.Substituted, kind: str, source: Source) -> PolicyError:
    place = _PLACE.search(message)
    if place is None:
        return _error(text, source, 0, _one_line(message.partition(": ")[2] or message))
    lines = substituted.text.split("\n")
    line = min(int(place[1]), len(lines))
    offset = sum(len(part) + 1 for part in lines[: line - 1]) + int(place[2]) - 1
    reason, name, suggestion = place[3].removesuffix(" [INVALID_ARGUMENT]"), "", ""
    if field := _FIELD.search(reason):
        name = field[1]
        suggestion = closest(name, _fields(field[2]))
        reason = f"unknown field {name!r} of {field[2].removesuffix('Facts').lower()}"
    elif reference := _REFERENCE.search(reason):
        name = reference[1].split(".")[0]
        suggestion = closest(name, [*variables(kind), *FUNCTIONS])
        reason = f"unknown name {name!r}"
    return _error(text, source, _nearest(text, name, substituted.original(offset)), reason, suggestion)


def _nearest(text: str, name: str, offset: int) -> int:
    """Return where the token `name` nearest to `offset` begins: the engine points at the dot or bracket beside it."""
    starts = [token.start for token in tokens.words(text) if token.text == name]
    return min(starts, key=lambda start: abs(start - offset), default=offset)


def _fields(record_name: str) -> list[str]:
    pending: list[type[msgspec.Struct]] = [*SUBJECTS.values(), RunFacts, EcuFacts]
    while pending:
        record = pending.pop()
        if record.__name__ == record_name:
            return list(record.__struct_fields__)
        nested = (_plain(declared)[0] for declared in get_type_hints(record).values())
        pending += [plain for plain in nested if issubclass(plain, msgspec.Struct)]
    return []
