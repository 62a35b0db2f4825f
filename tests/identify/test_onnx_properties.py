"""Properties behind the graph of an ONNX model: found wherever the writer put them, never out of bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.identify.firmware.models import MAX_TEXT, onnx_properties
from auditor.unpack.view import View


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def text(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def prop(key: str, value: str) -> bytes:
    return text(14, text(1, key.encode()) + text(2, value.encode()))


names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="()"), min_size=1, max_size=60)


@given(st.binary(max_size=400), names, st.lists(st.tuples(names, names), max_size=4))
def test_an_author_is_found_among_others_and_behind_any_graph(
    graph: bytes, author: str, more: list[tuple[str, str]]
) -> None:
    others = b"".join(prop(f"x-{key}", value) for key, value in more)
    model = b"\x08\x08" + text(2, b"writer") + text(7, graph) + others + prop("author", author)
    assert onnx_properties(View(model)) == {"supplier": author}


@given(st.binary(max_size=300))
def test_no_bytes_raise_and_no_text_is_longer_than_its_limit(data: bytes) -> None:
    for value in onnx_properties(View(data)).values():
        assert len(value) <= 4 * MAX_TEXT


def test_what_exporters_write_behind_a_license_is_no_part_of_it() -> None:
    said = (
        "AGPL-3.0 License (https://ultralytics.com/license)",
        "MIT",
        "Apache-2.0 licence",
        "BSD-3-Clause (see file)",
    )
    found = [onnx_properties(View(b"\x08\x08" + prop("license", one))).get("license") for one in said]
    assert found == ["AGPL-3.0", "MIT", "Apache-2.0", "BSD-3-Clause"]


def test_a_length_that_runs_over_the_end_ends_the_reading() -> None:
    model = b"\x08\x08" + prop("license", "MIT") + varint(7 << 3 | 2) + varint(1 << 40) + prop("author", "x")
    assert onnx_properties(View(model)) == {"license": "MIT"}
