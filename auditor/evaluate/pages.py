"""The documentation of rules and packs, generated from their files."""

from __future__ import annotations

from auditor.evaluate.facts_page import facts_page
from auditor.evaluate.load import Library, load_library
from auditor.evaluate.packs import resolve
from auditor.evaluate.rules import FAMILIES, RuleFile
from auditor.judgement import CONFLICT, DISCLAIMER

_INTRODUCTION = """\
# Rules

This page and the pages behind it are generated from the files under `rules/`; `auditor rules show ID` prints them.
What a condition may ask stands in [facts](facts.md).

A rule passes, fails, or is **undetermined**: an unknown fact never passes. Rules on **trial** run and are shown, they
never gate. `house` rules are this project's own; `law` and `standard` rules are stable only when the clause was read.
A benchmark is an indicator. The words are "controlled from" and "outside home": the policy says which jurisdictions
are home, trusted or restricted, the rules do not.

{disclaimer}

{conflict}

One run has one home. Packs named together that mean different sets of home, trusted or restricted jurisdictions are
an error (exit code 5) that says which of them disagree: run them apart, one report each, or say with `--home`,
`--trusted` and `--restricted` what holds for the rules of all of them.
"""


def rule_pages(library: Library | None = None) -> dict[str, str]:
    """Return the pages by path: `docs/rules.md`, `docs/facts.md` and `docs/rules/ID.md` for every shipped rule."""
    library = library or load_library()
    packs = _packs_of(library)
    pages = {"docs/rules.md": _index(library, packs), "docs/facts.md": facts_page()}
    for rule in library.rules.values():
        pages[f"docs/rules/{rule.id}.md"] = page(rule, packs.get(rule.id, []))
    return dict(sorted(pages.items()))


def _packs_of(library: Library) -> dict[str, list[str]]:
    defaults = {id_: rule.params for id_, rule in library.rules.items()}
    found: dict[str, list[str]] = {}
    for name in sorted(library.packs):
        settings, _ = resolve([name], library.packs, defaults)
        for id_ in settings.rules:
            found.setdefault(id_, []).append(name)
    return found


def _index(library: Library, packs: dict[str, list[str]]) -> str:
    text = _INTRODUCTION.format(disclaimer=DISCLAIMER, conflict=CONFLICT)
    stable = sum(rule.value["status"] == "stable" for rule in library.rules.values())
    text += f"\n{stable} stable rules, {len(library.rules) - stable} on trial.\n\n## Packs\n\n"
    text += "| pack | title | home | restricted | rules |\n|---|---|---|---|---|\n"
    for name, pack in sorted(library.packs.items()):
        params = pack.value.get("params", {})
        home, restricted = (", ".join(params.get(key, [])) or "none" for key in ("home", "restricted"))
        count = sum(name in used for used in packs.values())
        text += f"| `{name}` | {_cell(pack.value['title'])} | {home} | {restricted} | {count} |\n"
    notes = [
        f"- `{name}`: {pack.value['note']}" for name, pack in sorted(library.packs.items()) if "note" in pack.value
    ]
    text += "\n" + "\n".join(notes) + "\n"
    families = [*FAMILIES, *sorted({rule.family for rule in library.rules.values()} - set(FAMILIES))]
    for family in families:
        rules = sorted((one for one in library.rules.values() if one.family == family), key=lambda one: one.id)
        if rules:
            text += (
                f"\n## {family}\n\n| rule | title | severity | status | basis | packs |\n|---|---|---|---|---|---|\n"
            )
            text += "".join(_row(rule, packs.get(rule.id, [])) for rule in rules)
    return text


def _row(rule: RuleFile, packs: list[str]) -> str:
    value = rule.value
    cells = [
        f"[{rule.id}](rules/{rule.id}.md)", _cell(value["title"]), value["severity"], value["status"],
        value["basis"], ", ".join(packs) or "none",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def page(rule: RuleFile, packs: list[str]) -> str:
    """Return the page of one rule in Markdown."""
    value = rule.value
    chinese = value.get("zh", {})
    lines = [f"# {rule.id}", "", value["title"], *([f"({chinese['title']})"] if "title" in chinese else []), ""]
    lines += ["| | |", "|---|---|"]
    facts = {
        "severity": value["severity"],
        "status": value["status"] + ("" if value["status"] == "stable" else ": runs, never gates"),
        "basis": value["basis"],
        "about": ", ".join(f"`{name}`" for name in value["applies-to"]),
        "packs": ", ".join(f"`{name}`" for name in packs) or "none",
        "when true": value.get("raises", "fail"),
        "in force": _effective(value.get("effective", {})),
    }
    lines += [f"| {name} | {text} |" for name, text in facts.items() if text]
    lines += ["", "## Why", "", value["rationale"].strip(), "", "## Condition", "", "```"]
    lines += [f"where {value['where'].strip()}"] if "where" in value else []
    lines += [value["when"].strip(), "```", ""]
    if rule.params:
        lines += ["## Parameters", "", "| name | default |", "|---|---|"]
        lines += [f"| `{name}` | {_cell(str(default))} |" for name, default in sorted(rule.params.items())] + [""]
    if value.get("remediation"):
        lines += ["## What to do", "", value["remediation"].strip(), ""]
    if chinese.get("remediation"):
        lines += [chinese["remediation"].strip(), ""]
    if value.get("supplier-question"):
        lines += ["## Question to the supplier", "", value["supplier-question"].strip(), ""]
    lines += [*_references(value), *_examples(value)]
    if value["basis"] in ("law", "standard"):
        lines += [DISCLAIMER, "", CONFLICT, ""]
    return "\n".join(lines)


def _effective(effective: dict[str, object]) -> str:
    parts = [f"{key} {effective[key]}" for key in ("from", "until") if key in effective]
    pauses = effective.get("suspended")
    for pause in pauses if isinstance(pauses, list) else []:
        parts.append(f"suspended {pause['from']} to {pause['until']}, renewal {pause['renewal']}")
    return ", ".join(parts)


def _references(value: dict[str, list[dict[str, str]]]) -> list[str]:
    lines = []
    for one in value.get("references", []):
        title = f"[{one['title']}]({one['url']})" if one.get("url") else one["title"]
        day = f"read {one['read']}" if one.get("read") else "not read"
        lines.append(f"- {title}, {one.get('clause') or 'no clause'}, {day}")
    return ["## Sources", "", *lines, ""] if lines else []


def _examples(value: dict[str, list[dict[str, str]]]) -> list[str]:
    rows = [f"| {_cell(one['name'])} | {one['expect']} |" for one in value["tests"]]
    return ["## Examples", "", "| example | verdict |", "|---|---|", *rows, ""]
