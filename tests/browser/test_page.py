"""The review page in a real browser: it asks for nothing, filters, sorts, leads, prints and can be read by all."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration
MANY = 20_000


def many(report: dict[str, Any]) -> dict[str, Any]:
    """The report with 20,000 components, 10,000 findings about them and a question to ask in each."""
    big = copy.deepcopy(report)
    parts, findings = big["components"], big["findings"]
    big["components"] = [
        {**parts[at % len(parts)], "id": f"c{at}", "name": f"part-{at}", "evidence": []} for at in range(MANY)
    ]
    big["findings"] = [
        {**findings[at % len(findings)], "id": f"f{at}", "fingerprint": f"f{at}", "components": [f"c{2 * at}"]}
        for at in range(MANY // 2)
    ]
    big["questions"] = [
        {"id": f"q{at}", "supplier": f"S{at % 50}", "component": one["components"][0], "finding": one["id"],
         "text": f"What is the purl of part-{2 * at}?"}
        for at, one in enumerate(big["findings"])
    ]  # fmt: skip
    return big


def violations(page: Any) -> list[str]:
    """What axe-core calls serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_filter_and_severity_choose_findings(demo_page: Path, opened: Any, demo: Any) -> None:
    page = opened(demo_page)
    cards = page.locator("#finding-list article")
    everything = cards.count()
    page.select_option("#finding-word", "critical")
    assert page.locator("#finding-list article:visible").count() == 1
    page.select_option("#finding-word", "")
    page.fill("#finding-filter", "readline")
    shown = page.locator("#finding-list article:visible")
    assert 0 < shown.count() < everything
    assert all("readline" in text.lower() for text in shown.all_text_contents())
    assert page.inner_text("#finding-count") == f"{shown.count()} / {everything}"


def test_components_filter_and_sort_both_ways(demo_page: Path, opened: Any, demo: Any) -> None:
    page = opened(demo_page)
    names = lambda: page.locator("#component-list tr td:nth-child(3)").all_text_contents()  # noqa: E731
    assert len(names()) == len(demo()["components"])
    button = page.locator("#component-table th:nth-child(3) button")
    button.click()
    up = names()
    assert page.locator("#component-table th:nth-child(3)").get_attribute("aria-sort") == "ascending"
    button.click()
    assert names() == up[::-1] != up
    page.fill("#component-filter", "OPENSSL")
    assert all("openssl" in name.lower() for name in names())
    assert page.inner_text("#component-count") == f"{len(names())} / {len(names())}"


def test_every_heat_map_cell_leads_to_a_finding_of_its_kind(demo_page: Path, opened: Any) -> None:
    page = opened(demo_page)
    for row in page.locator("#grid tbody tr").all():
        rule = row.locator("th").inner_text()
        for link in row.locator("a").all():
            target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
            assert rule in (target.locator("h3").text_content() or "")
    layers = page.locator(".map").first.locator("a").all()
    assert layers
    assert all(page.locator(f"[id='{(one.get_attribute('href') or '')[1:]}']").count() == 1 for one in layers)


def test_the_names_of_rules_stay_readable_beside_many_controllers(demo: Any, pages: Any, opened: Any) -> None:
    report = copy.deepcopy(demo())
    names = [f"Controller {number} of the vehicle" for number in range(14)]
    report["findings"] += [
        {**report["findings"][0], "id": f"{number:016x}", "fingerprint": f"f{number}", "ecus": [name]}
        for number, name in enumerate(names)
    ]
    report["ecus"] += [{**report["ecus"][0], "id": name, "name": name} for name in names]
    page = opened(pages(report))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        boxes = [one.bounding_box() for one in page.locator("#grid th[scope=row]").all()]
        assert boxes
        assert all(box["width"] > 150 and box["height"] < 120 for box in boxes), boxes


def test_a_cell_opens_its_finding_even_when_a_filter_hides_it(demo_page: Path, opened: Any) -> None:
    page = opened(demo_page)
    page.fill("#finding-filter", "nothing like this")
    assert page.locator("#finding-list article:visible").count() == 0
    link = page.locator("#grid tbody a").first
    link.click()
    target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
    assert target.is_visible()
    assert target.locator("dl").is_visible()


@pytest.mark.parametrize(("scheme", "language"), [("light", "zh"), ("dark", "en")])
def test_axe_finds_nothing_serious(scheme: str, language: str, demo: Any, pages: Any, opened: Any) -> None:
    page = opened(pages(demo(), "--lang", language), color_scheme=scheme)
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true; for (const one of document.querySelectorAll('article')) one.style.contentVisibility = 'visible'"
    )
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
    assert violations(page) == []


def test_everything_is_reached_by_keyboard(demo_page: Path, opened: Any) -> None:
    page = opened(demo_page)
    seen = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "(e => e.id || e.closest('section')?.querySelector('h2').id || e.tagName)(document.activeElement)"
            )
        )
    assert {"first", "maps", "finding-filter", "finding-word", "findings", "component-filter"} <= seen
    page.locator("#finding-list summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#finding-list dl").first.is_visible()
    page.locator("#component-table th:nth-child(3) button").focus()
    page.keyboard.press("Space")
    assert page.locator("#component-table th:nth-child(3)").get_attribute("aria-sort") == "ascending"


def test_print_is_short_and_says_what_it_leaves_out(demo_page: Path, opened: Any) -> None:
    page = opened(demo_page, color_scheme="dark")
    assert page.locator(".printed:visible").count() == 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("#finding-filter").is_hidden()
    assert page.locator(".printed:visible").count() == 2
    assert page.locator("#finding-list article:visible").count() == page.locator("#finding-list article").count()
    assert page.locator("#finding-list dl:visible").count() == 0
    assert page.locator("tr[data-result=failed]").first.is_visible()
    assert page.locator("tr[data-result=passed]").first.is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    wide = (
        "[...document.querySelectorAll('#finding-list article')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert page.evaluate(wide) == 0
    assert sheets(page) <= 20


def test_details_that_are_open_are_printed(demo_page: Path, opened: Any) -> None:
    page = opened(demo_page)
    short = sheets(page)
    page.click("#finding-open")
    page.emulate_media(media="print")
    assert page.locator("#finding-list dl:visible").count() == page.locator("#finding-list dl").count()
    assert sheets(page) > short
    page.emulate_media(media="screen")
    page.click("#finding-open")
    assert page.locator("#finding-list details[open]").count() == 0


def sheets(page: Any) -> int:
    """Pages of A4 that the browser prints."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_twenty_thousand_components_filter_sort_and_page(
    demo: Any, pages: Any, opened: Any, record_property: Any, capsys: Any
) -> None:
    path = pages(many(demo()))
    page = opened(path)
    taken = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert taken > 0
    record_property("interactive of 20,000 components, ms", round(taken))
    with capsys.disabled():  # told, not judged: the verdict is tests/benchmarks/review_page.py's, on a quiet machine
        print(f"\na page of {MANY:,} components was interactive after {taken:,.0f} ms")
    assert page.inner_text("#component-count") == f"200 / {MANY}"
    page.fill("#component-filter", "part-19999")
    assert page.locator("#component-list tr").count() == 1
    page.fill("#component-filter", "")
    page.locator("#component-table th:nth-child(3) button").click(click_count=2)
    assert page.locator("#component-list tr td:nth-child(3)").first.inner_text() == f"part-{MANY - 1}"
    page.click("#component-more")
    assert page.locator("#component-list tr").count() == 400
    assert page.locator("#finding-list article").count() < 1_000
    assert page.locator("tr").count() < 1_000, "what is not shown is data, no part of the page's tree"
    assert page.inner_text("#question-count") == f"200 / {MANY // 2}"
    page.fill("#question-filter", "part-19998?")
    (cells,) = [row.locator("td").all_text_contents() for row in page.locator("#question-list tr").all()]
    assert cells[:2] == ["S49", "What is the purl of part-19998?"]
    assert cells[2].startswith("part-19998")
    page.fill("#question-filter", "")
    page.locator("#question-table th:nth-child(2) button").click(click_count=2)
    assert (
        page.locator("#question-list tr").first.locator("td").nth(1).inner_text() == "What is the purl of part-19998?"
    )
    page.click("#question-more")
    assert page.locator("#question-list tr").count() == 400


def test_hostile_text_runs_nothing(demo: Any, pages: Any, opened: Any) -> None:
    report = copy.deepcopy(demo())
    evil = "</script><script>window.hit=1</script><img src=x onerror='window.hit=1'><svg onload='window.hit=1'>"
    for part in report["components"]:
        part["name"], part["version"], part["ecu"] = evil, evil, evil
    report["components"] = [{**part, "id": f"{part['id']}{at}"} for part in report["components"] for at in range(15)]
    for one in report["findings"]:
        one["message"] = one["message"] + evil
    asked = report["questions"][0]
    report["questions"] = [{**asked, "id": f"q{at}", "text": f"Why {at}? {evil}"} for at in range(450)]
    page = opened(pages(report))
    page.fill("#component-filter", "window.hit")
    assert page.locator("#component-list tr").count() == 200
    page.click("#component-more")
    page.click("#question-more")
    assert page.locator("#question-list tr").count() == 400
    assert page.evaluate("window.hit") is None
    assert page.locator("img, #component-list svg, #question-list svg").count() == 0


def test_size_without_data(demo: Any, pages: Any) -> None:
    bare = {**demo(), **{key: [] for key in ("components", "findings", "questions", "rulesRun", "parties", "links")}}
    assert len(pages(bare).read_bytes()) < 300_000
    assert len(pages(demo()).read_bytes()) < 300_000
