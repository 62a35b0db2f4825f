"""A real browser, the system's own, and the page of the bundled controllers in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window; the test is skipped where it or Playwright is not installed."""
    library = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with library.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, demo: Any, program: Any) -> Callable[[dict[str, Any], str], Path]:
    """Return the function that renders a report to a page."""

    def make(report: dict[str, Any], *options: str) -> Path:
        folder = tmp_path_factory.mktemp("page")
        (folder / "report.json").write_text(json.dumps(report))
        done = program("report", str(folder / "report.json"), "-o", f"html={folder / 'report.html'}", *options)
        assert (done.returncode, done.stderr) == (0, b"")
        return folder / "report.html"

    return make


@pytest.fixture(scope="session")
def demo_page(demo: Any, pages: Any) -> Path:
    """The page of the bundled controllers."""
    made: Path = pages(demo())
    return made


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Return the function that opens a page and fails at the end for a request, an error or a word on the console."""
    heard: list[str] = []
    contexts = []

    def show(path: Path, **settings: Any) -> Any:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("request", lambda request: heard.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert heard == []
