"""What each shipped pack says about an ADAS controller and a telematics box, compared whole.

Rewritten by `pytest tests/evaluate/test_golden_verdicts.py --update-golden`; what must be true of it stands in
`fixtures/truth/*/expected.yaml`, which no flag touches.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from auditor import evaluate, knowledge, pipeline

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fixtures" / "truth"))

import score  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "truth"
PARTS = ("verdict", "coverage", "findings", "rulesRun", "questions", "packs", "home", "trusted", "restricted")
"""What a golden holds of the judgement; the pages of the rules stand in docs/rules."""


@pytest.fixture(scope="module", params=["adas", "t-box"])
def subject(request: pytest.FixtureRequest) -> tuple[str, Any, Any, dict[str, Any]]:
    """A subject, read once."""
    truth = yaml.safe_load((score.HERE / request.param / "expected.yaml").read_text(encoding="utf-8"))
    paths = [str(score.HERE / request.param / name) for name in truth["inputs"]]
    day = date.fromisoformat(str(truth["run"]["as-of"]))
    facts = knowledge.load(())
    options = pipeline.Options(as_of=day, ecus={request.param: paths}, base=score.HERE)
    return request.param, pipeline.inventory(paths, options, facts)[0], facts, truth["run"]


@pytest.mark.parametrize("pack", score.PACKS)
def test_the_whole_judgement(pack: str, subject: Any, request: pytest.FixtureRequest) -> None:
    name, inventory, facts, said = subject
    policy = evaluate.load_policy([pack], **{score.KEYS[key]: said[key] for key in score.KEYS if key in said})
    judgement = evaluate.evaluate(inventory, policy, facts, as_of=date.fromisoformat(str(said["as-of"])))
    whole = msgspec.to_builtins(judgement)
    report = {part: whole[part] for part in PARTS if part in whole}
    text = json.dumps(report, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path = GOLDEN / f"{name}-{pack}.json"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, (
        "run pytest tests/evaluate/test_golden_verdicts.py --update-golden and read the difference"
    )
