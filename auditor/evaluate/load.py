"""From packs and options to a policy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from auditor import compiled
from auditor.evaluate import packs as pack_files
from auditor.evaluate import rules as rule_files
from auditor.evaluate.errors import PolicyError, closest
from auditor.evaluate.expression import Checked
from auditor.evaluate.packs import PackFile, Resolved
from auditor.evaluate.parsed import Parsed
from auditor.evaluate.policy import SEVERITIES, Policy, Rule, Setting
from auditor.evaluate.rules import RuleFile
from auditor.judgement import PackInfo
from auditor.resources import folder

DEFAULT_PACK = "cn-autonomy"
PACKS = "packs"
"""Subfolder of rules that holds packs."""
REPLACING = "rename it, or say --replace-shipped"


@dataclass(frozen=True)
class Library:
    """Every rule and pack at hand: the shipped ones and the user's."""

    rules: dict[str, RuleFile]
    packs: dict[str, PackFile]
    own: frozenset[str] = frozenset()
    """Ids of the user's rules: they run without a pack that names them."""


def load_library(
    rule_folders: Sequence[Path] = (), pack_folders: Sequence[Path] = (), *, replace_shipped: bool = False
) -> Library:
    """Read the shipped rules and packs and the user's on top of them. Raises PolicyError.

    The packs of a folder of rules stand below its `packs/`, as the shipped ones do. A user's rule or pack with the id
    of a shipped one is an error unless `replace_shipped`.
    """
    shipped = folder("rules")
    parsed = Parsed(compiled.folder())
    rules = rule_files.load_folder(shipped, "rules/", rule_files.FAMILIES, parsed.read)
    packs = pack_files.load_folder(shipped / "packs", "rules/packs/", parsed.read)
    parsed.keep()
    own: set[str] = set()
    for path in rule_folders:
        for rule in _existing(path, rule_files.load_folder, but=PACKS).values():
            if rule.id in rules and not replace_shipped:
                raise rule.marked.error(
                    ("id",), f"the rule {rule.id!r} exists already, in {rules[rule.id].marked.name}; {REPLACING}"
                )
            rules[rule.id] = rule
            own.add(rule.id)
    for path in (*pack_folders, *(inner for one in rule_folders if (inner := Path(one, PACKS)).is_dir())):
        for pack in _existing(path, pack_files.load_folder).values():
            _add_pack(pack, packs, replace_shipped)
    return Library(rules, packs, frozenset(own))


def _existing(path: Path, load: Any, **options: Any) -> Any:
    if not Path(path).is_dir():
        raise PolicyError(str(path), 0, 0, "is not a folder")
    return load(Path(path), f"{path}/", **options)


def _add_pack(pack: PackFile, packs: dict[str, PackFile], replace_shipped: bool) -> None:
    if pack.name in packs:
        if not replace_shipped:
            place = packs[pack.name].marked.name
            raise pack.marked.error(("pack",), f"the pack {pack.name!r} exists already, in {place}; {REPLACING}")
        packs[pack_files.SHIPPED + pack.name] = packs[pack.name]
    packs[pack.name] = pack


def load_policy(  # noqa: PLR0913 - one keyword per option of the command line
    packs: Sequence[str] = (DEFAULT_PACK,),
    *,
    rule_folders: Sequence[Path] = (),
    pack_folders: Sequence[Path] = (),
    replace_shipped: bool = False,
    home: Sequence[str] | None = None,
    trusted: Sequence[str] | None = None,
    restricted: Sequence[str] | None = None,
    fail_on: str | None = None,
    on_unknown: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severities: Mapping[str, str] | None = None,
    accept_stated: bool = False,
    min_confidence: str = "medium",
    min_coverage: float | None = None,
    model_year: int | None = None,
    markets: Sequence[str] | None = None,
    type_approved: bool | None = None,
    support_years: float | None = None,
    import_year: int | None = None,
    strict_waivers: bool = False,
    new_only: bool = False,
) -> Policy:
    """Resolve packs and options into a policy. Options win over packs; `min_coverage` is a percentage.

    A pack is the name of a shipped one (`base` or `auditor:base`) or the path of a file.
    Raises PolicyError (file, line, column, message, suggestion).
    """
    library = load_library(rule_folders, pack_folders, replace_shipped=replace_shipped)
    names = [_pack_from_file(name, library, replace_shipped) for name in packs or (DEFAULT_PACK,)]
    settings, used = pack_files.resolve(names, library.packs, {id_: rule.params for id_, rule in library.rules.items()})
    sets = {"home": home, "trusted": trusted, "restricted": restricted}
    pack_files.check_agreement(names, library.packs, [name for name, codes in sets.items() if codes is not None])
    _options(settings, **sets, fail_on=fail_on, on_unknown=on_unknown)
    if min_coverage is not None:
        settings.gate["min-coverage"] = (min_coverage, "option --min-coverage")
    for id_, severity in (severities or {}).items():
        _check_severity(id_, severity, library)
        settings.severity[id_] = (severity, "option --severity")
    chosen = _selected(settings, library, select, ignore)
    if not chosen:
        # a verdict over no rule would be a pass that nothing stands behind
        option = "--ignore" if ignore else "--select" if select else "--pack"
        raise PolicyError(option, 0, 0, "no rule is left to run")
    rules = tuple(_compile(library.rules[id_], settings) for id_ in chosen)
    Checked.shared().keep()
    gate = {name: value for name, (value, _) in settings.gate.items()}
    options: dict[str, Any] = {
        "accept_stated": accept_stated,
        "min_confidence": _one_of("--min-confidence", min_confidence, ("low", "medium", "high")),
        "model_year": _year("--model-year", model_year),
        "markets": tuple(sorted({one.strip().upper() for one in markets})) if markets else None,
        "type_approved": type_approved,
        "support_years": support_years,
        "import_year": _year("--import-year", import_year),
        "select": tuple(sorted(set(select))),
        "ignore": tuple(sorted(set(ignore))),
        "severities": dict(severities or {}),
        "overridden": _overridden(settings),
        "strict_waivers": strict_waivers,
        "new_only": new_only,
    }
    policy = Policy(
        rules=rules,
        packs=tuple(_info(pack, library) for pack in used),
        rule_packs={
            id_: settings.rules.get(id_, "option --rules" if id_ in library.own else "option --select")
            for id_ in chosen
        },
        home=_codes(settings, "home"),
        trusted=_codes(settings, "trusted"),
        restricted=_codes(settings, "restricted"),
        fail_on=_one_of("--fail-on", gate.get("fail-on", "high"), (*SEVERITIES[1:], "never")),
        on_unknown=_one_of("--on-unknown", gate.get("unknown", "inconclusive"), ("inconclusive", "fail", "ratchet")),
        min_coverage=gate["min-coverage"] / 100 if "min-coverage" in gate else None,
        max_waiver_days=int(gate["max-waiver-days"]) if "max-waiver-days" in gate else None,
        max_knowledge_age=int(gate["max-knowledge-age"]) if "max-knowledge-age" in gate else None,
        settings=_explained(settings),
        places=_places(settings),
        digest=_digest([library.rules[id_].marked.value for id_ in chosen] + [pack.value for pack in used]),
        all_rules=tuple(sorted(library.rules)),
    )
    return replace(policy, **options)


def check_places(policy: Policy, knowledge: Any) -> None:
    """Demand that every jurisdiction and market of a policy is a code that the knowledge lists. Raises PolicyError."""
    sets = {"home": policy.home, "trusted": policy.trusted, "restricted": policy.restricted}
    codes = knowledge.table("countries")
    for code in sorted({*policy.home, *policy.trusted} & {*policy.restricted}):
        place = policy.places.get(f"restricted {code}", ("--restricted", 0, 0))
        raise PolicyError(*place, f"{code} is restricted and home or trusted at once")
    for name, given in {**sets, "market": policy.markets or ()}.items():
        for code in given:
            if code not in codes:
                message = f"{code!r} is no ISO 3166-1 alpha-2 code of a country or region"
                place = policy.places.get(f"{name} {code}", (f"--{name}", 0, 0))
                raise PolicyError(*place, message, knowledge.country(code) or closest(code, codes))


def _year(option: str, year: int | None) -> int | None:
    if year is not None and not 1980 <= year <= 2100:
        near = str(2000 + year) if 0 <= year < 100 else closest(str(year), [str(one) for one in range(2020, 2040)])
        raise PolicyError(option, 0, 0, f"{year} is no year between 1980 and 2100", near)
    return year


def _pack_from_file(name: str, library: Library, replace_shipped: bool) -> str:
    path = Path(name)
    if not name.endswith((".yaml", ".yml")):
        return name
    pack = pack_files.load_file(path, name)
    _add_pack(pack, library.packs, replace_shipped)
    return pack.name


def _options(settings: Resolved, **options: Any) -> None:
    for name, value in options.items():
        if value is None:
            continue
        source = f"option --{name.replace('_', '-')}"
        if name in ("fail_on", "on_unknown"):
            settings.gate[{"fail_on": "fail-on", "on_unknown": "unknown"}[name]] = (value, source)
            continue
        for code in value:
            if len(code) != 2 or not code.isascii() or not code.isupper():
                raise PolicyError(f"--{name}", 0, 0, f"not an ISO 3166-1 alpha-2 code: {code!r}")
        settings.params[name] = (list(value), source)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        message = f"must be one of {', '.join(allowed)}, not {value!r}"
        raise PolicyError(option, 0, 0, message, closest(str(value), allowed))
    return value


def _overridden(settings: Resolved) -> tuple[str, ...]:
    """Return the settings of the gate that options gave, as their options are called."""
    option = "option --"
    return tuple(sorted(src.removeprefix(option) for _, src in settings.gate.values() if src.startswith(option)))


def _check_severity(id_: str, severity: str, library: Library) -> None:
    if id_ not in library.rules:
        raise PolicyError("--severity", 0, 0, f"no rule is called {id_!r}", closest(id_, library.rules))
    _one_of("--severity", severity, SEVERITIES)


def _selected(settings: Resolved, library: Library, select: Sequence[str], ignore: Sequence[str]) -> list[str]:
    for option, patterns in (("--select", select), ("--ignore", ignore)):
        for pattern in patterns:
            if not any(fnmatchcase(id_, pattern) for id_ in library.rules):
                raise PolicyError(option, 0, 0, f"no rule is called {pattern!r}", closest(pattern, library.rules))
    chosen = set(settings.rules) | library.own
    if select:
        chosen = {id_ for id_ in library.rules if any(fnmatchcase(id_, pattern) for pattern in select)}
    return sorted(id_ for id_ in chosen if not any(fnmatchcase(id_, pattern) for pattern in ignore))


def _compile(rule: RuleFile, settings: Resolved) -> Rule:
    params = {name: settings.params[name][0] if name in settings.params else rule.params[name] for name in rule.params}
    severity = settings.severity.get(rule.id)
    compiled_rule = rule_files.compile_rule(rule, params, severity[0] if severity else None)
    changed = [
        f"{name}: {_shown(value)}, shipped {_shown(rule.params[name])} ({settings.params[name][1]})"
        for name, value in sorted(params.items())
        if value != rule.params[name]
    ]
    return replace(compiled_rule, changed=tuple(changed)) if changed else compiled_rule


def _codes(settings: Resolved, name: str) -> tuple[str, ...]:
    value: Iterable[str] = settings.params.get(name, ((), ""))[0]
    return tuple(sorted(set(value)))


def _places(settings: Resolved) -> dict[str, tuple[str, int, int]]:
    """Return where packs say the jurisdictions that no option says: `restricted RU` -> (file, line, column)."""
    found = {}
    for name, pack in settings.stated.items():
        if settings.params[name][1] == f"pack {pack.name}":
            for index, code in enumerate(pack.value["params"][name]):
                mark = pack.marked.values[("params", name, index)]
                found[f"{name} {code}"] = (pack.marked.name, mark.line, mark.column)
    return found


def _explained(settings: Resolved) -> tuple[Setting, ...]:
    rows = [Setting(name, _shown(value), source) for name, (value, source) in settings.params.items()]
    rows += [Setting(f"severity {name}", value, source) for name, (value, source) in settings.severity.items()]
    rows += [Setting(f"gate {name}", _shown(value), source) for name, (value, source) in settings.gate.items()]
    return tuple(sorted(rows, key=lambda row: row.name))


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _digest(values: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()


def _info(pack: PackFile, library: Library) -> PackInfo:
    """Describe a pack; the digest covers its file and every rule its patterns bring in."""
    patterns = pack.value.get("rules", [])
    rules = [id_ for id_ in sorted(library.rules) if any(fnmatchcase(id_, pattern) for pattern in patterns)]
    digest = _digest([pack.value, *(library.rules[id_].value for id_ in rules)])
    return PackInfo(pack.name, pack.value["version"], digest)
