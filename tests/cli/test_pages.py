"""The commands of the task pages end as the pages say; the recipes of docs/report.md give what they promise."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "fixtures" / "demo"
PAGES = ("ci-in-ten-minutes", "triage", "procurement-review", "writing-a-rule")
NAMED = re.compile(r"`([\w./-]+\.yaml)`(?:\)?:| with:)\s+```yaml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_the_page_ends_as_it_says(name: str, program: Any, tmp_path: Path) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for file in ("body.hex", "parts.csv"):
        shutil.copy(DEMO / "body-controller" / file, tmp_path / file)
    shutil.copytree(DEMO / "t-box", tmp_path / "t-box")
    steps = re.split(r"(?=```sh\n)", page)
    ran = 0
    for step in steps:
        block = re.match(r"```sh\n(.*?)```", step, re.DOTALL)
        for line in block[1].splitlines() if block else ():
            command, wanted = re.fullmatch(r"auditor (.*?)\s+# ends with (\d+)", line).groups()  # type: ignore[union-attr]
            command, _, target = command.partition(" > ")
            done = program(*shlex.split(command), cwd=tmp_path)
            if target:
                (tmp_path / target).parent.mkdir(exist_ok=True)
                (tmp_path / target).write_bytes(done.stdout)
            assert done.returncode == int(wanted), (line, done.stderr.decode(), done.stdout.decode()[-800:])
            assert b"Traceback" not in done.stderr
            ran += 1
        for file, text in NAMED.findall(step):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text, encoding="utf-8")
    assert ran >= 5
    for target in re.findall(r"\]\(([\w./-]+\.md)\)", page):
        assert (ROOT / "docs" / target).is_file(), target


@pytest.fixture(scope="module")
def recipes() -> str:
    return (ROOT / "docs" / "report.md").read_text("utf-8")


@pytest.mark.integration
def test_jq_recipes(recipes: str, demo: Any, tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    report = demo()
    (tmp_path / "report.json").write_text(json.dumps(report))
    answers = {}
    for line in re.findall(r"^jq .*$", recipes, re.MULTILINE):
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip(), line
        answers[line] = done.stdout
    assert len(answers) >= 5
    failed = [one for one in report["findings"] if one["verdict"] == "fail" and one.get("state", "open") == "open"]
    first = next(text for line, text in answers.items() if "@tsv" in line)
    assert len(first.splitlines()) == len(failed) > 10


def test_pandas_recipes(recipes: str, demo: Any, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    report = demo()
    (tmp_path / "report.json").write_text(json.dumps(report))
    (code,) = re.findall(r"```python\n(.*?)```", recipes, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code.replace('"report.json"', repr(str(tmp_path / "report.json"))), names)
    assert isinstance(names["findings"], pandas.DataFrame)
    assert len(names["findings"]) == len(report["findings"])
    assert names["by_country"]["NL"] == 3
