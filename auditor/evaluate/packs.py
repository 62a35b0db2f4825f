"""Policy packs: which rules run, with which settings, and where each setting came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.parsed import Read
from auditor.evaluate.policy import SEVERITIES
from auditor.evaluate.rules import check_keys, is_parameter, one_of
from auditor.evaluate.strict_yaml import MarkedFile, read

_KEYS = ("pack", "title", "version", "extends", "params", "rules", "except", "severity", "gate", "zh", "note")
_GATE_KEYS = ("fail-on", "unknown", "min-coverage", "max-waiver-days", "max-knowledge-age")
_SETS = ("home", "trusted", "restricted")
_CODE = re.compile(r"[A-Z]{2}\Z")
MAX_EXTENDS = 32
SHIPPED = "auditor:"


@dataclass
class Resolved:
    """The settings of one or more packs, later ones on top, each with its source."""

    rules: dict[str, str] = field(default_factory=dict)
    """Rule id -> pack that brought it in."""
    params: dict[str, tuple[Any, str]] = field(default_factory=dict)
    severity: dict[str, tuple[str, str]] = field(default_factory=dict)
    gate: dict[str, tuple[Any, str]] = field(default_factory=dict)
    stated: dict[str, PackFile] = field(default_factory=dict)
    """Set of jurisdictions -> pack that says it last."""


@dataclass(frozen=True)
class PackFile:
    """A pack as its file says it."""

    name: str
    marked: MarkedFile

    @property
    def value(self) -> dict[str, Any]:
        """The keys of the file."""
        value: dict[str, Any] = self.marked.value
        return value


def load_folder(folder: Path, prefix: str = "", parse: Read = read) -> dict[str, PackFile]:
    """Read the packs of a folder, by name. Raises PolicyError."""
    found: dict[str, PackFile] = {}
    for path in sorted(folder.glob("*.yaml")):
        pack = load_file(path, prefix + path.name, parse)
        if pack.name in found:
            raise pack.marked.error(("pack",), f"the pack {pack.name!r} stands twice")
        found[pack.name] = pack
    return found


def load_file(path: Path, name: str, parse: Read = read) -> PackFile:
    """Read and check one pack. Raises PolicyError."""
    marked = parse(path, name)
    check_keys(marked, (), _KEYS)
    for key in ("pack", "title", "version"):
        if not isinstance(marked.value.get(key), str):
            raise marked.error((key,), f"a pack needs {key}, as text")
    for key in ("extends", "rules", "except"):
        entries = marked.value.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise marked.error((key,), f"{key} must be a list of text")
    for key in ("params", "severity", "gate"):
        if key in marked.value and not isinstance(marked.value[key], dict):
            raise marked.error((key,), f"{key} must be a mapping")
    if "gate" in marked.value:
        _check_gate(marked)
    for name_, value in marked.value.get("params", {}).items():
        if not is_parameter(value):
            raise marked.error(("params", name_), "a parameter is text, a number, true or false, or a list of text")
    for name_ in _SETS:
        if name_ in marked.value.get("params", {}):
            _check_codes(marked, name_)
    return PackFile(marked.value["pack"], marked)


def _check_codes(marked: MarkedFile, name: str) -> None:
    codes = marked.value["params"][name]
    if not isinstance(codes, list):
        raise marked.error(("params", name), f"{name} is a list of ISO 3166-1 codes such as [CN]")
    for index, code in enumerate(codes):
        if not _CODE.match(code):
            raise marked.error(("params", name, index), f"not an ISO 3166-1 alpha-2 code: {code!r}")


def _check_gate(marked: MarkedFile) -> None:
    check_keys(marked, ("gate",), _GATE_KEYS)
    gate = marked.value["gate"]
    if "fail-on" in gate:
        one_of(marked, ("gate", "fail-on"), ("critical", "high", "medium", "low", "never"))
    if "unknown" in gate:
        one_of(marked, ("gate", "unknown"), ("inconclusive", "fail", "ratchet"))
    for key in ("min-coverage", "max-waiver-days", "max-knowledge-age"):
        value = gate.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise marked.error(("gate", key), f"{key} must be a number")
    if gate.get("min-coverage", 0) > 100:
        raise marked.error(("gate", "min-coverage"), "min-coverage is a percentage, 0 to 100")


def resolve(
    names: Sequence[str], packs: Mapping[str, PackFile], rules: Mapping[str, Mapping[str, Any]]
) -> tuple[Resolved, list[PackFile]]:
    """Merge packs in order, what they extend first. `rules` is id -> default parameters.

    A pack applies once: named again behind one that extends it, it takes nothing back. Returns the settings and the
    pack files used, in the order they were applied.
    """
    settings = Resolved()
    used: dict[str, PackFile] = {}
    applied: list[PackFile] = []
    for name in names:
        for pack in _order(_find(name, packs, None), packs):
            if pack not in applied:
                applied.append(pack)
                used[pack.name] = pack
                _apply(pack, settings, rules)
    return settings, list(used.values())


def check_agreement(names: Sequence[str], packs: Mapping[str, PackFile], said: Iterable[str]) -> None:
    """Demand that packs named together mean the same jurisdictions, but for the sets in `said` (the user's options).

    One run has one home: under another one the rules of a pack would say something else than the pack means.
    Raises PolicyError.
    """
    troubles = []
    for key in (one for one in _SETS if one not in said):
        meant: dict[tuple[str, ...], str] = {}
        for name in names:
            chain = [one.value.get("params", {}) for one in _order(_find(name, packs, None), packs)]
            if found := [params[key] for params in chain if key in params]:
                meant.setdefault(tuple(sorted(found[-1])), _find(name, packs, None).name)
        if len(meant) > 1:
            shown = " and ".join(f"{name} ({', '.join(codes) or 'none'})" for codes, name in meant.items())
            troubles.append(f"{key}: {shown}")
    if troubles:
        options = " and ".join(f"--{one.partition(':')[0]}" for one in troubles)
        message = f"the packs disagree about {'; '.join(troubles)}; run them apart, or say with {options} what holds"
        raise PolicyError("--pack", 0, 0, message)


def _find(name: str, packs: Mapping[str, PackFile], asked: tuple[PackFile, int] | None) -> PackFile:
    found = packs.get(name.removeprefix(SHIPPED)) if not name.startswith(SHIPPED) else packs.get(name)
    found = found or packs.get(name.removeprefix(SHIPPED))
    if found is not None:
        return found
    message, near = f"unknown pack {name!r}", closest(name.removeprefix(SHIPPED), packs)
    if asked is None:
        raise PolicyError("--pack", 0, 0, message, near)
    raise asked[0].marked.error(("extends", asked[1]), message, near)


def _order(pack: PackFile, packs: Mapping[str, PackFile]) -> list[PackFile]:
    """Return the pack behind everything it extends, each once; a cycle is an error."""
    order: list[PackFile] = []
    stack: list[tuple[PackFile, int]] = [(pack, 0)]
    while stack:
        current, at = stack.pop()
        bases = current.value.get("extends", [])
        if at >= len(bases):
            if current not in order:
                order.append(current)
            continue
        base = _find(bases[at], packs, (current, at))
        stack.append((current, at + 1))
        if base in [one for one, _ in stack]:
            raise current.marked.error(("extends", at), f"the pack {base.name!r} extends itself")
        if len(stack) > MAX_EXTENDS:
            raise current.marked.error(("extends", at), f"more than {MAX_EXTENDS} packs extend each other")
        stack.append((base, 0))
    return order


def _matching(patterns: Iterable[str], rules: Mapping[str, Any]) -> list[list[str]]:
    return [[rule for rule in sorted(rules) if fnmatchcase(rule, pattern)] for pattern in patterns]


def _apply(pack: PackFile, settings: Resolved, rules: Mapping[str, Mapping[str, Any]]) -> None:
    value, marked = pack.value, pack.marked
    for key, add in (("rules", True), ("except", False)):
        for index, matches in enumerate(_matching(value.get(key, []), rules)):
            if not matches:
                pattern = value[key][index]
                raise marked.error((key, index), f"no rule is called {pattern!r}", closest(pattern, rules))
            for rule in matches:
                if add:
                    settings.rules.setdefault(rule, pack.name)
                else:
                    settings.rules.pop(rule, None)
    known = {name: default for params in rules.values() for name, default in params.items()}
    for name, parameter in value.get("params", {}).items():
        if name not in _SETS and name not in known:
            message = f"no rule has the parameter {name!r}"
            raise marked.error(("params", name), message, closest(name, [*known, *_SETS]), key=True)
        if name in known and not same_type(parameter, known[name]):
            raise marked.error(("params", name), f"{name} must be like its default {known[name]!r}")
        whole = isinstance(known.get(name), float) and isinstance(parameter, int)
        settings.params[name] = (float(parameter) if whole else parameter, f"pack {pack.name}")
        if name in _SETS:
            settings.stated[name] = pack
    for rule, severity in value.get("severity", {}).items():
        if rule not in rules:
            raise marked.error(("severity", rule), f"no rule is called {rule!r}", closest(rule, rules), key=True)
        one_of(marked, ("severity", rule), SEVERITIES)
        settings.severity[rule] = (severity, f"pack {pack.name}")
    for name, setting in value.get("gate", {}).items():
        settings.gate[name] = (setting, f"pack {pack.name}")


def same_type(value: Any, default: Any) -> bool:
    """Tell whether a value may replace a default: the same type, or a whole number for a fraction."""
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)
