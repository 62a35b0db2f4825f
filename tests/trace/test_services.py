"""Whatever a service answers and whatever a document calls a component: claims, or WrongShape, never anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import knowledge
from auditor.model import Component
from auditor.trace.services import MAX_TEXT, SERVICES, Service, WrongShape, package

WORDS = ["licenses", "versionKey", "normalized_licenses", "repository_url", "status", "licensed", "declared"]
WORDS += ["result", "releases", "name", "isEol", "eolFrom"]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=300) | st.sampled_from(["MIT", "3.0", "NOASSERTION"])
)
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)
FACTS = knowledge.load()


def component(purl: str | None = None, version: str | None = "3.0.1", key: str = "openssl") -> Component:
    return Component(id="c", key=key, kind="library", layer="middleware", name="n", ecu="e", version=version, purl=purl)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
@settings(max_examples=150, deadline=None)
@given(answer=ANSWERS)
def test_any_answer_gives_short_claims_or_is_of_the_wrong_shape(service: Service, answer: Any) -> None:
    try:
        found = service.claims(answer, component())
    except WrongShape as error:
        assert str(error)
        return
    assert all(isinstance(claim, str) and 0 < len(value) <= MAX_TEXT for claim, value in found)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | st.text(max_size=40).map(lambda text: f"pkg:npm/{text}")
    | st.text(max_size=40).map(lambda text: f"pkg:maven/a/b@{text}")
)
def test_any_purl_asks_inside_the_services_path_or_nothing(purl: str) -> None:
    one = component(purl)
    assert package(one) is None or package(one)
    for service in SERVICES:
        path = service.question(one, FACTS)
        if path is not None:
            assert path.startswith("/") and path.isascii()
            assert not {"#", " ", "\\", "\n", "\r"} & set(path)
            assert not {".", ".."} & set(path.partition("?")[0].split("/"))
