"""Policy files by the real command: a typo of each kind ends with 5 at its place; hostile ones end soon."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate.scaffold import scaffold

ROOT = Path(__file__).resolve().parent.parent.parent
RULE = scaffold("my-rule").replace("\nbasis: house", "\nparams:\n  limit: 3\nbasis: house")
PACK = 'pack: mine\ntitle: Mine\nversion: "1"\nextends: [auditor:base]\nrules: [my-rule]\nparams:\n  limit: 5\n'
WAIVER = "waivers:\n  - rule: my-rule\n    ecu: BCM\n    reason: accepted-risk\n    owner: o\n    expires: 2027-01-01\n"
FIRST = "component.declared &&"


def check(program: Any, folder: Path, rule: str = RULE, pack: str = PACK, waiver: str = WAIVER) -> Any:
    shutil.copy(ROOT / "fixtures" / "demo" / "body-controller" / "parts.csv", folder / "parts.csv")
    (folder / "rules").mkdir(exist_ok=True)
    for name, text in (("rules/my-rule.yaml", rule), ("mine.yaml", pack), ("w.yaml", waiver)):
        (folder / name).write_text(text, encoding="utf-8")
    given = ("--rules", "rules", "-p", "mine.yaml", "--waivers", "w.yaml", "--as-of", "2026-11-24", "-f", "json")
    return program("check", "--ecu", "BCM=parts.csv", *given, cwd=folder)


def test_the_files_without_a_typo_are_taken(program: Any, tmp_path: Path) -> None:
    done = check(program, tmp_path)
    assert done.returncode in (0, 1, 4)
    assert "my-rule" in {one["id"] for one in json.loads(done.stdout)["rulesRun"]}


@pytest.mark.parametrize(
    ("kind", "file", "old", "new", "place", "suggestion"),
    [
        ("key", "rules/my-rule.yaml", "rationale:", "rational:", "8:1", "rationale"),
        ("field", "rules/my-rule.yaml", FIRST, "component.declard &&", "6:13", "declared"),
        ("function", "rules/my-rule.yaml", FIRST, "sise(component.name) > 1 &&", "6:3", "size"),
        ("method", "rules/my-rule.yaml", FIRST, "component.name.startWith('x') &&", "6:18", "startsWith"),
        ("type", "rules/my-rule.yaml", FIRST, "component.name > 3 &&", "6:18", ""),
        ("param", "rules/my-rule.yaml", FIRST, "params.limt > 3 &&", "6:3", "limit"),
        ("subject", "rules/my-rule.yaml", "[library]", "[libary]", "4:14", "library"),
        ("placeholder", "rules/my-rule.yaml", "{component.label}: say", "{component.labl}: say", "7:22", "label"),
        ("pack key", "mine.yaml", "extends:", "extend:", "4:1", "extends"),
        ("pack rule", "mine.yaml", "[my-rule]", "[my-rul]", "5:9", "my-rule"),
        ("pack base", "mine.yaml", "auditor:base", "auditor:bas", "4:11", "base"),
        ("pack param", "mine.yaml", "limit: 5", "limits: 5", "7:3", "limit"),
        ("pack type", "mine.yaml", "limit: 5", "limit: many", "7:10", ""),
        ("waiver key", "w.yaml", "owner:", "ownr:", "5:5", "owner"),
        ("waiver rule", "w.yaml", "rule: my-rule", "rule: my-rul", "2:11", "my-rule"),
        ("waiver reason", "w.yaml", "accepted-risk", "acepted-risk", "4:13", "accepted-risk"),
        ("waiver day", "w.yaml", "2027-01-01", "2027-1-1", "6:14", ""),
    ],
)  # fmt: skip
def test_a_typo_ends_with_5_at_its_place(
    kind: str, file: str, old: str, new: str, place: str, suggestion: str, program: Any, tmp_path: Path
) -> None:
    texts = {"rules/my-rule.yaml": RULE, "mine.yaml": PACK, "w.yaml": WAIVER}
    assert texts[file].count(old) >= 1, kind
    texts[file] = texts[file].replace(old, new, 1)
    done = check(program, tmp_path, *texts.values())
    line = done.stderr.decode()
    assert (done.returncode, done.stdout) == (5, b"")
    assert f"{file}:{place}: " in line
    assert (f"did you mean '{suggestion}'" in line) if suggestion else ("did you mean" not in line)
    assert line.count("\n") == 1


def hostile(name: str) -> str:
    """A rule file that is out to harm: by name."""
    condition = {
        "long": "component.declared" + " && component.observed" * 3000,
        "deep": "(component.declared && " * 120 + "true" + ")" * 120,
        "not": "!(" * 300 + "component.declared" + ")" * 300,
        "include": "component.declared",
    }.get(name, "component.declared")
    text = scaffold("my-rule").replace("component.declared && !component.supplier_named", condition)
    return {
        "tag": text + "survivors: !!python/object/apply:os.system ['touch canary']\n",
        "bomb": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n" + text,
        "merge": text + "base: {a: 1}\nzh2:\n  <<: {a: 2}\n",
        "depth": text + "survivors: " + "{a: " * 2000 + "\n",
        "twice": text + "title: again\n",
        "norway": text.replace("severity: medium", "severity: NO"),
        "exponent": text.replace("\nbasis", "\nparams: {limit: 1e3}\nbasis").replace(condition, "params.limit > 1"),
        "sexagesimal": text.replace("\nbasis", "\nparams: {limit: 190:20:30}\nbasis").replace(condition, "params.limit > 1"),
    }.get(name, text)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["tag", "bomb", "merge", "depth", "twice", "norway", "exponent", "sexagesimal", "long", "deep", "not"]
)
def test_a_hostile_rule_file_is_an_error_with_a_place(name: str, program: Any, tmp_path: Path) -> None:
    done = check(program, tmp_path, rule=hostile(name), pack=PACK.replace("params:\n  limit: 5\n", ""))
    line = done.stderr.decode()
    assert done.returncode == 5, name
    assert "rules/my-rule.yaml:" in line
    assert "Traceback" not in line
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd"])
def test_a_pack_extends_no_file_outside(target: str, program: Any, tmp_path: Path) -> None:
    done = check(program, tmp_path, pack=PACK.replace("auditor:base", target))
    assert (done.returncode, "mine.yaml:4:11: unknown pack" in done.stderr.decode()) == (5, True)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^([a-zA-Z]+)*$"])
def test_patterns_that_would_backtrack_end_and_the_other_rules_run(pattern: str, program: Any, tmp_path: Path) -> None:
    name = "a" * 20_000 + "!"
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": name}]}
    rule = scaffold("my-rule").replace(
        "component.declared && !component.supplier_named", f"component.name.matches('{pattern}')"
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "my-rule.yaml").write_text(rule, encoding="utf-8")
    (tmp_path / "bom.json").write_text(json.dumps(bom), encoding="utf-8")
    done = program("check", "bom.json", "--rules", "rules", "-f", "json", cwd=tmp_path)
    runs = {one["id"]: one["result"] for one in json.loads(done.stdout)["rulesRun"]}
    assert runs["my-rule"] in ("passed", "undetermined")
    assert runs["component-without-version"] == "failed"


def license_document(expression: str) -> str:
    component = {"type": "library", "name": "lib", "version": "1", "licenses": [{"expression": expression}]}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("wide", " AND ".join(f"(LicenseRef-A{i} OR LicenseRef-B{i})" for i in range(40))),
        ("fifty", " OR ".join(f"LicenseRef-{i}" for i in range(51))),
        ("nested", "(" * 200 + "MIT" + ")" * 200),
        ("bomb", "(" * 20_000 + "MIT" + ")" * 20_000),
    ],
)
def test_a_license_that_is_out_to_harm_is_answered_or_limited(
    name: str, expression: str, program: Any, tmp_path: Path
) -> None:
    (tmp_path / "bom.json").write_text(license_document(expression), encoding="utf-8")
    done = program("check", "bom.json", "-f", "json", "--as-of", "2026-11-24", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode in (0, 1, 4)
    licenses = report["components"][0].get("licenses", {})
    limited = any("limit" in text or "license:" in text for text in report["components"][0].get("contradictions", []))
    assert (
        licenses.get("concluded")
        or limited
        or {"license-missing", "license-expression-invalid"} & {one["rule"] for one in report["findings"]}
    )
