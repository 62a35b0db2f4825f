"""Ids, expressions and names of licenses in written bills of materials."""

from __future__ import annotations

import pytest
from license_expression import get_spdx_licensing

from auditor.report import bom_licenses
from auditor.report.bom_licenses import choice, expression

ID, EXPRESSION, NAME = "id", "expression", "name"


@pytest.mark.parametrize(
    ("text", "kind", "written"),
    [
        ("mit", ID, "MIT"),
        ("GPL-2.0-only", ID, "GPL-2.0-only"),
        ("MIT or so", NAME, "MIT or so"),
        ("mit OR Apache-2.0", EXPRESSION, "MIT OR Apache-2.0"),
        ("MIT AND BSD-3-Clause AND Zlib", EXPRESSION, "MIT AND BSD-3-Clause AND Zlib"),
        ("MIT AND (Zlib OR ISC)", EXPRESSION, "MIT AND (Zlib OR ISC)"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", EXPRESSION, "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT OR Own-1", NAME, "MIT OR Own-1"),
        ("MIT OR", NAME, "MIT OR"),
        ("MIT AND (", NAME, "MIT AND ("),
        ("(" * 5000, NAME, "(" * 2000),
        ("a\x01b", NAME, "a\ufffdb"),
    ],
)
def test_a_text_becomes_what_it_is(text: str, kind: str, written: str) -> None:
    made = choice(text, "declared")
    if kind == EXPRESSION:
        assert made == {"expression": written, "acknowledgement": "declared"}
    else:
        assert made == {"license": {kind: written, "acknowledgement": "declared"}}


@pytest.mark.parametrize("text", ["MIT OR Apache-2.0", "Zlib AND MIT OR ISC", "MIT OR MIT AND Zlib"])
def test_the_short_way_says_what_the_library_says(text: str) -> None:
    parsed = get_spdx_licensing().parse(text, validate=True, strict=True)
    assert get_spdx_licensing().is_equivalent(expression(text), parsed)


def test_the_list_of_ids_is_there() -> None:
    assert len(bom_licenses._ids()) > 700
