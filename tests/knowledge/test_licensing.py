"""License expressions: normal form, category, limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import compiled, knowledge
from auditor.knowledge import licensing
from auditor.knowledge.licensing import Categories, ExpressionLimit, normalize

FACTS = knowledge.load()


@pytest.mark.parametrize(
    ("expression", "category"),
    [
        ("MIT", "permissive"),
        ("MIT OR GPL-2.0-only", "permissive"),
        ("MIT AND GPL-2.0-only", "strong-copyleft"),
        ("GPL-2.0-only WITH Linux-syscall-note", "strong-copyleft"),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", "weak-copyleft"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "weak-copyleft"),
        ("LGPL-2.1-or-later", "weak-copyleft"),
        ("AGPL-3.0-or-later", "network-copyleft"),
        ("(LGPL-2.1-only OR MPL-2.0) AND GPL-3.0-only", "strong-copyleft"),
        ("LicenseRef-proprietary AND MIT", "proprietary"),
        ("CC0-1.0", "public-domain"),
        ("BUSL-1.1", "source-available"),
        ("Dual MIT/GPL", "permissive"),
        ("MIT OR LicenseRef-unheard-of", "permissive"),
        ("GPL-2.0-only OR LicenseRef-unheard-of", None),
        ("MIT AND LicenseRef-unheard-of", None),
        ("Foo-9", None),
        ("", None),
        ("MIT AND", None),
        (")(", None),
        ("MIT ( WITH", None),
        ("OR OR OR", None),
    ],
)
def test_category(expression: str, category: str | None) -> None:
    assert FACTS.license_category(expression) == category


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("GPL", "GPL-2.0-only"),
        ("GPL v2", "GPL-2.0-only"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("gplv3+", "GPL-3.0-or-later"),
        ("Dual BSD/GPL", "GPL-2.0-only OR BSD-3-Clause"),
        ("mit and apache-2.0", "MIT AND Apache-2.0"),
        ("our own terms", None),
        ("NOASSERTION", None),
        ("MIT OR", None),
    ],
)
def test_names_become_expressions(text: str, expression: str | None) -> None:
    assert normalize(text, FACTS) == expression


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 200 + "MIT" + ")" * 200,
        " AND ".join(f"(LicenseRef-a{index} OR LicenseRef-b{index})" for index in range(200)),
        "MIT" * 20_000,
        "MIT WITH " * 3_000 + "MIT",
    ],
    ids=["nested", "wide", "long", "with"],
)
def test_hostile_expressions_end_at_a_limit(bomb: str) -> None:
    with pytest.raises(ExpressionLimit):
        normalize(bomb, FACTS)
    assert FACTS.license_category(bomb) is None


def test_forty_pairs_are_answered_or_refused() -> None:
    wide = " AND ".join("(MIT OR GPL-2.0-only)" for _ in range(40))
    assert FACTS.license_category(wide) == "permissive"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["MIT", "GPL-2.0-only", "AND", "OR", "WITH", "(", ")", "+", "x", "\0"]), max_size=12))
def test_no_expression_breaks_the_reader(words: list[str]) -> None:
    text = " ".join(words)
    normalize(text, FACTS)
    FACTS.license_category(text)


def test_kept_categories_are_the_same_and_need_no_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["MIT", "MIT OR GPL-2.0-only", "Foo-9", "", ")(", "MIT AND", "A" * 100_000]
    first = Categories(FACTS, tmp_path)
    found = [first.of(text, FACTS) for text in texts]
    assert found == [licensing.category(text, FACTS) for text in texts]
    first.keep()
    again = Categories(FACTS, tmp_path)
    monkeypatch.setattr(licensing, "category", lambda *_: pytest.fail("worked out again"))
    assert [again.of(text, FACTS) for text in texts[:-1]] == found[:-1]
    assert texts[-1] not in again.rows, "what is beyond the limits is not kept"
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes().replace(b"permissive", b"restricted"))
    assert Categories(FACTS, tmp_path).rows == {}, "a damaged entry is as if it were not there"


def test_other_facts_have_other_categories(tmp_path: Path) -> None:
    kept = Categories(FACTS, tmp_path)
    kept.of("MIT", FACTS)
    kept.keep()
    other = knowledge.load()
    other.digest = compiled.key("other facts")
    assert Categories(other, tmp_path).rows == {}
    assert Categories(FACTS, tmp_path).rows == {"MIT": "permissive"}
