"""The table of docs/boms.md is what the documents of fixtures/boms give today, and nothing is lost in it."""

from __future__ import annotations

import importlib.util
import re

from document_samples import BOMS


def test_the_page_shows_what_is_measured():
    specification = importlib.util.spec_from_file_location("measure_boms", BOMS / "measure.py")
    measure = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(measure)
    text = measure.table(BOMS)
    page = (BOMS.parents[1] / "docs" / "boms.md").read_text(encoding="utf-8")
    assert text in page, "run: python fixtures/boms/measure.py --write docs/boms.md"
    assert re.search(r"(\d+) enriched, \1 without loss", text)
