"""The default text of a Linux controller is a page: few lines, few groups."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from auditor.pipeline import Options, audit
from auditor.report import render

TRUTH = Path(__file__).parents[2] / "fixtures" / "truth"
LINES, GROUPS = 60, 12


@pytest.mark.parametrize("subject", ["adas", "gateway", "infotainment", "t-box"])
def test_the_default_text_is_a_page(subject: str) -> None:
    paths = [str(one) for one in sorted((TRUTH / subject).iterdir()) if one.name != "expected.yaml"]
    report = audit(paths, Options(as_of=date(2026, 11, 24), base=TRUTH)).report
    text = render(report, "text").decode()
    assert len(report.findings) > 20, "a subject without findings shows nothing of noise"
    assert len(text.splitlines()) <= LINES, text
    assert len(re.findall(r"^ *(?:CRITICAL|HIGH|MEDIUM|LOW|INFO)\b", text, re.MULTILINE)) <= GROUPS, text
