"""The strict JSON front end: orderly documents fast, everything else with a code and a place."""

from __future__ import annotations

import json

import pytest
from document_samples import codes, cyclonedx, read
from hypothesis import given
from hypothesis import strategies as st

from auditor.identify.documents import json_text, json_tokens
from auditor.identify.documents.notes import Notes, Unreadable
from auditor.limits import Limits

HEAD = '{"bomFormat": "CycloneDX", "specVersion": "1.6", '
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_both_ways_read_what_the_standard_library_reads(value):
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    expected = json.loads(text)
    notes = Notes()
    assert json_text.parse(text, Limits()).value == expected
    assert json_tokens.parse(text, Limits(), notes) == expected
    assert not notes.problems


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), min_size=1, max_size=4), st.data())
def test_a_key_given_twice_is_never_lost_in_silence(value, data):
    key = data.draw(st.sampled_from(sorted(value)))
    ensure = data.draw(st.booleans())
    pairs = [*value.items(), (key, 99)]
    body = ", ".join(f"{json.dumps(k, ensure_ascii=ensure)}: {v}" for k, v in pairs)
    tree = json_text.parse(('{"outer": {' + body + "}}").encode(), Limits())
    assert [problem.code for problem in tree.notes.problems] == ["json-duplicate-key"]
    assert tree.value["outer"][key] == value[key]


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_value_or_a_code(data):
    try:
        json_text.parse(b'{"a": [' + data, Limits())
    except Unreadable as error:
        assert error.code in ("json-syntax", "encoding", "limit-document-depth")


@pytest.mark.parametrize(
    ("body", "code", "token", "pointer"),
    [
        ('"version": NaN}', "json-number", "NaN", "/version"),
        ('"version": 1e999}', "json-number", "1e999", "/version"),
        ('"version": ' + "9" * 5000 + "}", "json-number", "9999", "/version"),
        ('"components": [{"type": "library", "name": "\\ud800"}]}', "json-surrogate", '"\\ud8', "/components/0/name"),
        ('"components": [{"name": "evil"}], "components": []}', "json-duplicate-key", "[]", "/components"),
        ('"components": []} trailing', "json-trailing-data", "trailing", ""),
    ],
)
def test_what_is_odd_has_a_code_and_a_place(body, code, token, pointer):
    document = read(HEAD + body)
    problem = document.problems[0]
    assert (problem.code, problem.offset, problem.pointer) == (code, (HEAD + body).index(token), pointer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('"components": [}', "json-syntax"),
        ('"components": [],}', "json-syntax"),
        ('"components": ', "json-syntax"),
        ('"components": ' + '[{"components": ' * 100_000, "limit-document-depth"),
        ('"name": "' + "a" * 2_000_000 + '"}', "limit-string-size"),
    ],
)
def test_what_cannot_be_read_raises_with_a_code_and_a_place(body, code):
    with pytest.raises(Unreadable) as caught:
        read(HEAD + body)
    assert caught.value.code == code
    assert caught.value.offset is not None


def test_a_byte_order_mark_and_utf_16_are_read():
    data = cyclonedx(components=[{"type": "library", "name": "zlib ü"}])
    marked = read(b"\xef\xbb\xbf" + data)
    assert marked.components[0].name == "zlib ü" and not marked.problems
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        wide = read(data.decode().encode(encoding))
        assert wide.components[0].name == "zlib ü"
        assert codes(wide) == ["encoding"]


def test_the_first_value_of_a_duplicate_key_is_kept():
    document = read(HEAD + '"components": [{"type": "library", "name": "evil"}], "components": []}')
    assert [one.name for one in document.components] == ["evil"]


def test_limits_are_named():
    data = cyclonedx(components=[{"type": "library", "name": "x"}] * 20)
    with pytest.raises(Unreadable) as caught:
        read(data, limits=Limits(components=10))
    assert (caught.value.code, caught.value.limit, caught.value.value) == ("limit-components", "components", 10)
    with pytest.raises(Unreadable) as caught:
        read(data, limits=Limits(document_size=100))
    assert caught.value.code == "limit-document-size"
