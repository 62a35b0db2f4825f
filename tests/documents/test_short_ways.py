"""The short ways through large documents give what the long ways give."""

from __future__ import annotations

from typing import Any

import pytest
from document_samples import codes, cyclonedx, read
from hypothesis import given
from hypothesis import strategies as st

from auditor.identify.documents import spdx_rules
from auditor.identify.documents.cyclonedx import Mapper
from auditor.identify.documents.notes import Notes
from auditor.limits import Limits

ODD = st.sampled_from([None, "", 1, [], {}, "text"])
DIGEST = {"alg": "SHA-256", "content": "ab" * 32}
PART = {
    "type": "library",
    "bom-ref": "r",
    "name": "zlib",
    "version": "1",
    "purl": "pkg:generic/zlib@1",
    "hashes": [DIGEST, {"alg": "MD5", "content": "cd" * 16}],
    "licenses": [{"license": {"id": "Zlib"}}],
    "supplier": {"name": "Example", "url": ["https://example.invalid"]},
    "properties": [{"name": "example:layer", "value": "1"}],
    "description": "a library",
}
OTHERS = {
    "type": st.sampled_from(["device", "file", "firmware"]),
    "purl": st.sampled_from(["pkg:generic/../x", "zlib"]),
    "hashes": st.sampled_from([[{"alg": "MD5"}], [{"alg": 1, "content": "ab" * 16}], [DIGEST, "x"], "x"]),
    "licenses": st.sampled_from([[{"expression": "MIT OR Zlib"}], [{"license": {"name": "NOASSERTION"}}], "x"]),
    "supplier": st.sampled_from([{"name": "Example", "address": {"country": "DE"}}, "Example"]),
    "properties": st.sampled_from(
        [[{"name": "cdx:device:quantity", "value": "3"}], [{"name": "a"}], [{"name": 1, "value": "x"}], "x"]
    ),
    "group": st.just("org"),
    "evidence": st.just({"occurrences": [{"location": "/usr/lib/libz.so"}]}),
    "unheard-of": st.just(1),
}
NEEDED = ("type", "bom-ref", "name", "version", "purl")
"""Without these no component is usual."""


@st.composite
def nodes(draw: st.DrawFn) -> dict[str, Any]:
    """A usual component that lacks some keys and has up to two odd ones."""
    left_out = draw(st.sets(st.sampled_from(sorted(PART.keys() - set(NEEDED)))))
    odd = draw(st.sets(st.sampled_from(sorted(PART.keys() | OTHERS.keys())), max_size=2))
    node = {key: value for key, value in PART.items() if key not in left_out}
    return {**node, **{key: draw(OTHERS.get(key, ODD) | ODD) for key in sorted(odd)}}


def mapper() -> Mapper:
    return Mapper({}, "", Notes(), Limits())


@given(nodes())
def test_a_usual_component_is_what_the_long_way_makes_of_it(node: dict[str, Any]) -> None:
    short, whole = mapper(), mapper()
    found = short.usual(node, "/components/0", None)
    if found is None:
        assert short.notes.all() == ()
        return
    assert found == whole.component(node, "/components/0", None)
    assert short.notes.all() == whole.notes.all()
    assert short.notes.unknown_keys == whole.notes.unknown_keys


def test_most_components_take_the_short_way() -> None:
    assert mapper().usual(PART, "/components/0", None) is not None


PACKAGE = {
    "SPDXID": "SPDXRef-a",
    "name": "a",
    "downloadLocation": "NOASSERTION",
    "checksums": [{"algorithm": "SHA256", "checksumValue": "ab" * 32}],
    "externalRefs": [
        {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:generic/a@1"}
    ],
}


ODD_LISTS = st.sampled_from([[{"algorithm": "SHA0"}], [{"referenceType": 1}], ["x"]])


@given(
    st.dictionaries(st.sampled_from(sorted(PACKAGE)), ODD | ODD_LISTS, max_size=2).map(lambda odd: {**PACKAGE, **odd})
)
def test_an_orderly_package_violates_nothing(node: dict[str, Any]) -> None:
    required = spdx_rules.REQUIRED[:3]
    if spdx_rules.orderly(node, required):
        assert list(spdx_rules.package(node, "/packages/0", required)) == []


def test_the_package_of_a_good_document_is_orderly() -> None:
    assert spdx_rules.orderly(PACKAGE, spdx_rules.REQUIRED[:3])


@pytest.mark.parametrize("wanted", [[], ["a"]])
def test_a_source_that_is_no_component_dangles(wanted: list[str]) -> None:
    part = {"type": "library", "name": "a", "bom-ref": "a"}
    document = read(cyclonedx(components=[part], dependencies=[{"ref": "ghost", "dependsOn": wanted}]))
    assert document is not None
    assert codes(document) == ["dangling-ref"]


@pytest.mark.parametrize("content", ["ab " * 32, "0x" + "ab" * 31, "ab" * 31 + "+1", "ab_" * 21 + "a", "gg" * 32])
def test_what_only_looks_like_a_digest(content: str) -> None:
    part = {"type": "library", "name": "a", "hashes": [{"alg": "SHA-256", "content": content}]}
    document = read(cyclonedx(components=[part]))
    assert document is not None
    assert codes(document) == ["bad-hash"]
    assert document.components[0].hashes == ()
