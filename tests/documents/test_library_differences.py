"""The list in docs/boms.md of documents a reference library refuses is what the libraries do, and each is diagnosed."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path

import pytest
from document_samples import BOMS, index, read

PAGE = Path(__file__).parents[2] / "docs" / "boms.md"
LISTED = re.compile(r"^\| (\S+) \| (?:cyclonedx-python-lib|spdx-tools) \|", re.MULTILINE)


def by_library(name: str) -> None:
    from cyclonedx.model.bom import Bom
    from spdx_tools.spdx.parser.parse_anything import parse_file

    text = (BOMS / name).read_text(encoding="utf-8-sig")
    if name.startswith("cyclonedx-json"):
        Bom.from_json(json.loads(text))
    elif name.startswith("cyclonedx-xml"):
        Bom.from_xml(io.StringIO(text))
    elif name.startswith("spdx2"):
        parse_file(str(BOMS / name))


@pytest.mark.filterwarnings("ignore")
def test_the_page_lists_exactly_what_the_libraries_refuse(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    refused = []
    for row in index():
        try:
            by_library(row["file"])
        except Exception:  # the libraries have no closed set of errors
            refused.append(row["file"])
    assert sorted(refused) == sorted(LISTED.findall(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", LISTED.findall(PAGE.read_text(encoding="utf-8")))
def test_each_is_read_with_its_fault_said(name: str) -> None:
    document = read((BOMS / name).read_bytes(), name)
    assert document is not None and document.components
    assert document.violations or document.problems
