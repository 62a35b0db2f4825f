"""How long the review page of 20,000 components takes in a browser: python tests/benchmarks/review_page.py REPORT

REPORT is any JSON report; its components and findings are repeated. Prints one JSON line per visit, in milliseconds,
and a verdict: ends with 1 when the median of the visits is interactive later than `MOST` milliseconds.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from playwright.sync_api import sync_playwright

from auditor.report import json as reports
from auditor.report import render
from auditor.report.schema import Report

COMPONENTS, FINDINGS, VISITS = 20_000, 10_000, 5
MOST = 3_000
"""Milliseconds from the start of the navigation to the end of the load event, after which the page is used."""
SETTLED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
STEPS = {
    "filter": "by('component-filter').value = 'openssl'; by('component-filter').dispatchEvent(new Event('input'))",
    "sort": "document.querySelector('#component-table th:nth-child(3) button').click()",
    "filter findings": "by('finding-filter').value = 'readline'; by('finding-filter').dispatchEvent(new Event('input'))",
}


def many(report: Report) -> Report:
    """Return the report with its components and findings repeated."""
    put, parts, found = msgspec.structs.replace, report.components, report.findings
    return put(
        report,
        components=tuple(
            put(parts[at % len(parts)], id=f"c{at}", name=f"{parts[at % len(parts)].name}-{at}")
            for at in range(COMPONENTS)
        ),
        findings=tuple(
            put(found[at % len(found)], id=f"f{at}", fingerprint=f"f{at}", components=(f"c{2 * at}",))
            for at in range(FINDINGS)
        ),
    )


def visit(browser: Any, path: Path) -> dict[str, float]:
    """Return the milliseconds until the page can be used, and those of each step on it."""
    page = browser.new_page()
    page.goto(path.as_uri())
    taken = {"interactive": page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")}
    for name, step in STEPS.items():
        code = f"(async () => {{ const start = performance.now(); {step}; await {SETTLED}; return performance.now() - start }})()"
        taken[name] = page.evaluate(code)
    page.close()
    return {name: round(value) for name, value in taken.items()}


def verdict(visits: list[dict[str, float]]) -> dict[str, float | bool]:
    """Return the median of what the visits took against the bound."""
    taken = median(one["interactive"] for one in visits)
    return {"interactive": taken, "most": MOST, "kept": taken <= MOST}


def main() -> int:
    """Render the page once and visit it."""
    report = many(reports.read(Path(sys.argv[1]).read_bytes()))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_bytes(render(report, "html"))
        print(json.dumps({"bytes": path.stat().st_size}))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        visits = [visit(browser, path) for _ in range(VISITS)]
        browser.close()
    for one in visits:
        print(json.dumps(one))
    result = verdict(visits)
    print(json.dumps(result))
    return 0 if result["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
